"""SIPp as the other side: an independent implementation of the same RFC."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Run:
    """How SIPp ended: 0 when every call went as its scenario says. `output` for the failure message."""

    status: int
    output: str


def start_sipp(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """SIPp in the foreground, without its screens, its files in `folder`."""
    command = ["sipp", "-i", "127.0.0.1", "-nostdin", "-timeout", f"{TIMEOUT_S}s", "-trace_err", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def finish(process: subprocess.Popen[str], folder: Path) -> Run:
    """Wait for its end; kill it after the deadline."""
    try:
        output, _ = process.communicate(timeout=TIMEOUT_S + 10)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    errors = "\n".join(path.read_text(errors="replace") for path in folder.glob("*_errors.log"))
    return Run(process.returncode, f"{output[-2000:]}\n{errors[-2000:]}")


def scenario(folder: Path, name: str, *steps: str) -> Path:
    """A scenario file out of these steps."""
    path = folder / f"{name}.xml"
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n'
    path.write_text(f'{head}<scenario name="{name}">\n' + "\n".join(steps) + "\n</scenario>\n")
    return path


def send(*lines: str, retrans: bool = False) -> str:
    text = "\n".join(lines)
    start = '<send retrans="500">' if retrans else "<send>"
    return f"{start}<![CDATA[\n\n{text}\nContent-Length: 0\n\n]]></send>"


def recv(what: int | str, *, optional: bool = False, record_route: bool = False) -> str:
    kind = "response" if isinstance(what, int) else "request"
    flags = (' optional="true"' if optional else "") + (' rrs="true"' if record_route else "")
    return f'<recv {kind}="{what}"{flags}></recv>'


def request(method: str, *, branch: str = "[branch]", to: str = "[peer_tag_param]", sequence: int = 1) -> Sequence[str]:
    """The lines of a request of SIPp as the caller."""
    return (
        f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0",
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}",
        "From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]",
        f"To: <sip:[service]@[remote_ip]:[remote_port]>{to}",
        "Call-ID: [call_id]",
        f"CSeq: {sequence} {method}",
        "Contact: <sip:sipp@[local_ip]:[local_port]>",
        "Max-Forwards: 70",
    )


def response(status: str, *extra: str) -> Sequence[str]:
    """The lines of a response of SIPp as the one called."""
    return (
        f"SIP/2.0 {status}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:];tag=[pid]SIPpTag[call_number]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        "Contact: <sip:[local_ip]:[local_port];transport=[transport]>",
        *extra,
    )
