"""A carrier's side of calls, message by message on a clock that the test moves."""

from dataclasses import dataclass, field

from dialplane_simulator.behaviour import Behaviour, parse_behaviour
from dialplane_simulator.uas import UserAgentServer
from dialplane_simulator.wire import Peer, Request, Response, parse_message
from tests.simulator.dialling import NUMBER, message

CALLER = Peer("udp", "127.0.0.1", 5999)


@dataclass
class Bench:
    """One carrier, and all that it sent."""

    behaviour: Behaviour
    now: float = 0.0
    sent: list[tuple[float, Response | Request]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.carrier = UserAgentServer(host="127.0.0.1", port=5070, seed="s", behaviour_for=lambda user: self.behaviour)

    def give(self, data: bytes) -> None:
        self.carrier.receive(data, CALLER, self.now)
        self.run_to(self.now)

    def run_to(self, until: float) -> None:
        self._take(self.now)
        while (due := self.carrier.agenda.next_due) is not None and due <= until:
            self.carrier.agenda.run(due)
            self._take(due)
        self.now = until

    def _take(self, at: float) -> None:
        self.sent += [(at, parse_message(data)) for data, _ in self.carrier.take_outgoing()]

    @property
    def statuses(self) -> list[int]:
        return [item.status for _, item in self.sent if isinstance(item, Response)]

    @property
    def tag(self) -> str:
        return self.sent[-1][1].to_tag

    def times_of(self, status: int) -> list[float]:
        return [at for at, item in self.sent if isinstance(item, Response) and item.status == status]

    def in_dialog(self, method: str, *, sequence: int = 2, branch: str = "z9hG4bKtwo", tag: str = "") -> bytes:
        to = f"<sip:{NUMBER}@127.0.0.1>;tag={tag or self.tag}"
        return message(f"{method} sip:carrier@127.0.0.1 SIP/2.0", branch=branch, cseq=f"{sequence} {method}", to=to)


def bench(text: str) -> Bench:
    return Bench(parse_behaviour(text))


CANCEL = message(f"CANCEL sip:{NUMBER}@127.0.0.1:5070 SIP/2.0", cseq="1 CANCEL")


def test_a_200_is_repeated_until_the_ack_comes() -> None:
    table = bench("answer")
    table.give(message())
    table.run_to(4.0)
    assert table.times_of(200) == [0.0, 0.5, 1.5, 3.5]
    table.give(table.in_dialog("ACK", sequence=1))
    table.run_to(60.0)
    assert len(table.times_of(200)) == 4
    assert table.carrier.counts["acknowledged"] == 1


def test_a_200_that_nobody_acknowledges_ends_in_a_bye() -> None:
    table = bench("answer")
    table.give(message())
    table.run_to(40.0)
    byes = [(at, item) for at, item in table.sent if isinstance(item, Request)]
    assert byes[0][0] >= 32.0
    assert byes[0][1].method == "BYE"
    assert table.carrier.counts["unacknowledged"] == 1
    assert table.carrier.legs[0].ended_s is not None


def test_a_repeated_invite_is_one_call() -> None:
    table = bench("ring")
    for _ in range(11):
        table.give(message())
    assert len(table.carrier.legs) == 1
    assert table.carrier.counts["retransmissions"] == 10
    assert len(table.carrier.received) == 11


def test_a_cancel_is_answered_and_ends_the_invite_with_487() -> None:
    table = bench("ring")
    table.give(message())
    table.give(CANCEL)
    assert table.statuses == [100, 180, 200, 487]
    assert table.carrier.legs[0].cancelled_s == 0.0
    table.run_to(1.0)
    assert table.times_of(487) == [0.0, 0.5]
    table.give(message("ACK sip:x SIP/2.0", cseq="1 ACK", to=f"<sip:x>;tag={table.tag}"))
    table.run_to(40.0)
    assert table.times_of(487) == [0.0, 0.5]


def test_a_cancel_after_the_answer_changes_nothing() -> None:
    table = bench("answer")
    table.give(message())
    table.give(CANCEL)
    assert [item.cseq.method for _, item in table.sent[-1:]] == ["CANCEL"]
    assert table.carrier.legs[0].ended_s is None


def test_a_cancel_of_nothing_gets_481() -> None:
    table = bench("ring")
    table.give(CANCEL)
    assert table.statuses == [481]


def test_a_late_carrier_accepts_the_cancel_and_answers_the_call() -> None:
    table = bench("late after=0.2")
    table.give(message())
    table.give(CANCEL)
    assert table.statuses == [100, 200]
    table.run_to(0.3)
    assert table.times_of(200) == [0.0, 0.2]
    assert table.carrier.counts["late_answers"] == 1


def test_a_carrier_that_overslept_answers_whatever_was_cancelled() -> None:
    table = bench("overslept after=4")
    table.give(message())
    table.give(CANCEL)
    table.run_to(4.0)
    assert table.times_of(200) == [4.0]
    assert table.statuses == [200]


def test_a_bye_ends_the_call_and_again_gets_the_same_answer() -> None:
    table = bench("answer")
    table.give(message())
    table.give(table.in_dialog("ACK", sequence=1))
    bye = table.in_dialog("BYE")
    table.give(bye)
    table.give(bye)
    assert table.statuses == [100, 200, 200, 200]
    assert table.carrier.legs[0].hangup_by == "caller"
    table.give(table.in_dialog("BYE", sequence=3, branch="z9hG4bKthree"))
    assert table.statuses[-1] == 481


def test_a_bye_before_the_answer_ends_the_invite_with_487() -> None:
    table = bench("ring")
    table.give(message())
    table.give(table.in_dialog("BYE"))
    assert table.statuses == [100, 180, 200, 487]


def test_requests_within_the_call_are_answered() -> None:
    table = bench("answer")
    table.give(message())
    tag = table.tag
    table.give(table.in_dialog("ACK", sequence=1))
    for number, method in enumerate(("INFO", "UPDATE", "OPTIONS", "REFER", "IN"), start=2):
        table.give(table.in_dialog(method, sequence=number, branch=f"z9hG4bK{method}", tag=tag))
    assert table.statuses[2:] == [200, 200, 200, 405, 405]


def test_a_reinvite_is_answered_and_repeated_until_its_own_ack() -> None:
    table = bench("answer")
    table.give(message())
    tag = table.tag
    table.give(table.in_dialog("ACK", sequence=1))
    table.give(table.in_dialog("INVITE", sequence=2, branch="z9hG4bKre", tag=tag))
    table.run_to(0.6)
    assert table.statuses == [100, 200, 200, 200]
    table.give(table.in_dialog("ACK", sequence=2, branch="z9hG4bKack", tag=tag))
    table.run_to(20.0)
    assert len(table.statuses) == 4
    table.give(table.in_dialog("INVITE", sequence=3, branch="z9hG4bKnone", tag="unknown"))
    assert table.statuses[-1] == 481


def test_what_is_required_and_not_known_gets_420() -> None:
    table = bench("answer")
    table.give(message(extra=("Require: 100rel, resource-priority",)))
    assert table.statuses == [420]
    assert table.sent[-1][1].first("Unsupported") == "resource-priority"


def test_a_probe_is_answered_unless_the_carrier_is_dead() -> None:
    for text, statuses in (("silent", [200]), ("refuse", [200]), ("dead", [])):
        table = bench(text)
        table.give(message("OPTIONS sip:127.0.0.1 SIP/2.0", cseq="1 OPTIONS"))
        assert table.statuses == statuses


def test_branches_of_a_fork_have_their_own_tags() -> None:
    table = bench("fork ring=0.1")
    table.give(message())
    table.run_to(0.1)
    tags = [item.to_tag for _, item in table.sent]
    assert tags[0] == ""
    assert tags[1] != tags[2] == tags[3]


def test_a_carrier_hangs_up_along_the_recorded_route() -> None:
    table = bench("answer talk=2")
    table.give(message(extra=("Record-Route: <sip:127.0.0.1:7000;lr>, <sip:127.0.0.1:7001;lr>",)))
    table.give(table.in_dialog("ACK", sequence=1))
    table.carrier.take_outgoing()
    table.carrier.agenda.run(2.0)
    ((data, peer),) = table.carrier.take_outgoing()
    bye = parse_message(data)
    assert isinstance(bye, Request)
    assert (bye.method, bye.uri, peer.port) == ("BYE", "sip:alice@127.0.0.1:5999", 7000)
    assert bye.values("Route") == ["<sip:127.0.0.1:7000;lr>", "<sip:127.0.0.1:7001;lr>"]
    assert (bye.from_tag, bye.to_tag) == (table.tag, "alice")


def test_an_ack_with_the_branch_of_the_invite_stops_the_200_too() -> None:
    table = bench("answer")
    table.give(message())
    table.give(table.in_dialog("ACK", sequence=1, branch="z9hG4bKone"))
    table.run_to(40.0)
    assert len(table.times_of(200)) == 1


def test_an_old_branch_without_the_cookie_still_makes_a_transaction() -> None:
    table = bench("refuse status=404")
    table.give(message(branch="1"))
    table.give(message(branch="1"))
    assert table.statuses == [100, 404, 404]
    table.give(message(branch="1", cseq="2 INVITE"))
    assert table.statuses[3:] == [100, 404]


def test_nothing_is_left_after_a_call() -> None:
    table = bench("answer")
    table.give(message())
    table.give(table.in_dialog("ACK", sequence=1))
    table.give(table.in_dialog("BYE"))
    table.run_to(100.0)
    assert table.carrier.agenda.next_due is None
    assert not table.carrier._servers
    assert not table.carrier._live
    assert not table.carrier._by_invite
