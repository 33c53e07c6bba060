"""Running Kamailio as an edge: the command line, its environment, and what this machine lacks for it."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dialplane.edge.settings import SETTINGS_VARIABLE
from dialplane.kamailio.config import EdgeConfig
from dialplane.kamailio.render import modules
from dialplane.system.process import program_path

SITE_PACKAGES_VARIABLE = "DIALPLANE_EDGE_SITE_PACKAGES"
DEBIAN_PACKAGES = ("kamailio", "kamailio-python3-modules", "kamailio-extra-modules", "kamailio-tls-modules")
SHARED_MEMORY, PACKAGE_MEMORY = "tlsf", "fm"
"""Kamailio's memory managers. `fm` keeps free pieces of more than 16 kB in lists that it walks, with the lock of all
shared memory held: the longer an edge runs, the longer they are (5.6.3, f_malloc.c). `tlsf` walks none."""
_LIBRARY_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64")
_MODULE_FOLDERS = ("kamailio/modules", "*/kamailio/modules")
"""Below one of the former; Debian has a folder for each architecture between."""
_LIBPYTHON = re.compile(rb"libpython(3\.[0-9]+)\.so")


def command_line(config: EdgeConfig) -> Sequence[str]:
    """The command that runs Kamailio in the foreground; to be started in a process group of its own."""
    run = str(config.run)
    return (
        program_path("kamailio"),
        *("-f", str(config.folder.config)),
        *("-DD", "-E"),
        *("-x", SHARED_MEMORY, "-X", PACKAGE_MEMORY),
        *("-m", str(config.shared_memory_mb), "-M", str(config.package_memory_mb)),
        *("-Y", run, "-w", run, "-P", str(config.folder.pid)),
    )


def environment(config: EdgeConfig, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for that command: `base` without what would lead its Python astray, and where ours is."""
    kept = {name: value for name, value in base.items() if not name.startswith("PYTHON")}
    return {
        **kept,
        SITE_PACKAGES_VARIABLE: str(config.site_packages),
        SETTINGS_VARIABLE: str(config.folder.script_settings),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def missing() -> Sequence[str]:
    """The parts that this machine lacks to run an edge, each part as words for a person; empty if nothing."""
    if not Path(program_path("kamailio")).exists():
        return ("the program kamailio",)
    folder = _module_folder()
    if folder is None:
        return ("Kamailio's modules",)
    lacking = [f"Kamailio's module {name}" for name in modules() if not (folder / f"{name}.so").exists()]
    scripting = folder / "app_python3.so"
    if scripting.exists() and (wanted := _python_of(scripting)) != _own_python():
        lacking.append(f"Python {wanted}, which Kamailio is linked to (this is Python {_own_python()})")
    return tuple(lacking)


def install_command() -> str:
    """The command that installs all of it on Debian and its kin, and starts no Kamailio of Debian's on port 5060."""
    return f"env RUNLEVEL=1 apt-get install --yes {' '.join(DEBIAN_PACKAGES)}"


def _module_folder() -> Path | None:
    found = (path for root in _LIBRARY_FOLDERS for below in _MODULE_FOLDERS for path in Path(root).glob(below))
    return next(found, None)


def _python_of(library: Path) -> str:
    found = _LIBPYTHON.search(library.read_bytes())
    return found[1].decode() if found else ""


def _own_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
