"""Tutorials and how-tos, as a reader does them: each page is one script, beside a demo that all of them share.

`sh` blocks are run, `text` blocks are what the block before them prints (figures apart), and a block that the page says
to write as a file is written. `console` blocks need an empty machine: a script in tests/install has each of their
lines. A block for a program that is not there says so, and is what the API writes for such a program.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dialplane.client import Client
from dialplane.demo.carriers import CARRIERS
from dialplane.domain.demo import METADATA
from dialplane.domain.trunk import DEFAULT_REALM
from dialplane_simulator.caller import open_caller
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.digest import Credentials
from dialplane_simulator.wire import Peer
from tests.ports import free_port
from tests.serve.instance import Instance, kill_all, serving
from tests.serve.live import FAST_PROBES
from tests.waiting import eventually

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[1]
PAGES = sorted(page for folder in ("tutorials", "how-to") for page in (ROOT / "docs" / folder).glob("*.md"))
NOT_RUN = re.compile(r"\*Not run by the tests, which have no \w+; they hold it to what the API writes:\*$")
TRUNK = {"connect-asterisk.md": "Asterisk", "connect-freeswitch.md": "FreeSWITCH"}
PORTS = ("127.0.0.9:5070", "127.0.0.1:7101", "127.0.0.1:7201", "127.0.0.1:5099")
END = "~ end of a block ~"

PRELUDE = f"""set -euo pipefail
trap 'kill $(jobs -p) $(cat *.pid) 2>/dev/null || true' EXIT
curl() {{ command curl --show-error --fail-with-body "$@"; }}
dialplane() {{ # a reader's call comes later than the edge has heard of the change before it
  until curl -s "$API/v1.0/edges" -H "Authorization: Bearer $TOKEN" |
    jq --exit-status '.result[0].lag_revisions == 0' >/dev/null; do sleep 0.1; done
  command dialplane "$@"
}}
end() {{ echo; echo '{END}'; }}
"""


@dataclass(frozen=True, slots=True)
class Block:
    """`before`: the last line of text that stands before it."""

    kind: str
    text: str
    before: str


def blocks(page: Path) -> list[Block]:
    found = re.finditer(r"^(?P<before>.*)\n+^```(?P<kind>\w+)\n(?P<text>(?s:.*?))^```$", page.read_text(), re.M)
    return [Block(one["kind"], one["text"], one["before"].rstrip().rpartition("\n")[2]) for one in found]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with serving(tmp_path_factory.mktemp("tutorials") / "data", "--demo", environment=FAST_PROBES) as instance:
        eventually(lambda: "Stop with Ctrl-C" in instance.said(), within_s=60, what="the demo is there")
        yield instance
        kill_all(instance.data)


@pytest.fixture
def well(demo: Instance) -> Instance:
    """The demo, with all its carriers well: a page breaks one, and it takes its time until probes and breakers know."""
    with demo.client() as client:
        carriers = [provider["id"] for provider in client.providers.all() if METADATA in provider["metadata"]]
        assert len(carriers) == len(CARRIERS)
        for id_ in carriers:
            eventually(partial(is_well, client, id_), within_s=60, what="a carrier is well")
    return demo


def is_well(client: Client, provider_id: str) -> bool:
    seen = client.providers.health(provider_id)
    return seen["health_status"] == "healthy" and all(edge["breaker"] != "open" for edge in seen["edges"])


@pytest.fixture
def checkout(demo: Instance, tmp_path: Path) -> Path:
    """A folder that looks like a checkout in which `make run` was said."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "data").symlink_to(demo.data)
    return tmp_path


def here(text: str, demo: Instance) -> str:
    """The text with the addresses of this demo, and free ports."""
    running = demo.running()
    text = text.replace("127.0.0.1:8080", running["control_url"].removeprefix("http://"))
    return text.replace("127.0.0.1:5060", running["sip"])


def script(page: Path, demo: Instance, folder: Path) -> str:
    """The page's blocks as one script that marks the end of each; its files are written into the folder."""
    ports = {address: f"{address.partition(':')[0]}:{free_port()}" for address in PORTS}
    lines = [PRELUDE]
    for number, block in enumerate(blocks(page)):
        text = here(block.text, demo)
        for address, free in ports.items():
            text = text.replace(address, free)
        if file := re.search(r"[Ww]rite it as `([\w.]+)`:$", block.before):
            (folder / f"{number}").write_text(text)
            lines.append(f"cp {number} {file[1]}")
        if block.kind == "sh":
            lines.append(text)
        lines.append("end")
    return "\n".join(lines)


def plain(line: str) -> str:
    """A line without its figures."""
    return " ".join(re.sub(r"[\d.]+ m?s\b", "# s", re.sub(r":\d{4,5}\b", ":#", line)).split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_says_works_and_prints_what_it_shows(page: Path, well: Instance, checkout: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", script(page, well, checkout)],
        cwd=checkout,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.split(f"\n{END}\n")
    for number, block in enumerate(blocks(page)):
        if block.kind == "text":
            shown = [plain(line) for line in printed[number - 1].splitlines()]
            for line in block.text.splitlines():
                assert any(one.startswith(plain(line)) for one in shown), (line, printed[number - 1])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_block_is_run_or_says_why_not(page: Path) -> None:
    scripts = "".join(file.read_text() for file in (ROOT / "tests/install").iterdir())
    found = blocks(page)
    assert len(found) == page.read_text().count("\n```") / 2
    for number, block in enumerate(found):
        match block.kind:
            case "sh":
                pass
            case "text":
                assert found[number - 1].kind == "sh", block.text
            case "console":
                assert [line for line in block.text.splitlines() if line not in scripts] == []
            case _:
                assert "rite it as `" in block.before or NOT_RUN.search(block.before), block


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_block_that_is_not_run_is_what_the_api_writes(page: Path, demo: Instance) -> None:
    shown = [block.text for block in blocks(page) if NOT_RUN.search(block.before)]
    if page.name not in TRUNK:
        assert shown == []
        return
    with demo.client() as client:
        customer = client.customers.create(name=page.name)["id"]
        trunk = client.trunks.create(customer_id=customer, auth_types=["ip"], allowed_ips=["127.0.0.99"])
        written = client.trunks.snippets(trunk["id"])["result"]
        client.trunks.delete(trunk["id"])
    [text] = [one["text"] for one in written if one["title"] == TRUNK[page.name]]
    assert [here(one, demo).strip() for one in shown] == [text.strip()]


def test_kamailios_lines_are_what_the_api_writes(demo: Instance) -> None:
    [block] = [one for one in blocks(ROOT / "docs/tutorials/connect-kamailio.md") if one.kind == "kamailio"]
    with demo.client() as client:
        customer = client.customers.create(name="kamailio")["id"]
        trunk = client.trunks.create(customer_id=customer, auth_types=["ip"], allowed_ips=["127.0.0.98"])
        written = client.trunks.snippets(trunk["id"])["result"]
        client.trunks.delete(trunk["id"])
    [text] = [one["text"] for one in written if one["title"] == "Kamailio"]
    lines = [line for line in text.splitlines() if "#" not in line]
    assert [line for line in lines if line not in here(block.text, demo).splitlines()] == []


DIALLED = "+12125550123"
LOGIN = {"username": "switch", "password": "a secret"}
DOMAIN = {**LOGIN, "domain_name": "sip.switch.example"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What a switch does once a snippet is in its configuration."""

    edge: str
    codecs: str
    domain: str
    username: str
    password: str
    realm: str


def asterisk(text: str) -> Switch:
    """By res_pjsip's rules: a section has a name and a type; the endpoint names its aor and its auth."""
    pjsip, _, extensions = text.partition("; extensions.conf:\n")
    sections: dict[str, dict[str, str]] = {}
    for section in re.split(r"^\[dialplane\]$", pjsip, flags=re.M)[1:]:
        options = dict(line.split("=", 1) for line in section.splitlines() if line)
        sections[options["type"]] = options
    endpoint, auth = sections["endpoint"], sections.get("auth", {})
    assert endpoint["aors"] == "dialplane"
    assert endpoint.get("outbound_auth") == ("dialplane" if auth else None)
    assert "from_user" not in endpoint
    assert re.findall(r"^exten => (\S+),1,Dial\(PJSIP/\$\{EXTEN\}@dialplane\)$", extensions, re.M) == ["_X.", "_+X."]
    return Switch(
        edge=sections["aor"]["contact"].removeprefix("sip:"),
        codecs=endpoint["allow"],
        domain=endpoint.get("from_domain", ""),
        username=auth.get("username", ""),
        password=auth.get("password", ""),
        realm=auth.get("realm", ""),
    )


def freeswitch(text: str) -> Switch:
    """By mod_sofia's rules: a gateway has parameters, and the dialplan bridges to it by its name."""
    gateway, _, dialplan = text.partition("<!-- dialplan: -->")
    [found] = ElementTree.fromstring(gateway).iter("gateway")
    of = {one.attrib["name"]: one.attrib["value"] for one in found.iter("param")}
    action = ElementTree.fromstring(dialplan.strip())
    assert (action.attrib["application"], action.attrib["data"]) == (
        "bridge",
        f"sofia/gateway/{found.attrib['name']}/$1",
    )
    assert (of["register"], of["caller-id-in-from"]) == ("false", "true")
    has_login = of["username"] != "not-used"
    return Switch(
        edge=of["proxy"],
        codecs="alaw,ulaw",
        domain=of.get("from-domain", ""),
        username=of["username"] if has_login else "",
        password=of["password"] if has_login else "",
        realm=of["realm"] if has_login else "",
    )


SWITCHES = {"Asterisk": (asterisk, "127.0.0.61"), "FreeSWITCH": (freeswitch, "127.0.0.62")}


@pytest.mark.parametrize("login", [{}, LOGIN, DOMAIN], ids=["by address", "by login", "with a domain"])
@pytest.mark.parametrize("title", SWITCHES)
def test_a_switch_that_does_what_its_snippet_says_gets_through(
    title: str, login: dict[str, str], well: Instance
) -> None:
    """Neither program is in Debian's archive: the snippet is read by its rules, and its call is placed by a caller."""
    read, source = SWITCHES[title]
    way = {"auth_types": ["basic"], **login} if login else {"auth_types": ["ip"], "allowed_ips": [source]}
    with well.client() as client:
        customer = client.customers.create(name=title)["id"]
        trunk = client.trunks.create(customer_id=customer, **way)
        [text] = [one["text"] for one in client.trunks.snippets(trunk["id"])["result"] if one["title"] == title]
        switch = read(text.replace("PASSWORD", login.get("password", "")))
        eventually(
            lambda: all(edge["lag_revisions"] == 0 for edge in client.edges.list()["result"]),
            within_s=30,
            what="a trunk",
        )
        result, options = asyncio.run(called(switch, source))
        client.trunks.delete(trunk["id"])
    assert (options, result.status) == (200, 200), result
    assert switch.realm == (login.get("domain_name", DEFAULT_REALM) if login else "")


async def called(switch: Switch, source: str) -> tuple[CallResult, int | None]:
    """A call and an OPTIONS of the switch's. Its domain is in the request URI, where it does the same as in From."""
    host, _, port = switch.edge.rpartition(":")
    to = Peer("udp", host, int(port))
    credentials = Credentials(switch.username, switch.password) if switch.username else None
    offered = {"alaw": "8", "ulaw": "0"}
    media = " ".join(offered[name] for name in switch.codecs.split(","))
    body = f"v=0\r\no=- 1 1 IN IP4 {source}\r\ns=-\r\nc=IN IP4 {source}\r\nt=0 0\r\nm=audio 40000 RTP/AVP {media}\r\n"
    async with open_caller(host=source) as caller:
        plan = CallPlan(
            to=to,
            user=DIALLED,
            domain=switch.domain,
            caller="+12125550100",
            talk_s=0.1,
            credentials=credentials,
            body=body.encode(),
        )
        return await caller.call(plan), await caller.probe(to)
