"""Calls after their answer: requests within their dialogs, and their end.

A call that began since Kamailio was started has a dialog there. One from before a restart is recognised by its cookie.
"""

from collections.abc import Callable
from functools import partial

from dialplane.domain.call import LONGEST_SETUP_S, HangupBy
from dialplane.domain.sip_status import phrase
from dialplane.edge.call.answers import MOST_ROUTES
from dialplane.edge.call.arrival import CALL_VARIABLE, INVITE_VARIABLE
from dialplane.edge.call.attempts import ACCOUNT_VARIABLE, AUTHORIZATION, CODECS, REPLY_TEXT
from dialplane.edge.call.context import CallContext
from dialplane.edge.call.cookie import Origin, origin_of_cookie
from dialplane.edge.call.dialog import COMES_FROM, CONFIRMED, MOVED_TO, RAISED, Dialog, Leg, Party, own_request
from dialplane.edge.call.digest import Credentials, authorization, challenge_in
from dialplane.edge.call.keepalive import LOOKED
from dialplane.edge.call.own_requests import OwnRequests
from dialplane.edge.call.server_name import SERVER
from dialplane.edge.recovery.inherited_channels import InheritedChannels
from dialplane.engine.refusals import Refusal
from dialplane.engine.sdp import restricted

TIMED_OUT = "call timed out"
CALLER_PATH = "$var(caller_via)"
LOST = "call lost"
"""The recorded reasons of a call that the edge ended: it has lasted as long as one may, or a side is no longer in
it."""


class Dialogs:
    """`run` calls a function whose failure is reported and goes no further."""

    def __init__(
        self,
        context: CallContext,
        *,
        inherited: InheritedChannels,
        cookie_key: bytes,
        run: Callable[[Callable[[], None]], object],
        own: OwnRequests,
        credentials_of: Callable[[str], Credentials | None],
    ) -> None:
        self._context = context
        self._sip = context.sip
        self._inherited = inherited
        self._cookie_key = cookie_key
        self._run = run
        self._own = own
        self._credentials_of = credentials_of
        self._started_ms = context.now_us() // 1000

    def call_of_answer(self) -> str | None:
        """The call of a response by our Record-Route in it, None if it has none of ours."""
        origin = self._origin(",".join(self._sip.headers("Record-Route", most=MOST_ROUTES)))
        return origin and origin.call

    def call(self) -> str:
        """The call of the current dialog."""
        return self._sip.dialog_variable(CALL_VARIABLE)

    def invite(self) -> str:
        """The key of the INVITE that began the current dialog."""
        return self._sip.dialog_variable(INVITE_VARIABLE)

    def restrict_offer(self) -> None:
        """Cut the offer of a caller's request to its carrier's codecs; the carrier refuses one without any."""
        offer = self._sip.body()
        cut = restricted(offer, self._sip.dialog_variable(CODECS).split(",")) if offer else None
        if cut is not None and cut != offer:
            self._sip.set_body(cut)

    def goes_on(self) -> bool:
        """Whether a request may pass whose dialog Kamailio does not know; if not, it is answered."""
        sip = self._sip
        method = sip.text("$rm")
        origin = self._origin(sip.header("Route"))
        if origin is None or not self._may_go_on(origin):
            if method != "ACK":
                self._context.refuse_stateless(Refusal.UNKNOWN_DIALOG)
            return False
        self._follow_path(origin)
        if method != "BYE":
            return True
        if not sip.begin_transaction():
            return False
        self._record_hangup(origin.call)
        self._run(partial(self._inherited.give_back, origin.call))
        return True

    def _follow_path(self, origin: Origin) -> None:
        """Have a request to a caller behind NAT sent there; Kamailio has no dialog that knows it."""
        if origin.path and f";ftag={self._sip.text('$tt')}" in self._sip.header("Route"):
            self._sip.set_variable(CALLER_PATH, origin.path.uri)

    def ended(self) -> None:
        """Record the end of the current dialog's call, if a BYE ended it."""
        if self._sip.text("$rm") == "BYE":
            self._record_hangup(self.call())

    def timed_out(self) -> None:
        """Record and end the current dialog's call, which has lasted as long as a call may, or is lost."""
        call = self.call()
        reason = LOST if self._sip.counted(LOOKED, call) else TIMED_OUT
        self._context.log.call_ended(call, status=200, reason=reason, hangup_by=HangupBy.TIMEOUT)
        dialog = self._dialog()
        for party in Party:
            request = own_request(dialog, party, "BYE")
            if request:
                self._own.send(request, account=dialog.variables[ACCOUNT_VARIABLE] if party is Party.CALLEE else "")

    def challenged(self) -> bool:
        """Answer a carrier's challenge of a caller's request within the call; in its failure route. False if not.

        Credentials are sent once for each request.
        """
        sip = self._sip
        account, challenge = sip.kept_text(ACCOUNT_VARIABLE), challenge_in(sip.text(REPLY_TEXT))
        credentials = self._credentials_of(account) if account else None
        if credentials is None or challenge is None or sip.kept_text(AUTHORIZATION):
            return False
        name, body = authorization(challenge, credentials, method=sip.text("$rm"), uri=sip.text("$ru"))
        raised = int(sip.kept(RAISED) or 0) + 1
        sip.keep(AUTHORIZATION, f"{name}: {body}")
        sip.keep(RAISED, raised)
        sip.note(RAISED, str(raised))
        return True

    def _dialog(self) -> Dialog:
        """The current dialog, as far as a request within it needs."""
        text, noted = self._sip.text, self._sip.dialog_variable
        names = [f"{party}_{name}" for party in Party for name in (MOVED_TO, COMES_FROM)]
        names += [RAISED, ACCOUNT_VARIABLE, SERVER]
        caller, callee = (
            Leg(*(text(f"$dlg({side}_{part})") for part in ("tag", "contact", "cseq", "rs", "bindaddr")))
            for side in ("from", "to")
        )
        return Dialog(
            h_entry=0,
            h_id=0,
            call_id=text("$dlg(callid)"),
            from_uri=text("$dlg(from_uri)"),
            to_uri=text("$dlg(to_uri)"),
            state=CONFIRMED,
            start_ts=0,
            caller=caller,
            callee=callee,
            variables={name: noted(name) for name in names},
        )

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
