"""The curl lines of docs/api, run as they stand against the running API."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.serving import Api
from tests.databases import PASSWORD, USERNAME

FOLDER = Path(__file__).parents[2] / "docs" / "api"
PAGES = sorted(file.name for file in FOLDER.glob("*.md") if "```sh" in file.read_text())
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)

JQ = f"""#!{sys.executable}
import json, sys
print(json.load(sys.stdin)[sys.argv[2].lstrip(".")])
"""
PRELUDE = 'set -euo pipefail\ncurl() { command curl --silent --show-error --fail-with-body "$@"; }\n'


@pytest.mark.parametrize("page", PAGES)
def test_the_lines_of_a_page_work_one_after_the_other(sqlite_api: Api, tmp_path: Path, page: str) -> None:
    assert shutil.which("curl"), "curl is needed to run the documented lines"
    jq = tmp_path / "jq"
    jq.write_text(JQ)
    jq.chmod(jq.stat().st_mode | stat.S_IXUSR)
    script = PRELUDE + "\n".join(BLOCK.findall((FOLDER / page).read_text()))
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "API": sqlite_api.base_url,
        "TOKEN": sqlite_api.login(USERNAME, PASSWORD),
        "USERNAME": USERNAME,
        "PASSWORD": PASSWORD,
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert '"error":{' not in done.stdout


def test_every_resource_is_on_a_page() -> None:
    text = "".join((FOLDER / page).read_text() for page in PAGES)
    for noun in (
        "routes",
        "providers",
        "customers",
        "customer",
        "trunks",
        "accesskeys",
        "agents",
        "calls",
        "dialroutes",
        "stats/providers",
        "stats/routes",
        "stats/targets",
        "stats/customers",
        "stats/statuses",
        "stats/trunks",
        "stats/edges",
        "stats/overview",
        "edges",
        "dialled",
        "search",
        "stream",
        "export",
        "jobs",
    ):
        assert f"$API/v1.0/{noun}" in text
