"""The console is in the wheel: whoever installs it needs no Node."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from dialplane.api.http.console import DIST
from tests.serve.instance import Instance

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_all_files_of_the_console(demo: Instance, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*build, tmp_path, source], check=True, timeout=100)
    [wheel] = tmp_path.glob("*.whl")
    packed = {name.removeprefix("dialplane/console/dist/") for name in zipfile.ZipFile(wheel).namelist()}
    built = {str(path.relative_to(DIST)) for path in DIST.rglob("*") if path.is_file() and path.name[0] != "."}
    assert "index.html" in built
    assert built <= packed
