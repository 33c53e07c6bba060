"""The how-tos of docs/operations: what stands in `sh` blocks is run here, what stands in `console` blocks elsewhere.

The `sh` blocks of a page are one script. It is run beside a Dialplane of the test's own, which the page's places, users
and services are replaced by. Lines of `console` blocks need root, systemd or an empty machine: scripts in
tests/install, which are run there, have each of them. So it is with the commands in sentences.
"""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import __main__ as bench
from tests.newer import newer_version
from tests.ports import free_port
from tests.postgresql import PostgresqlServer
from tests.serve.instance import kill_all, launch
from tests.waiting import eventually

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs/operations").glob("*.md"))
RUN = [page.name for page in PAGES if "```sh\n" in page.read_text()]
BIN = Path(sys.executable).parent

PROGRAMS = """adduser apt-get curl dialplane git journalctl make pg_dump pg_restore pip pipx promtool psql python sudo
systemctl systemd-analyze""".split()
"""What `code` in a sentence begins with if it is a command."""

SYSTEMCTL = """#!/bin/bash
# `systemctl stop|start|restart UNIT`, for the one service there is here
set -eu
stop() {
  pid=$(python3 -c 'import json; print(json.load(open("DATA/running.json"))["pid"])')
  kill "$pid"
  flock DATA/lock true
}
start() {
  dialplane serve </dev/null >>FOLDER/said 2>&1 &
  until [ -e DATA/running.json ]; do sleep 0.05; done
}
edge() { # the edge of its own, with its settings and the folder that is its place
  set -a
  . FOLDER/etc/edge.env
  dialplane edge --data DATA/alone --key-file FOLDER/etc/edge.key </dev/null >>FOLDER/said 2>&1 &
  until curl --silent --fail "$DIALPLANE_CONTROL_URL/v1.0/edges/$DIALPLANE_EDGE_NAME" \\
    --header "Authorization: Bearer $TOKEN"; do sleep 0.1; done
}
case $* in
  restart*) stop; start ;;
  'disable --now kamailio') ;; # there is none of Debian's
  'enable --now dialplane-edge') edge ;;
  *) "$1" ;;
esac
"""
SUDO = '#!/bin/bash\n[ "$1" = -u ] && shift 2\nexec "$@"\n'


def installing() -> str:
    """The scripts that install, each of which tests/install/from-nothing runs or is run by one that it runs."""
    folders = (ROOT / "tests/install", ROOT / "setup")
    scripts = [file.read_text() for folder in folders for file in folder.iterdir()]
    return re.sub(r"\\\n\s*", " ", "\n".join(scripts))


def in_sentences(page: Path) -> list[str]:
    """The commands outside of a page's blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    found = [code or line for code, line in re.findall(r"`([^`]+)`|^    ([^#\n]+)", text, re.MULTILINE)]
    return [" ".join(one.split()) for one in found if len(one.split()) > 1 and one.split()[0] in PROGRAMS]


def is_in(command: str, scripts: str) -> bool:
    """Whether a script has the command: with other options between its words, and anything for those in CAPITALS."""
    anything = r'(?:"[^"]*"|\S+)'
    words = [anything if re.fullmatch("[A-Z:]+", word) else re.escape(word) for word in command.split()]
    return bool(re.search(r"\s+(?:-\S+\s+)*".join(words), scripts))


def blocks(page: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


class Place:
    """A folder that stands for a machine: Dialplane's data, settings, backups, and commands that act on them."""

    def __init__(self, folder: Path, postgresql: PostgresqlServer) -> None:
        self.data, self._folder = folder / "data", folder
        for name in ("bin", "etc", "backups"):
            (folder / name).mkdir()
        (folder / "share").symlink_to(ROOT / "deploy")
        self._command("systemctl", SYSTEMCTL.replace("DATA", str(self.data)).replace("FOLDER", str(folder)))
        self._command("sudo", SUDO)
        self._database = postgresql
        self.api = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{BIN}:{postgresql.programs()}:{os.environ['PATH']}",
            "DIALPLANE_DATA": str(self.data),
            "DIALPLANE_HTTP": self.api.removeprefix("http://"),
            "DIALPLANE_SIP": f"127.0.0.1:{free_port()}",
        }

    def _command(self, name: str, text: str) -> None:
        (self._folder / "bin" / name).write_text(text)
        (self._folder / "bin" / name).chmod(0o755)

    def script(self, page: str) -> str:
        """The page's blocks, with the places of this machine."""
        text = "\n".join(blocks(ROOT / "docs/operations" / page, "sh"))
        return (
            text.replace("/var/lib/dialplane", str(self.data))
            .replace("/var/backups", str(self._folder / "backups"))
            .replace("/etc/dialplane", str(self._folder / "etc"))
            .replace("/usr/share/dialplane", str(self._folder / "share"))
            .replace("https://control.example", self.api)
            .replace("postgresql://dialplane@db.example/postgres", self._database.url("postgres"))
            .replace("postgresql://dialplane@db.example/dialplane", self._database.url("dialplane"))
            .replace("192.0.2.20:5060", f"127.0.0.1:{free_port()}")
            .replace("# install the version before", "unset PYTHONPATH")
            .replace("--owner dialplane ", "")
        )

    def run(self, script: str) -> str:
        """Run it; what it printed. Fails where a command does."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self._folder,
            env={**self.environment, "TOKEN": self.token()},
            capture_output=True,
            text=True,
            timeout=240,  # a dozen commands, each a Python of its own, beside all else that runs
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def is_ready(self) -> bool:
        """Whether its API can do its work."""
        try:
            with urllib.request.urlopen(f"{self.api}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def token(self) -> str:
        key = self.data / "secrets" / "operator.key"
        return key.read_text().strip() if key.exists() else ""


@contextmanager
def machine(folder: Path, postgresql: PostgresqlServer, settings: Mapping[str, str]) -> Iterator[Place]:
    """A machine on which Dialplane runs, with these settings besides its own."""
    place = Place(folder, postgresql)
    place.environment.update(settings)
    instance = launch(place.data, environment=place.environment)
    try:
        eventually(lambda: "Started" in instance.said() or instance.process.poll() is not None, within_s=60)
        yield place
    finally:
        kill_all(place.data)
        instance.process.wait(10)


@pytest.mark.system
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_work_one_after_the_other(
    page: str, tmp_path: Path, postgresql_server: PostgresqlServer
) -> None:
    settings: dict[str, str] = {}
    if page == "upgrade.md":  # what is gone back from is newer, and has found a database of this version
        subprocess.run(
            [BIN / "dialplane", "migrate", "--data", tmp_path / "data"], check=True, capture_output=True, timeout=60
        )
        settings["PYTHONPATH"] = newer_version(tmp_path / "newer")["PYTHONPATH"]
    try:
        with machine(tmp_path, postgresql_server, settings) as place:
            place.run(place.script(page))
            eventually(place.is_ready, within_s=60, what="Dialplane is ready in the end")
    finally:
        postgresql_server.drop("dialplane")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_not_run_here_is_run_by_an_install_script(page: Path) -> None:
    scripts = "".join(file.read_text() for file in (ROOT / "tests/install").iterdir())
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    assert [line for line in lines if line not in scripts] == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs/operations.md"], ids=lambda page: page.name)
def test_a_command_in_a_sentence_is_run_too(page: Path) -> None:
    run = installing() + "".join(block for page in PAGES for block in blocks(page, "sh"))
    benches = [f"python -m bench {name}" for name in bench.NAMES]
    others = ["make test-install", *benches]  # what runs those scripts; what measures
    assert [one for one in in_sentences(page) if one not in others and not is_in(one, run)] == []


def test_a_newcomer_does_what_the_readme_says_first() -> None:
    first = (ROOT / "README.md").read_text().partition("\n## ")[0]
    commands = re.findall(r"^    ((?:make|\.venv/bin/dialplane) .+)$", first, re.MULTILINE)
    newcomer = (ROOT / "tests/install/newcomer.sh").read_text()
    assert len(commands) == 2
    assert [one for one in commands if one not in newcomer] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_no_block_of_another_kind(page: Path) -> None:
    kinds = re.findall(r"^```(.+)$", page.read_text(), re.MULTILINE)
    assert set(kinds) <= {"sh", "console", "nginx", "ini", "sql", "yaml"}
