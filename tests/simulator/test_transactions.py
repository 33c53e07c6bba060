"""The transaction tables, and timers on a clock that the test moves."""

from dataclasses import dataclass, field

import pytest

from dialplane_simulator.agenda import Agenda
from dialplane_simulator.timers import Timers
from dialplane_simulator.transactions import (
    CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    SERVER,
    Client,
    InviteClient,
    InviteServer,
    Server,
    State,
    Table,
)
from dialplane_simulator.wire import Peer, Request, Response, parse_message, response_to
from tests.simulator.dialling import message

UDP = Peer("udp", "127.0.0.1", 5999)
TCP = Peer("tcp", "127.0.0.1", 5999)


@dataclass
class Wire:
    """A line that remembers when what was sent."""

    agenda: Agenda = field(default_factory=Agenda)
    timers: Timers = field(default_factory=Timers)
    now: float = 0.0
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    def send(self, data: bytes, peer: Peer) -> None:
        self.sent.append((self.now, data))

    def end(self) -> None:
        self.ended.append(self.now)

    def run_to(self, until: float) -> None:
        while (due := self.agenda.next_due) is not None and due <= until:
            self.now = due
            self.agenda.run(due)
        self.now = until

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.sent]


def invite() -> Request:
    parsed = parse_message(message())
    assert isinstance(parsed, Request)
    return parsed


def bye() -> Request:
    parsed = parse_message(message("BYE sip:a SIP/2.0", cseq="2 BYE"))
    assert isinstance(parsed, Request)
    return parsed


@pytest.mark.parametrize("table", [INVITE_SERVER, SERVER, INVITE_CLIENT, CLIENT])
def test_every_state_can_end_and_none_leads_out_of_the_end(table: Table) -> None:
    states = {state for state, _ in table} | set(table.values())
    reached = {State.TERMINATED}
    for _ in states:
        reached |= {state for (state, _), following in table.items() if following in reached}
    assert states <= reached
    assert not any(state is State.TERMINATED for state, _ in table)


def server(peer: Peer = UDP) -> tuple[Wire, InviteServer]:
    wire = Wire()
    return wire, InviteServer(invite(), peer, line=wire, on_end=wire.end)


def test_a_refusal_is_repeated_at_doubling_intervals_until_the_ack() -> None:
    wire, transaction = server()
    transaction.respond(response_to(invite(), 486, to_tag="b"), 0.0)
    wire.run_to(8.0)
    assert wire.times == [0.0, 0.5, 1.5, 3.5, 7.5]
    transaction.acknowledged(8.0)
    wire.run_to(60.0)
    assert wire.times[-1] == 7.5
    assert wire.ended == [13.0]


def test_a_refusal_without_ack_is_given_up_after_64_t1() -> None:
    wire, transaction = server()
    transaction.respond(response_to(invite(), 486, to_tag="b"), 0.0)
    wire.run_to(100.0)
    assert max(wire.times) <= 32.0
    assert wire.ended == [32.0]
    assert transaction.ended


def test_nothing_is_repeated_over_tcp() -> None:
    wire, transaction = server(TCP)
    transaction.respond(response_to(invite(), 486, to_tag="b"), 0.0)
    wire.run_to(5.0)
    assert wire.times == [0.0]
    transaction.acknowledged(5.0)
    wire.run_to(5.0)
    assert wire.ended == [5.0]


def test_a_repeated_invite_gets_the_last_response_again_but_no_second_200() -> None:
    wire, transaction = server()
    transaction.retransmitted()
    assert wire.sent == []
    transaction.respond(response_to(invite(), 180, to_tag="b"), 0.0)
    transaction.retransmitted()
    assert len(wire.sent) == 2
    transaction.respond(response_to(invite(), 200, to_tag="b"), 0.0)
    transaction.retransmitted()
    assert len(wire.sent) == 3


def test_only_one_final_response_goes_out() -> None:
    wire, transaction = server()
    assert transaction.respond(response_to(invite(), 486, to_tag="b"), 0.0)
    assert not transaction.respond(response_to(invite(), 200, to_tag="b"), 0.0)
    assert not transaction.respond(response_to(invite(), 180, to_tag="b"), 0.0)
    assert len(wire.sent) == 1


def invite_client(peer: Peer = UDP) -> tuple[Wire, InviteClient, list[int], list[float]]:
    wire = Wire()
    statuses: list[int] = []
    timeouts: list[float] = []

    def heard(response: Response, now: float) -> None:
        statuses.append(response.status)

    transaction = InviteClient(
        invite(), peer, line=wire, on_end=wire.end, on_response=heard, on_timeout=timeouts.append
    )
    transaction.start(0.0)
    return wire, transaction, statuses, timeouts


def test_an_invite_without_answer_is_repeated_and_times_out() -> None:
    wire, _, statuses, timeouts = invite_client()
    wire.run_to(100.0)
    assert wire.times == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert (statuses, timeouts, wire.ended) == ([], [32.0], [32.0])


def test_an_invite_over_tcp_is_sent_once_and_times_out() -> None:
    wire, _, _, timeouts = invite_client(TCP)
    wire.run_to(100.0)
    assert (wire.times, timeouts) == ([0.0], [32.0])


def test_a_provisional_response_stops_repeating_and_the_timeout() -> None:
    wire, transaction, statuses, timeouts = invite_client()
    transaction.received(response_to(invite(), 100), 0.1)
    wire.run_to(100.0)
    assert (wire.times, statuses, timeouts) == ([0.0], [100], [])


def test_a_refusal_is_handed_up_once_and_acknowledged_every_time() -> None:
    wire, transaction, statuses, _ = invite_client()
    refused = response_to(invite(), 486, to_tag="bob")
    for _ in range(3):
        transaction.received(refused, 0.1)
    assert statuses == [486]
    acks = [parse_message(data) for _, data in wire.sent[1:]]
    assert len(acks) == 3
    ack = acks[0]
    assert isinstance(ack, Request)
    assert (ack.method, ack.uri, ack.to_tag, str(ack.cseq)) == ("ACK", invite().uri, "bob", "1 ACK")
    assert ack.via.branch == invite().via.branch


def test_every_200_is_handed_up() -> None:
    _, transaction, statuses, _ = invite_client()
    for tag in ("a", "b"):
        transaction.received(response_to(invite(), 200, to_tag=tag), 0.1)
    assert statuses == [200, 200]


def test_a_bye_is_repeated_up_to_every_t2_and_times_out() -> None:
    wire = Wire()
    timeouts: list[float] = []
    transaction = Client(
        bye(), UDP, line=wire, on_end=wire.end, on_response=lambda response, now: None, on_timeout=timeouts.append
    )
    transaction.start(0.0)
    wire.run_to(100.0)
    assert wire.times == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert timeouts == [32.0]


def test_a_bye_that_is_only_being_tried_is_repeated_every_t2() -> None:
    wire = Wire()
    timeouts: list[float] = []
    transaction = Client(
        bye(), UDP, line=wire, on_end=wire.end, on_response=lambda response, now: None, on_timeout=timeouts.append
    )
    transaction.start(0.0)
    wire.run_to(0.1)
    transaction.received(response_to(bye(), 100), 0.1)
    wire.run_to(9.0)
    assert wire.times == [0.0, 4.1, 8.1]
    wire.run_to(100.0)
    assert timeouts == [32.0]


def test_a_repeated_bye_gets_the_same_answer_until_timer_j() -> None:
    wire = Wire()
    transaction = Server(bye(), UDP, line=wire, on_end=wire.end)
    transaction.respond(response_to(bye(), 200, to_tag="b"), 0.0)
    transaction.retransmitted()
    assert wire.sent[0][1] == wire.sent[1][1]
    assert not transaction.respond(response_to(bye(), 481, to_tag="b"), 0.0)
    wire.run_to(100.0)
    assert wire.ended == [32.0]
