"""deploy/nginx.conf before a real API: HTTPS, the client's address, a path below which all works, a quiet log."""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.api.serving import Api, Caller, serving, settings_for
from tests.authority import Authority
from tests.ports import free_port
from tests.waiting import eventually

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
NAME = "localhost"
SPOOFED = "203.0.113.9"
CLIENT = "127.0.0.2"
"""Where the tests call from: an address that is no trusted proxy's."""


@dataclass
class Front:
    """nginx before an API. `http` knows the authority of its certificate."""

    api: Api
    http: httpx2.Client
    url: str
    plain_url: str
    log: Path

    def caller(self, prefix: str = "") -> Caller:
        """The administrator, through nginx."""
        return Caller(self.url + prefix, self.http, self.api.admin.headers)


@pytest.fixture(scope="module")
def front(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    authority = Authority(folder, "authority")
    settings = settings_for(folder / "data", database=prepared_file, trusted_proxies="127.0.0.1")
    context = ssl.create_default_context(cafile=str(authority.file))
    with serving(settings) as api, _client(context) as http:
        plain, secure = free_port(), free_port()
        log = folder / "access.log"
        _write(folder, authority, log=log, plain=plain, secure=secure, api=api.port)
        found = Front(api, http, f"https://{NAME}:{secure}", f"http://{NAME}:{plain}", log)
        with subprocess.Popen(_command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as nginx:
            try:
                eventually(lambda: _answers(found, nginx), within_s=20, what="nginx")
                yield found
            finally:
                nginx.terminate()


def _client(context: ssl.SSLContext) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.HTTPTransport(verify=context, local_address=CLIENT))


def _write(folder: Path, authority: Authority, *, log: Path, plain: int, secure: int, api: int) -> None:
    """The example with this machine's ports, names and files in place of its own."""
    certificate, key = authority.sign(NAME)
    text = EXAMPLE.read_text()
    for old, new in (
        ("127.0.0.1:8080", f"127.0.0.1:{api}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen [::]:80;", f"listen [::1]:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        ("listen [::]:443 ssl;", f"listen [::1]:{secure} ssl;"),
        ("server_name dialplane.example;", f"server_name {NAME};"),
        ("/etc/ssl/dialplane/fullchain.pem", str(certificate)),
        ("/etc/ssl/dialplane/privkey.pem", str(key)),
        ("/var/log/nginx/dialplane.log", str(log)),
    ):
        assert old in text, old
        text = text.replace(old, new)
    temporary = " ".join(f"{kind}_temp_path {folder / kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    own = f"client_body_temp_path {folder / 'body'}; {temporary} access_log off;"
    (folder / "nginx.conf").write_text(f"pid {folder / 'pid'};\nevents {{}}\nhttp {{ {own}\n{text}\n}}\n")


def _command(folder: Path) -> list[str]:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert nginx, "nginx is missing: setup/system-packages nginx"
    return [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr", "-g", "daemon off;"]


def _answers(front: Front, nginx: "subprocess.Popen[bytes]") -> bool:
    assert nginx.poll() is None, nginx.stderr and nginx.stderr.read().decode()
    try:
        return bool(front.http.get(f"{front.url}/healthz").status_code == 200)
    except httpx2.TransportError:
        return False


def test_plain_http_is_sent_on_to_https(front: Front) -> None:
    answer = front.http.get(f"{front.plain_url}/v1.0/me?x=1", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{NAME}/v1.0/me?x=1")


@pytest.mark.parametrize("prefix", ["", "/dialplane"])
def test_the_clients_own_word_on_its_address_is_not_believed(front: Front, prefix: str) -> None:
    changed = front.caller(prefix).post("/v1.0/customers", {}, headers={"X-Forwarded-For": SPOOFED})
    revision = front.api.admin.get(f"/v1.0/revisions/{changed.headers['x-revision']}").json()
    assert revision["source_ip"] == CLIENT


def test_it_is_reached_by_ipv6_too(front: Front) -> None:
    port = int(front.url.rpartition(":")[2])
    context = ssl.create_default_context(cafile=str(front.log.with_name("authority.pem")))
    with socket.create_connection(("::1", port), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname=NAME) as secured:
            secured.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert secured.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
@pytest.mark.parametrize("prefix", ["", "/dialplane"])
def test_all_that_a_page_of_the_documentation_links_to_is_there(front: Front, prefix: str, page: str) -> None:
    html = front.http.get(f"{front.url}{prefix}{page}").text
    links = re.findall(r"""(?:href|src|spec-url)="(/[^"]+)"|url: '(/[^']+)'""", html)
    paths = {path for found in links for path in found if path}
    assert f"{prefix}/openapi.json" in paths
    assert len(paths) >= 3
    for path in paths:
        assert path.startswith(f"{prefix}/")
        assert front.http.get(front.url + path).status_code == 200


def test_the_document_tells_where_the_api_is(front: Front) -> None:
    assert front.http.get(f"{front.url}/dialplane/openapi.json").json()["servers"] == [{"url": "/dialplane"}]
    assert front.http.get(f"{front.url}/dialplane/openapi-3.0.json").json()["servers"] == [{"url": "/dialplane"}]
    spoofed = front.http.get(f"{front.url}/openapi.json", headers={"X-Forwarded-Prefix": "/evil"}).json()
    assert spoofed.get("servers") != [{"url": "/evil"}]


def test_credentials_in_a_query_are_in_no_log(front: Front) -> None:
    token = front.api.admin.headers["Authorization"].removeprefix("Bearer ")
    assert front.http.get(f"{front.url}/v1.0/me", params={"token": token}).status_code == 200
    eventually(lambda: '"GET /v1.0/me" 200' in front.log.read_text(), what="the line of the request, after its answer")
    assert token not in front.log.read_text()


def test_the_feed_comes_through_as_a_stream(front: Front) -> None:
    assert front.caller("/dialplane").get("/v1.0/feed").text.splitlines()[-1].startswith('{"')
