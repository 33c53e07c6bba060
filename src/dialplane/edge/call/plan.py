"""The plan of one call: its attempts, ready to send.

Any worker may process the next message of a call, and Kamailio's own script processes most of them (kamailio/call.cfg),
so the plan is kept as text with the transaction: a row for each attempt behind a `^`, its columns between `|`. Neither
stands in what a column may hold. A provider's part of a row is the same for all calls, and is built once, until the
provider changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum, IntFlag
from functools import cached_property, lru_cache
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from dialplane.domain.hostname import split_hostname
from dialplane.domain.provider import Provider
from dialplane.edge.limits.breakers import breaker_key
from dialplane.engine.destinations import Destinations
from dialplane.engine.dialroute import TRIED, Choice, Dialroute, outcome_of
from dialplane.engine.egress import around_number, egress_headers, egress_uri, is_plain, transport_suffix
from dialplane.engine.identity import AS_RECEIVED, Caller, has_identity_rules, identity_of, is_refused
from dialplane.engine.number import NOT_LOOKED_UP, Ported
from dialplane.engine.reasons import Reason
from dialplane.eventlog.kinds import MAX_REASON, ConsideredRoute
from dialplane.eventlog.writer import printable

MOST_ADDRESSES = 4
"""Of one provider, in one attempt: each that cannot be reached takes a branch of the transaction."""
_DIGEST_BRANCHES = 2  # the INVITE that a carrier challenges, and the one with credentials
_MOST_BRANCHES = 30  # tm starts with no more (5.6.3, tm.c: its bitmap)


class Column(IntEnum):
    """The columns of a row. What the script alone needs stands first, what Python alone needs last."""

    FLAGS = 0
    PROGRESS_MS = 1
    NO_RESPONSE_MS = 2
    RING_MS = 3
    OVERRIDES = 4
    NEXT_HOP = 5
    URI = 6
    BREAKER = 7
    EVENT = 8
    CARRIER = 9
    FORM = 10


COLUMNS: Mapping[Column, str] = {
    Column.FLAGS: "sum of the turns that are Python's",
    Column.PROGRESS_MS: "how long the carrier may do no more than 100, ms",
    Column.NO_RESPONSE_MS: "how long it may be silent, ms",
    Column.RING_MS: "how long it may ring, ms",
    Column.OVERRIDES: "the provider's own failover, `STATUS=next;STATUS=stop`",
    Column.NEXT_HOP: "SIP URI of the address that the INVITE goes to",
    Column.URI: "request URI",
    Column.BREAKER: "key of the carrier's breaker",
    Column.EVENT: "fields of the `attempt_sent` event, as JSON without its braces",
    Column.CARRIER: "all that Python needs of the carrier, as JSON",
    Column.FORM: "what is of this attempt alone, as JSON; empty if nothing is",
}


class Turn(IntFlag):
    """When an attempt is Python's turn, not the script's."""

    BEFORE_SENDING = 1
    AFTER_FAILURE = 2
    AFTER_CHALLENGE = 4
    AFTER_SILENCE = 8


TURNS: Mapping[Turn, str] = {
    Turn.BEFORE_SENDING: "before it is sent: headers, codecs, identity, a TLS name, a cap, an obstacle",
    Turn.AFTER_FAILURE: "after any failure: a channel must be given back",
    Turn.AFTER_CHALLENGE: "after 401 and 407: the provider has credentials",
    Turn.AFTER_SILENCE: "after no response: the provider has another address",
}


def branches_for(max_attempts: int) -> int:
    """How many branches a transaction has for so many attempts: all may be challenged, and some addresses be dead.

    Each costs every transaction 640 bytes of shared memory and 0.4 µs, whether it is used or not.
    """
    return min(_DIGEST_BRANCHES * max_attempts + MOST_ADDRESSES, _MOST_BRANCHES)


class Carrier(msgspec.Struct, array_like=True, frozen=True, dict=True):
    """How each call reaches one provider, and the rules for its failover. Timeouts in seconds.

    `around_number` are the parts of the request URI before and after the number. `next_hops` are SIP URIs with
    addresses, best first: the next is used if one cannot be reached. `obstacle` is a reason not to try, known before
    the call began. `has_rules`: the provider has some for the number or the caller; `tells_identity`: for the caller.
    `server_name` is what a TLS connection asks for (RFC 6066, section 3), "" without TLS and for an address.
    """

    provider_id: str
    around_number: tuple[str, str]
    next_hops: Sequence[str]
    obstacle: Reason | None
    headers: Sequence[tuple[str, str]]
    codecs: str
    no_response_s: int
    progress_s: int
    ring_s: int
    overrides: Mapping[int, str]
    max_channels: int | None
    max_cps: int | None
    has_credentials: bool
    has_rules: bool = False
    tells_identity: bool = False
    server_name: str = ""

    @cached_property
    def turns(self) -> Turn:
        """When an attempt with this carrier is Python's turn."""
        is_capped = self.max_channels is not None
        is_limited = is_capped or self.max_cps is not None
        is_special = bool(self.obstacle or self.headers or self.codecs or self.server_name or is_limited)
        return (
            (Turn.BEFORE_SENDING if is_special else Turn(0))
            | (Turn.AFTER_FAILURE if is_capped else Turn(0))
            | (Turn.AFTER_CHALLENGE if self.has_credentials else Turn(0))
            | (Turn.AFTER_SILENCE if len(self.next_hops) > 1 else Turn(0))
        )

    @cached_property
    def breaker(self) -> str:
        """The key of its breaker."""
        return breaker_key(self.provider_id, self.around_number[1])

    def row(self, route_id: str, uri: str, why: tuple[str, ...]) -> str:
        """The row of an attempt: this URI by this route, for these reasons."""
        before, between, behind = self._columns
        return f'{before}{uri}{between}"route_id":"{route_id}","uri":"{uri}","why":{_list(why)}{behind}'

    @cached_property
    def _columns(self) -> tuple[str, str, str]:
        """Its part of a row: before the URI, between the URI and what is the route's, and behind that."""
        timers = "|".join(str(1000 * seconds) for seconds in (self.progress_s, self.no_response_s, self.ring_s))
        overrides = ";".join(f"{status}={action}" for status, action in self.overrides.items())
        next_hop = self.next_hops[0] if self.next_hops else ""
        return (
            f"^{self.turns.value}|{timers}|{overrides}|{next_hop}|",
            f'|{self.breaker}|"provider_id":"{self.provider_id}",',
            f"|{_in_column(_encode(self))}|",
        )


class Form(msgspec.Struct, array_like=True, frozen=True):
    """Properties of one attempt alone: headers that it leaves out and adds, or why the carrier cannot be tried."""

    removed: Sequence[str] = ()
    added: Sequence[tuple[str, str]] = ()
    obstacle: Reason | None = None

    @property
    def lines(self) -> Sequence[str]:
        """The added headers, as the record shows them."""
        return tuple(printable(f"{name}: {value}", longest=MAX_REASON) for name, value in self.added)


USUAL = Form()


class PlannedAttempt(msgspec.Struct, array_like=True, frozen=True):
    """One attempt: the request URI, the carrier, by which route and why, and what is of this attempt alone."""

    route_id: str
    uri: str
    why: Sequence[str]
    carrier: Carrier
    form: Form = USUAL

    @property
    def turns(self) -> Turn:
        """When this attempt is Python's turn."""
        return self.carrier.turns if self.form is USUAL else self.carrier.turns | Turn.BEFORE_SENDING

    @property
    def obstacle(self) -> Reason | None:
        """Why it cannot be made, known before the call began or by its number or caller."""
        return self.carrier.obstacle or self.form.obstacle

    @property
    def changes_headers(self) -> bool:
        """Whether its INVITE has other headers or codecs than the caller's."""
        return bool(self.carrier.headers or self.carrier.codecs or self.form.removed or self.form.added)


class FirstRow(NamedTuple):
    """Of the first row what decides who sends the attempt, and its event. `flags` is a sum of turns."""

    flags: int
    breaker: str
    event: str


class Plan(NamedTuple):
    """The attempts of the call with this id, in order. `invite` is the key of the caller's INVITE (`answers.py`).

    `tells_identity`, known until it begins: the attempts say by themselves who calls.
    """

    call: str
    invite: str
    rows: str
    tells_identity: bool = False

    @property
    def attempts(self) -> Sequence[PlannedAttempt]:
        """The attempts, read from the rows."""
        return attempts_in(self.rows)

    def attempt(self, n: int) -> PlannedAttempt:
        """The attempt of this number, from 1."""
        return self.attempts[n - 1]

    @property
    def first(self) -> FirstRow | None:
        """Of the first attempt what is needed if the script carries it, None if there is no attempt."""
        if not self.rows:
            return None
        columns = self.rows.split("^", 2)[1].split("|")
        return FirstRow(int(columns[Column.FLAGS]), columns[Column.BREAKER], columns[Column.EVENT])

    def moved_to_end(self, n: int, reason: Reason) -> "Plan":
        """The plan with attempt `n` behind all others, for one reason more."""
        *others, moved = *self.attempts[: n - 1], *self.attempts[n:], self.attempt(n)
        last = PlannedAttempt(moved.route_id, moved.uri, (*moved.why, reason), moved.carrier, moved.form)
        return self._replace(rows=rows_of((*others, last)))


class _Sent(msgspec.Struct):
    provider_id: str
    route_id: str
    uri: str
    why: tuple[str, ...]


_encode = msgspec.json.Encoder().encode
_decode_carrier = msgspec.json.Decoder(Carrier).decode
_decode_sent = msgspec.json.Decoder(_Sent).decode
_decode_form = msgspec.json.Decoder(Form).decode


@lru_cache(maxsize=256)
def attempts_in(text: str) -> Sequence[PlannedAttempt]:
    """The attempts in a plan's rows. Raises ValueError."""
    return tuple(map(_attempt, text.split("^")[1:]))


def _attempt(row: str) -> PlannedAttempt:
    *_, event, carrier, form = row.split("|")
    sent = _decode_sent(f"{{{event}}}")
    own = _decode_form(form) if form else USUAL
    return PlannedAttempt(sent.route_id, sent.uri, sent.why, _decode_carrier(carrier), own)


def rows_of(attempts: Iterable[PlannedAttempt]) -> str:
    """The rows that `attempts_in` reads."""
    return "".join(map(_row, attempts))


def _row(attempt: PlannedAttempt) -> str:
    row = attempt.carrier.row(attempt.route_id, attempt.uri, tuple(attempt.why))
    if attempt.form is USUAL:
        return row
    return f"^{attempt.turns.value}|{row.partition('|')[2]}{_in_column(_encode(attempt.form))}"


def _in_column(json: bytes) -> str:
    """JSON without the signs that divide columns and rows."""
    return json.decode().replace("|", "\\u007c").replace("^", "\\u005e")


@lru_cache(maxsize=1024)
def _list(words: tuple[str, ...]) -> str:
    return _encode(words).decode()


class Table(Protocol):
    """Source of the carriers of a process: a View of the replica."""

    @property
    def state(self) -> object:
        """The same object as long as nothing has changed."""

    def addresses(self, provider_id: str) -> Sequence[str]:
        """The provider's `address:port`s, best first."""


class Carriers:
    """The carriers of this process, each built at its first use and again after its provider or addresses changed."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._state: object = None
        self._of_state: dict[str, Carrier] = {}
        self._built: dict[str, tuple[Provider, Sequence[str], Carrier]] = {}

    def of(self, provider: Provider, table: Table) -> Carrier:
        """The carrier of a provider in this state of the table."""
        if table.state is not self._state:
            self._state, self._of_state = table.state, {}
        carrier = self._of_state.get(provider.id)
        if carrier is None:
            carrier = self._of_state[provider.id] = self._carrier(provider, table.addresses(provider.id))
        return carrier

    def _carrier(self, provider: Provider, addresses: Sequence[str]) -> Carrier:
        built = self._built.get(provider.id)
        if built is not None and built[0] is provider and built[1] == addresses:
            return built[2]
        carrier = _carrier(provider, addresses, self._destinations)
        self._built[provider.id] = (provider, addresses, carrier)
        return carrier


def _carrier(provider: Provider, addresses: Sequence[str], destinations: Destinations) -> Carrier:
    obstacles = [destinations.refusal(split_hostname(address)) for address in addresses]
    allowed = [address for address, obstacle in zip(addresses, obstacles, strict=True) if obstacle is None]
    usable = allowed[:MOST_ADDRESSES]
    suffix = transport_suffix(provider.transport)
    return Carrier(
        provider_id=provider.id,
        around_number=around_number(provider),
        next_hops=[f"sip:{address}{suffix}" for address in usable],
        obstacle=None if usable else next(filter(None, obstacles), Reason.UNRESOLVED),
        headers=egress_headers(provider),
        codecs=provider.codecs,
        no_response_s=provider.no_response_timeout_s,
        progress_s=provider.progress_timeout_s,
        ring_s=provider.ring_timeout_s,
        overrides=dict(provider.failover),
        max_channels=provider.max_channels,
        max_cps=provider.max_cps,
        has_credentials=bool(provider.username),
        has_rules=not is_plain(provider) or has_identity_rules(provider),
        tells_identity=has_identity_rules(provider),
        server_name=_server_name(provider),
    )


def _server_name(provider: Provider) -> str:
    place = split_hostname(provider.hostname)
    return place.host if provider.transport == "tls" and place.address is None else ""


class Decided(NamedTuple):
    """A decision as it is carried out and recorded: the rows of its plan, and every candidate's place.

    `tells_identity`: the attempts say by themselves who calls.
    """

    rows: str
    considered: Sequence[ConsideredRoute]
    tells_identity: bool


def _considered(choice: Choice, outcome: str, position: int | None = None) -> ConsideredRoute:
    (route_id, provider_id, priority, *_), target, _, why = choice
    return ConsideredRoute(
        route_id=route_id,
        provider_id=provider_id,
        target=target,
        priority=priority,
        outcome=outcome,
        position=position,
        reasons=why,
    )


def decided(
    dialroute: Dialroute,
    number: str,
    *,
    carriers: Carriers,
    table: Table,
    ported: Ported = NOT_LOOKED_UP,
    caller: Callable[[], Caller] = Caller,
) -> Decided:
    """A decision that was made on this table, for a call to this number; straight from its choices.

    `caller` returns who calls, for providers with rules.
    """
    rows, considered, has_rules = [], [], False
    for position, choice in enumerate(dialroute.tried, 1):
        (route_id, *_), _, provider, why = choice
        carrier = carriers.of(_live(provider), table)
        before, after = carrier.around_number
        has_rules = has_rules or carrier.has_rules
        rows.append(carrier.row(route_id, f"{before}{number}{after}", why))
        considered.append(_considered(choice, TRIED, position))
    considered += [_considered(choice, outcome_of(choice[-1])) for choice in dialroute.others]
    if not has_rules:
        return Decided("".join(rows), considered, False)
    planned = [_formed(choice, carriers, table, number, ported) for choice in dialroute.tried]
    tells_identity = any(attempt.carrier.tells_identity for attempt, _ in planned)
    attempts = _identified(planned, caller) if tells_identity else [attempt for attempt, _ in planned]
    return Decided(rows_of(attempts), considered, tells_identity)


def _live(provider: Provider | None) -> Provider:
    if provider is None:
        raise ValueError("a place that is tried has a provider")
    return provider


def _formed(
    choice: Choice, carriers: Carriers, table: Table, number: str, ported: Ported
) -> tuple[PlannedAttempt, Provider]:
    """The attempt with the number as its provider wants it, and the provider."""
    candidate, _, provider, why = choice
    carrier, provider = carriers.of(_live(provider), table), _live(provider)
    uri = egress_uri(provider, number, ported)
    if uri is not None:
        return PlannedAttempt(candidate.route_id, uri, why, carrier), provider
    plain = number.join(carrier.around_number)
    return PlannedAttempt(candidate.route_id, plain, why, carrier, Form(obstacle=Reason.NUMBER_UNFORMATTABLE)), provider


def _identified(
    planned: Iterable[tuple[PlannedAttempt, Provider]], caller: Callable[[], Caller]
) -> Sequence[PlannedAttempt]:
    """The attempts, each saying who calls in its provider's form.

    If one of them says who calls, all do: headers of the call itself could not be taken off one attempt.
    """
    who = caller()
    return [_with_identity(attempt, provider, who) for attempt, provider in planned]


def _with_identity(attempt: PlannedAttempt, provider: Provider, caller: Caller) -> PlannedAttempt:
    if is_refused(provider, caller):
        return replace(attempt, form=Form(obstacle=Reason.ANONYMOUS_REFUSED))
    identity = identity_of(provider, caller)
    if identity == AS_RECEIVED or attempt.form.obstacle:
        return attempt
    return replace(attempt, form=Form(identity.removed, identity.added))
