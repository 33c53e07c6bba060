"""A SIP user agent without sockets: takes messages and `now`, gives messages to send.

It finds the transaction a message belongs to; what a request or response means for a call is decided by the
subclasses (`uas`: a carrier, `uac`: a caller).
"""

from collections import Counter
from collections.abc import Callable

from dialplane.system.address import SocketAddress
from dialplane_simulator.agenda import Agenda
from dialplane_simulator.timers import Timers
from dialplane_simulator.transactions import Client, ClientTransaction, InviteClient, InviteServer, Server
from dialplane_simulator.wire import (
    MAGIC_COOKIE,
    Malformed,
    Peer,
    Request,
    Response,
    parse_message,
    response_to,
    return_peer,
)

MAX_TRANSACTIONS = 50_000
"""Requests kept at once: 64 T1 of 1,500 per second. Beyond it new ones are dropped, as a full carrier would."""

ServerKey = tuple[str, str, str]


class UserAgent:
    """Transactions of one endpoint, which listens at `host:port`. `seed` makes tags and branches its own."""

    def __init__(self, *, host: str, port: int, seed: str, timers: Timers | None = None) -> None:
        self.host = host
        self.port = port
        self.agenda = Agenda()
        self.timers = timers or Timers()
        self.counts: Counter[str] = Counter()
        self._seed = seed
        self._tokens = 0
        self._outgoing: list[tuple[bytes, Peer]] = []
        self._servers: dict[ServerKey, InviteServer | Server] = {}
        self._clients: dict[tuple[str, str], ClientTransaction] = {}

    def token(self) -> str:
        """A text that this user agent has not used before."""
        self._tokens += 1
        return f"{self._seed}{self._tokens:x}"

    def send(self, data: bytes, peer: Peer) -> None:
        self._outgoing.append((data, peer))

    def take_outgoing(self) -> list[tuple[bytes, Peer]]:
        """The messages to send since the last call of this method."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def receive(self, data: bytes, peer: Peer, now: float) -> None:
        """One datagram or framed message. Whatever it is, nothing is raised for it."""
        if not data.strip(b"\r\n\0 "):
            return
        try:
            message = parse_message(data)
        except Malformed:
            self.counts["malformed"] += 1
            return
        if isinstance(message, Response):
            self._receive_response(message, now)
        else:
            self._receive_request(message, peer, now)

    def unreachable(self, peer: Peer, now: float) -> None:
        """The connection to this peer could not be made or broke while something was to be sent (TCP only)."""
        for transaction in [item for item in self._clients.values() if item.peer == peer]:
            transaction.end()
            self.on_unreachable(transaction, now)

    def request(
        self,
        request: Request,
        peer: Peer,
        *,
        now: float,
        on_response: Callable[[Response, float], None],
        on_timeout: Callable[[float], None],
    ) -> ClientTransaction:
        """Send this request in a new transaction. Its top Via must be ours (`via`)."""
        key = (request.via.branch, request.method)
        kind = InviteClient if request.method == "INVITE" else Client
        transaction = kind(
            request,
            peer,
            line=self,
            on_end=lambda: self._forget_client(key),
            on_response=on_response,
            on_timeout=on_timeout,
        )
        self._clients[key] = transaction
        transaction.start(now)
        return transaction

    def via(self, transport: str) -> str:
        """A Via value of ours with a new branch. `rport` so that answers find us behind any address (RFC 3581)."""
        return f"SIP/2.0/{transport.upper()} {self.address};branch={MAGIC_COOKIE}{self.token()};rport"

    def contact(self, user: str, transport: str) -> str:
        """The URI at which requests within a dialog reach us."""
        suffix = ";transport=tcp" if transport == "tcp" else ""
        return f"<sip:{user}@{self.address}{suffix}>"

    @property
    def address(self) -> str:
        return str(SocketAddress(self.host, self.port))

    def on_invite(self, transaction: InviteServer, now: float) -> None:
        """A new INVITE, in a dialog or not."""
        transaction.respond(response_to(transaction.request, 405, to_tag=self.token()), now)

    def on_cancel(self, invite: InviteServer, cancel: Server, now: float) -> None:
        """The INVITE of this transaction is taken back."""

    def on_request(self, transaction: Server, now: float) -> None:
        """Any other new request."""
        transaction.respond(response_to(transaction.request, 405, to_tag=self.token()), now)

    def on_ack(self, ack: Request, now: float) -> None:
        """An ACK that belongs to no transaction: that of a 2xx."""

    def on_stray_response(self, response: Response, now: float) -> None:
        """A response to nothing that we still know."""

    def on_unreachable(self, transaction: ClientTransaction, now: float) -> None:
        """A request of ours could not be delivered."""

    def on_message(self, request: Request, peer: Peer, now: float) -> None:
        """Every request that came, retransmissions included, before it is acted on."""

    def _forget_client(self, key: tuple[str, str]) -> None:
        self._clients.pop(key, None)

    def _receive_response(self, response: Response, now: float) -> None:
        transaction = self._clients.get((response.via.branch, response.cseq.method))
        if transaction is None:
            self.counts["stray_responses"] += 1
            self.on_stray_response(response, now)
        else:
            transaction.received(response, now)

    def _receive_request(self, request: Request, peer: Peer, now: float) -> None:
        self.on_message(request, peer, now)
        self.counts[request.method] += 1
        invite = self._servers.get(_server_key(request, method="INVITE"))
        if request.method == "ACK":
            if isinstance(invite, InviteServer) and not request_is_for_success(invite):
                invite.acknowledged(now)
            else:
                self.on_ack(request, now)
            return
        key = _server_key(request, method=request.method)
        if known := self._servers.get(key):
            self.counts["retransmissions"] += 1
            known.retransmitted()
        elif len(self._servers) < MAX_TRANSACTIONS:
            self._begin(key, request, return_peer(request, peer), invite=invite, now=now)
        else:
            self.counts["dropped"] += 1

    def _begin(
        self, key: ServerKey, request: Request, peer: Peer, *, invite: InviteServer | Server | None, now: float
    ) -> None:
        def forget() -> None:
            self._servers.pop(key, None)

        if request.method == "INVITE":
            self._servers[key] = transaction = InviteServer(request, peer, line=self, on_end=forget)
            self.on_invite(transaction, now)
            return
        self._servers[key] = other = Server(request, peer, line=self, on_end=forget)
        if request.method != "CANCEL":
            self.on_request(other, now)
        elif isinstance(invite, InviteServer):
            self.on_cancel(invite, other, now)
        else:
            other.respond(response_to(request, 481, to_tag=self.token()), now)


def request_is_for_success(invite: InviteServer) -> bool:
    """Whether an ACK with this INVITE's branch must be that of its 2xx (RFC 2543 elements reuse the branch)."""
    return invite.state == "accepted"


def _server_key(request: Request, *, method: str) -> ServerKey:
    """Section 17.2.3: branch, sent-by and method; for branches of RFC 2543, the fields that it compares."""
    via = request.via
    sent_by = f"{via.host}:{via.port}"
    if via.branch.startswith(MAGIC_COOKIE):
        return via.branch, sent_by, method
    return f"{request.call_id} {request.from_tag} {request.cseq.sequence}", sent_by, method
