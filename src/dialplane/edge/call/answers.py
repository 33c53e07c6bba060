"""Which leg has answered a call, kept for all workers and longer than the call's transaction: a call has one answer.

A transaction lives five seconds after its final response; carriers repeat a 200 for 32, and answer minutes after their
attempt was given up. Four tables in Kamailio's shared memory say what such a 200 is (docs/decisions/0009):

pending  caller's INVITE -> attempt and branch under way, the transaction, and the call
answers  caller's INVITE -> the branch and To tag that won, or none if the call ended without an answer
given_up caller's INVITE and branch -> call and attempt, for attempts that ended without a final response
late     caller's INVITE, branch and To tag -> how many times that late 200 has come
"""

from collections.abc import Callable
from typing import NamedTuple

from dialplane.edge.call.context import CallContext
from dialplane.edge.call.dialog import OwnRequest
from dialplane.edge.call.late_leg import ACK, LateAnswer, ending
from dialplane.edge.call.own_requests import OwnRequests
from dialplane.engine.egress import transport_suffix

ANSWERS = "answers"
GIVEN_UP = "given_up"
LATE = "late"
PENDING = "pending"
GONE = "gone"
OWN_ROUTE = ";dp="

MOST_ROUTES = 16
_CALLERS = 2
"""Of the Vias in a response to what we sent, ours is the first."""
_UNIQUE = "z9hG4bK"
"""The head of a branch that no other INVITE has (RFC 3261, section 8.1.1.7)."""


class Answer(NamedTuple):
    """A 2xx: the branch of ours that it answers, and the To tag of the carrier's fork."""

    branch: str
    tag: str

    @property
    def number(self) -> int:
        """The number of the branch within its transaction, from 0; the last part of tm's branch parameter."""
        try:
            return int(self.branch.rpartition(".")[2], 16)
        except ValueError:
            return 0


class Pending(NamedTuple):
    """An INVITE that has no final answer: the attempt under way and its branch, the transaction's id, the call."""

    n: int
    branch: int
    transaction: str
    call: str


class Answers:
    """`call_of` returns the call of a response by our Record-Route in it, None if it has none of ours.

    `won_before` says whether the leg with a To tag had answered a call before Kamailio was restarted.
    """

    def __init__(
        self,
        context: CallContext,
        *,
        own: OwnRequests,
        call_of: Callable[[], str | None],
        won_before: Callable[[str, str], bool],
    ) -> None:
        self._sip = context.sip
        self._log = context.log
        self._call_of = call_of
        self._own = own
        self._won_before = won_before

    def invite(self, *, via: int = 1) -> str:
        """The key of the caller's INVITE that this message is about. `via`: which Via is the caller's, from 1.

        A proxy that forks sends several INVITEs that differ in nothing else; each is a call of its own. CSeq is no part
        of it: it rises where the edge answers a carrier's challenge.
        """
        sip = self._sip
        return f"{sip.text('$ci')}|{sip.text('$ft')}|{sip.text(f'$sel(via[{via}].branch)')}"

    def begin(self) -> str:
        """The key of this new INVITE. A caller from before RFC 3261 may have used its branch before."""
        invite = self.invite()
        if not invite.rpartition("|")[2].startswith(_UNIQUE):
            self._sip.forget(ANSWERS, invite)
        return invite

    def sent(self, invite: str, call: str, n: int, *, branch: int) -> None:
        """Note that attempt `n` is about to be sent as branch `branch`."""
        transaction = f"{self._sip.text('$T(id_index)')}:{self._sip.text('$T(id_label)')}"
        self._sip.put(PENDING, invite, f"{n}|{branch}|{transaction}|{call}")

    def pending(self, invite: str) -> Pending | None:
        """The attempt under way; None if there is none, or the call has its answer. Needs no transaction."""
        row = self._sip.get(PENDING, invite)
        if row is None or self._sip.get(ANSWERS, invite) is not None:
            return None
        n, branch, transaction, call = row.split("|")
        return Pending(int(n), int(branch), transaction, call)

    def is_gone(self, invite: str) -> bool:
        """Whether the caller has given the call up before the answer, by CANCEL or BYE."""
        return bool(self._sip.counted(GONE, invite))

    def won(self, invite: str, call: str, n: int) -> str:
        """Note that the 2xx of this message connects the call; returns the leg's To tag."""
        branch, tag = self._answer()
        self._sip.put(ANSWERS, invite, f"{branch}|{tag}|{call}|{n}")
        self._sip.forget(PENDING, invite)
        return tag

    def over(self, invite: str, call: str) -> None:
        """Note that the call has ended without an answer: from now on each 2xx is late."""
        self._sip.put(ANSWERS, invite, f"||{call}|0")
        self._sip.forget(PENDING, invite)

    def give_up(self, invite: str, call: str, n: int, *, branch: int, account: str = "") -> None:
        """Note that attempt `n`, sent as branch `branch`, ended without a final response; it may still answer.

        `account` is the provider whose credentials the leg may need, "" if it has none.
        """
        self._sip.put(GIVEN_UP, f"{invite}|{branch}", f"{call}|{n}|{account}")

    def is_repeated(self) -> bool:
        """In the reply route, of a 2xx to a call that has its answer: whether it is that again. Others are ended."""
        invite, answer = self.invite(via=_CALLERS), self._answer()
        branch, tag, call, n = (self._sip.get(ANSWERS, invite) or "|||0").split("|")
        if branch and answer == (branch, tag):
            return True
        winner = int(n) if branch == answer.branch else 0
        self._end_late(invite, answer, call, winner)
        return False

    def is_ours_without_transaction(self) -> bool:
        """The same, of a 2xx whose transaction is gone. One without our Record-Route is of no call, and not ended."""
        call = self._call_of()
        if call is None:
            return False
        invite, answer = self.invite(via=_CALLERS), self._answer()
        branch, tag, *_ = (self._sip.get(ANSWERS, invite) or "|||0").split("|")
        if (branch and answer == (branch, tag)) or self._won_before(call, answer.tag):
            return True
        self._end_late(invite, answer, call, 0)
        return False

    def end_late(self, call: str, n: int) -> None:
        """Record once that the 2xx of this message answers attempt `n`, which was given up, and end its leg."""
        self._end_late(self.invite(via=_CALLERS), self._answer(), call, n)

    def _end_late(self, invite: str, answer: Answer, call: str, n: int) -> None:
        sip = self._sip
        is_first = sip.count(LATE, f"{invite}|{answer.branch}|{answer.tag}") == 1
        given_up, given_up_n, account = (sip.get(GIVEN_UP, f"{invite}|{answer.number}") or "||").split("|")
        if is_first:
            number = n or int(given_up_n or answer.number + 1)
            self._log.late_answer(given_up or call, number, status=sip.number("$rs"), tag=answer.tag)
        for request in ending(self._dialog(), own=OWN_ROUTE):
            if is_first or request.method == ACK:
                self._own.send(OwnRequest(*request, socket=""), account=account)

    def _answer(self) -> Answer:
        return Answer(self._sip.text("$sel(via[1].branch)"), self._sip.text("$tt"))

    def _dialog(self) -> LateAnswer:
        sip = self._sip
        suffix = transport_suffix(sip.text("$pr").lower())
        return LateAnswer(
            call_id=sip.text("$ci"),
            caller=sip.header("From"),
            callee=sip.header("To"),
            cseq=sip.number("$cs"),
            contact=sip.header("Contact"),
            record_routes=sip.headers("Record-Route", most=MOST_ROUTES),
            source=f"sip:{sip.text('$siz')}:{sip.text('$sp')}{suffix}",
        )
