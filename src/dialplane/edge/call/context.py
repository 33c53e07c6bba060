"""The parts of a worker that every step of a call works with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dialplane.domain.sip_status import phrase
from dialplane.edge.limits.breakers import Breakers
from dialplane.edge.limits.channels import Caps
from dialplane.edge.settings import ScriptSettings
from dialplane.edge.sip import Sip
from dialplane.engine.refusals import RETRY_AFTER_S, SERVICE_UNAVAILABLE, Refusal, status_of
from dialplane.eventlog.writer import EventLog
from dialplane.system.clock import now_us


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """`warn` writes a line to Kamailio's log, at most one a second. `now_us` is the wall clock.

    `script_writes`: whether Kamailio's script can write events in this process.
    """

    sip: Sip
    log: EventLog
    settings: ScriptSettings
    breakers: Breakers
    caps: Caps
    warn: Callable[[str], None]
    now_us: Callable[[], int] = field(default=now_us)
    script_writes: Callable[[], bool] = field(default=lambda: False)

    def reply(self, status: int) -> None:
        """Answer the caller within the transaction; a 503 says when to try again."""
        if status == SERVICE_UNAVAILABLE:
            self.sip.add_reply_header("Retry-After", str(RETRY_AFTER_S))
        self.sip.reply(status, phrase(status))

    def refuse(self, refusal: Refusal) -> None:
        """Answer the caller within the transaction, as the table of refusals says."""
        self.reply(status_of(refusal))

    def refuse_stateless(self, refusal: Refusal) -> None:
        """Answer outside a transaction."""
        status = status_of(refusal)
        self.sip.reply_stateless(status, phrase(status))
