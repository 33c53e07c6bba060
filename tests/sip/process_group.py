"""The processes of a group, as the kernel has them."""

import os
from pathlib import Path


def members(group: int) -> set[int]:
    """The ids of the group's live processes."""
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_member(entry, group)}


def _is_member(entry: Path, group: int) -> bool:
    try:
        return (
            os.getpgid(int(entry.name)) == group and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except OSError:
        return False
