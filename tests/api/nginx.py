"""nginx as deploy/nginx.conf has it, before a real API."""

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.api.serving import Api, Caller, serving, settings_for
from tests.authority import Authority
from tests.ports import free_port
from tests.waiting import eventually

_ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = _ROOT / "deploy" / "nginx.conf"
BY_SOCKET = _ROOT / "docs" / "operations" / "reverse-proxy.md"
NAME = "localhost"
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


@contextmanager
def nginx(folder: Path, database: Path, *, unix: bool = False) -> Iterator[Front]:
    """nginx before an API with a copy of this database, which it reaches by loopback, or by the `unix` socket."""
    authority = Authority(folder, "authority")
    own = {"http_socket": folder / "api.sock"} if unix else {"trusted_proxies": "127.0.0.1"}
    settings = settings_for(folder / "data", database=database, **own)
    with serving(settings) as api, _client(authority.file) as http:
        plain, secure = free_port(), free_port()
        log = folder / "access.log"
        text = EXAMPLE.read_text().replace("127.0.0.1:8080", f"127.0.0.1:{api.port}")
        if unix:
            text = _by_socket(text).replace("/run/dialplane", str(folder))
        _write(folder, authority, text, log=log, plain=plain, secure=secure)
        found = Front(api, http, f"https://{NAME}:{secure}", f"http://{NAME}:{plain}", log)
        with subprocess.Popen(_command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                eventually(lambda: _answers(found, process), within_s=20, what="nginx")
                yield found
            finally:
                process.terminate()


def client_of(front: Front) -> httpx2.Client:
    """Another client, with cookies of its own."""
    return _client(front.log.with_name("authority.pem"))


def _client(authorities: Path) -> httpx2.Client:
    context = ssl.create_default_context(cafile=str(authorities))
    return httpx2.Client(transport=httpx2.HTTPTransport(verify=context, local_address=CLIENT))


def _by_socket(text: str) -> str:
    """The example with the upstream of the how-to in place of its own."""
    upstream = re.compile(r"^upstream .*?^}", re.DOTALL | re.MULTILINE)
    found = upstream.search(BY_SOCKET.read_text())
    assert found is not None
    return upstream.sub(found[0], text, count=1)


def _write(folder: Path, authority: Authority, text: str, *, log: Path, plain: int, secure: int) -> None:
    """The example with this machine's ports, names and files in place of its own."""
    certificate, key = authority.sign(NAME)
    for old, new in (
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
    user = "user root;\n" if os.getuid() == 0 else ""  # its workers must reach what is the tests' own
    (folder / "nginx.conf").write_text(f"{user}pid {folder / 'pid'};\nevents {{}}\nhttp {{ {own}\n{text}\n}}\n")


def _command(folder: Path) -> list[str]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert program, "nginx is missing: setup/system-packages nginx"
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr", "-g", "daemon off;"]


def _answers(front: Front, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, process.stderr and process.stderr.read().decode()
    try:
        return bool(front.http.get(f"{front.url}/healthz").status_code == 200)
    except httpx2.TransportError:
        return False
