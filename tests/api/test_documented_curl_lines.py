"""The curl lines of docs/api, run as they stand against the running API."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dialplane.api.app import openapi_document
from tests.api.serving import Api
from tests.databases import PASSWORD, USERNAME

FOLDER = Path(__file__).parents[2] / "docs" / "api"
DOCUMENTS = sorted(FOLDER.parent.rglob("*.md"))
PAGES = sorted(file.name for file in FOLDER.glob("*.md") if "```sh" in file.read_text())
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)

PRELUDE = 'set -euo pipefail\ncurl() { command curl --silent --show-error --fail-with-body "$@"; }\n'


@pytest.mark.parametrize("page", PAGES)
def test_the_lines_of_a_page_work_one_after_the_other(sqlite_api: Api, tmp_path: Path, page: str) -> None:
    assert all(map(shutil.which, ("curl", "jq"))), "curl and jq are needed to run the documented lines"
    script = PRELUDE + "\n".join(BLOCK.findall((FOLDER / page).read_text()))
    environment = {
        "PATH": os.environ["PATH"],
        "API": sqlite_api.base_url,
        "TOKEN": sqlite_api.login(USERNAME, PASSWORD),
        "USERNAME": USERNAME,
        "PASSWORD": PASSWORD,
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert not re.search(r'(?:^|[^,:]){"error":', done.stdout, re.M), done.stdout  # a job's is within it


def test_every_operation_has_a_line() -> None:
    lines = "\n".join(block for page in DOCUMENTS for block in BLOCK.findall(page.read_text())).replace("\\\n", "")
    commands = [command for line in lines.splitlines() for command in line.split("curl ")[1:]]
    missing = [
        f"{method.upper()} {path}"
        for path, methods in openapi_document()["paths"].items()
        for method in methods
        if not any(is_call_of(command, method, path) for command in commands)
    ]
    assert missing == []


def is_call_of(command: str, method: str, path: str) -> bool:
    """Whether a command calls an operation: by its -X, or by whether it sends a body; with -G its data are a query."""
    address = re.sub(r"\\{[^}]*\\}", r"[^/?\\s\"']+", re.escape(path))
    named = re.search(r"-X (\w+)", command)
    is_body = re.search(r" (-d|--data\S*) ", command) and not command.startswith("-G ")
    said = named[1] if named else "POST" if is_body else "GET"
    return said == method.upper() and bool(re.search(rf"{address}(?=[?\"'\s]|$)", command))
