"""A PBX behind a NAT of Linux's own, in network namespaces that end with the test: no other machine is reached.

PBX 10.93.0.2 -- 10.93.0.1 NAT 198.18.N.2 -- 198.18.N.1 the edge
"""

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sip.wire import Peer

INSIDE = "10.93.0.2"
_GATEWAY = "10.93.0.1"
_NETWORKS = range(1, 250)
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_MASQUERADE = """
table ip nat {
  chain out {
    type nat hook postrouting priority 100
    oifname outside masquerade
  }
}
"""


@dataclass(frozen=True)
class Nat:
    """`edge_at` is the edge's address for the PBX, `seen_from` where the edge sees the PBX's packets come from."""

    edge_at: str
    seen_from: str
    _pbx: int

    def socket(self, kind: socket.SocketKind) -> socket.socket:
        """A socket of the PBX's, bound to its address."""
        with _within(self._pbx):
            made = socket.socket(socket.AF_INET, kind)
        made.bind((INSIDE, 0))
        return made

    @contextmanager
    def peer(self, edge_port: int) -> Iterator[Peer]:
        """The PBX, which writes its own address into what it says."""
        with self.socket(socket.SOCK_DGRAM) as sock:
            yield Peer(sock, edge_port, edge_at=self.edge_at, host=INSIDE)


def why_not() -> str:
    """Why there can be no such NAT here, "" if there can be one."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [name for name in ("ip", "nft", "unshare") if shutil.which(name, path=_PATH) is None]
    if missing:
        return f"{', '.join(missing)} not installed"
    tried = subprocess.run(["unshare", "--net", "nft", "-f", "-"], input=_MASQUERADE.encode(), capture_output=True)
    return tried.stderr.decode().strip() if tried.returncode else ""


@contextmanager
def nat() -> Iterator[Nat]:
    """A NAT and the network behind it, until the end of the block."""
    with ExitStack() as stack:
        gateway, pbx = (stack.enter_context(_namespace()) for _ in range(2))
        network = _joined_to_edge(gateway)
        _run("ip", "link", "add", "inside", "netns", str(gateway), "type", "veth", "peer", "uplink", "netns", str(pbx))
        for namespace, link, address in (
            (gateway, "outside", f"{network}.2/24"),
            (gateway, "inside", f"{_GATEWAY}/24"),
            (pbx, "uplink", f"{INSIDE}/24"),
        ):
            _run("ip", "address", "add", address, "dev", link, within=namespace)
            _run("ip", "link", "set", link, "up", within=namespace)
        _run("ip", "route", "add", "default", "via", _GATEWAY, within=pbx)
        _run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward", within=gateway)
        _run("nft", "-f", "-", within=gateway, text=_MASQUERADE)
        yield Nat(f"{network}.1", f"{network}.2", pbx)


@contextmanager
def _namespace() -> Iterator[int]:
    """The id of a process in a network namespace of its own, which ends with it."""
    process = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo; read _"], stdin=-1, stdout=-1, env=_environment()
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def _joined_to_edge(gateway: int) -> str:
    """Join the gateway to this process's network, by the first that no other test has; the head of its addresses."""
    for number in _NETWORKS:
        link = f"dialplane{number}"
        made = _try("ip", "link", "add", link, "type", "veth", "peer", "outside", "netns", str(gateway))
        if made:
            _run("ip", "address", "add", f"198.18.{number}.1/24", "dev", link)
            _run("ip", "link", "set", link, "up")
            return f"198.18.{number}"
    raise RuntimeError("no network is free")


@contextmanager
def _within(process: int) -> Iterator[None]:
    """Be in the network namespace of that process for the block."""
    own = Path("/proc/self/ns/net").open()
    with own, Path(f"/proc/{process}/ns/net").open() as other:
        _enter(other.fileno())
        try:
            yield
        finally:
            _enter(own.fileno())


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _try(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, env=_environment(), timeout=10).returncode == 0


def _run(*command: str, within: int | None = None, text: str = "") -> None:
    prefix: Sequence[str] = [] if within is None else ["nsenter", "--net", "--target", str(within)]
    subprocess.run([*prefix, *command], input=text.encode(), check=True, env=_environment(), timeout=10)


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": _PATH}
