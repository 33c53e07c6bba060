"""A simulated caller's plan for a call, and its result."""

from dataclasses import dataclass

from dialplane.domain.call import HangupBy
from dialplane_simulator.digest import Credentials
from dialplane_simulator.wire import Peer

DEFAULT_CALLER = "+15550100"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """One call. All times are seconds.

    `cancel_after_s` counts from the INVITE, `cancel_ringing_s` from the first 18x; a CANCEL waits for a first
    provisional response (RFC 3261 section 9.1). `talk_s` None leaves hanging up to the other side.
    """

    to: Peer
    user: str
    caller: str = DEFAULT_CALLER
    domain: str = ""
    talk_s: float | None = 1.0
    cancel_after_s: float | None = None
    cancel_ringing_s: float | None = None
    ring_limit_s: float = 180.0
    credentials: Credentials | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    """None offers an audio session; b"" sends no offer."""

    @property
    def uri(self) -> str:
        suffix = ";transport=tcp" if self.to.transport == "tcp" else ""
        return f"sip:{self.user}@{self.domain or self.to.address}{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """The caller's view of the call. Times are seconds since the first INVITE, None for what did not happen.

    `status` is the final status, None when none came (`failure` says why: `timeout` or `unreachable`).
    `answers` counts the different legs that sent a 2xx: more than one must never be.
    """

    call_id: str
    status: int | None
    reason: str = ""
    failure: str = ""
    provisional: tuple[tuple[float, int], ...] = ()
    final_s: float | None = None
    ended_s: float
    cancelled_s: float | None = None
    hangup_by: HangupBy | None = None
    answers: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def answered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def ringing_s(self) -> float | None:
        """When the first 18x came: the post-dial delay."""
        return next((at_s for at_s, status in self.provisional if status > 100), None)
