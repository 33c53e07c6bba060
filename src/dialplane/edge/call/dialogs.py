"""Calls after their answer: requests within their dialogs, and their end.

A call that began since Kamailio was started has a dialog there. One from before a restart is recognised by its cookie.
"""

from collections.abc import Callable
from functools import partial

from dialplane.domain.call import LONGEST_SETUP_S, HangupBy
from dialplane.domain.sip_status import phrase
from dialplane.edge.call.answers import MOST_ROUTES
from dialplane.edge.call.arrival import CALL_VARIABLE
from dialplane.edge.call.context import CallContext
from dialplane.edge.call.cookie import Origin, origin_of_cookie
from dialplane.edge.recovery.inherited_channels import InheritedChannels
from dialplane.engine.refusals import Refusal

TIMED_OUT = "call timed out"


class Dialogs:
    """`run` calls a function whose failure is reported and goes no further."""

    def __init__(
        self,
        context: CallContext,
        *,
        inherited: InheritedChannels,
        cookie_key: bytes,
        run: Callable[[Callable[[], None]], object],
    ) -> None:
        self._context = context
        self._sip = context.sip
        self._inherited = inherited
        self._cookie_key = cookie_key
        self._run = run
        self._started_ms = context.now_us() // 1000

    def call_of_answer(self) -> str | None:
        """The call of a response by our Record-Route in it, None if it has none of ours."""
        origin = self._origin(",".join(self._sip.headers("Record-Route", most=MOST_ROUTES)))
        return origin and origin.call

    def call(self) -> str:
        """The call of the current dialog."""
        return self._sip.dialog_variable(CALL_VARIABLE)

    def goes_on(self) -> bool:
        """Whether a request may pass whose dialog Kamailio does not know; if not, it is answered."""
        sip = self._sip
        method = sip.text("$rm")
        origin = self._origin(sip.header("Route"))
        if origin is None or not self._may_go_on(origin):
            if method != "ACK":
                self._context.refuse_stateless(Refusal.UNKNOWN_DIALOG)
            return False
        if method != "BYE":
            return True
        if not sip.begin_transaction():
            return False
        self._record_hangup(origin.call)
        self._run(partial(self._inherited.give_back, origin.call))
        return True

    def ended(self) -> None:
        """Record the end of the current dialog's call, if a BYE ended it."""
        if self._sip.text("$rm") == "BYE":
            self._record_hangup(self.call())

    def timed_out(self) -> None:
        """Record that the current dialog's call has lasted as long as a call may, or was given up as dead."""
        self._context.log.call_ended(self.call(), status=200, reason=TIMED_OUT, hangup_by=HangupBy.TIMEOUT)

    def _origin(self, route: str) -> Origin | None:
        return origin_of_cookie(route, self._sip.text("$ci"), key=self._cookie_key)

    def _may_go_on(self, origin: Origin) -> bool:
        """Whether a call began before Kamailio's start, and can still be up."""
        longest_s = self._context.settings.max_call_s + LONGEST_SETUP_S
        oldest_ms = self._context.now_us() // 1000 - longest_s * 1000
        return oldest_ms < origin.began_ms < self._started_ms and self._inherited.may_be_within(
            origin.call, self._sip.text("$ft"), self._sip.text("$tt")
        )

    def _record_hangup(self, call: str) -> None:
        hangup_by = HangupBy.CALLER if self._sip.is_from_caller() else HangupBy.CALLEE
        self._context.log.call_ended(call, status=200, reason=phrase(200), hangup_by=hangup_by)
