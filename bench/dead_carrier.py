"""How much later the callee rings when the first carrier is silent: before the edge knows it, and afterwards."""

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.report import Report
from dialplane.settings import Settings
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, SILENT, Caller
from tests.sip.sipp import Message
from tests.sip.stage import Stage

CALLS = 25
CALLS_AT_THE_END = 5
LIVELY, DEAD_FIRST = "+4930123456", "+821012345678"


def run(report: Report) -> None:
    """Print the post-dial delay that a dead first carrier adds to the first call and to the last ones."""
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder, ExitStack() as stack:
        stage = Stage(Path(folder), stack)
        stage.table.trunk()
        lively = stage.carrier(ANSWER, traced=False).hostname
        stage.table.provider(stage.carrier(SILENT, traced=False).hostname, target="+82")
        stage.table.provider(lively, target="+82")
        stage.table.provider(lively, target="+49")
        settings = Settings()
        edge = stage.edge(workers=4, breaker_failures=settings.breaker_failures, breaker_open_s=settings.breaker_open_s)
        usual_s = statistics.median(_delays_s(stage, edge, LIVELY, CALLS_AT_THE_END))
        added_s = [delay_s - usual_s for delay_s in _delays_s(stage, edge, DEAD_FIRST, CALLS)]
    waited = sum(delay_s > 1 for delay_s in added_s)
    report.line("post-dial delay, nothing wrong", f"{usual_s * 1000:.0f} ms")
    report.line("a dead first carrier adds, at first", f"{max(added_s):.2f} s", goal="<= 3.2 s")
    last_ms = statistics.median(added_s[-CALLS_AT_THE_END:]) * 1000
    report.line("and once its breaker is open", f"{last_ms:.0f} ms", goal="< 50 ms")
    report.note(f"{CALLS} calls, one a second: {waited} waited for the dead carrier")


def _delays_s(stage: Stage, edge: RunningEdge, number: str, calls: int) -> list[float]:
    """From each INVITE to the first 180, as the caller sees it, in the order of the calls."""
    placed = stage.call(edge, Caller(number=number), calls=calls, per_second=1, timeout_s=calls + 20)
    sent: dict[str, Message] = {}
    rang: dict[str, Message] = {}
    for message in placed.messages:
        call = message.header("Call-ID") or ""
        if message.first_line.startswith("INVITE "):
            sent.setdefault(call, message)
        elif message.first_line.startswith("SIP/2.0 180 "):
            rang.setdefault(call, message)
    return [(rang[call].at - message.at).total_seconds() for call, message in sent.items()]
