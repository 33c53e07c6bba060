"""The console and the help are in the wheel: whoever installs it needs no Node and no Sphinx."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from dialplane.api.http import console, help
from tests.serve.instance import Instance

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_all_files_of_the_console_and_the_help(demo: Instance, tmp_path: Path) -> None:
    subprocess.run([ROOT / "setup" / "help", sys.prefix], check=True, timeout=300)
    source = tmp_path / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*build, tmp_path, source], check=True, timeout=100)
    [wheel] = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    for dist in (console.DIST, help.DIST):
        built = {path for path in dist.rglob("*") if path.is_file() and path.name[0] != "."}
        assert dist / "index.html" in built
        assert {str(path.relative_to(ROOT / "src")) for path in built} <= packed
