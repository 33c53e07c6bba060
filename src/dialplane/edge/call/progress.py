"""How far one call has come: the only state of a call that changes, and every way in which it changes.

    begin(n) -> sent() -> [authenticating() -> sent()] -> [rang()] -> answered()
        |         ^------ the provider's next address          |
        ^--- the next attempt ------- failed(status) <---------+----> ended()

It is kept with the transaction after each change, in the variables of `NAMES`: Kamailio's own script reads and writes
the same ones (kamailio/call.cfg), and carries most calls on without Python. A failure route and a reply route run under
the transaction's reply lock, so no two workers change it at once (Kamailio 5.6.3, tm/t_reply.c).
"""

from dataclasses import dataclass, field
from typing import Self

from dialplane.edge.sip import Sip
from dialplane.engine.failover import NOTHING_TOLD, status_of_weight, weigh

NAMES = {
    "current": "n",
    "branch": "branch",
    "has_rung": "rang",
    "winner": "answered",
    "is_over": "over",
    "best": "final",
    "best_headers": "best_headers",
    "retries": "retries",
}
"""Fields, and the variables of the script that hold them."""

VARIABLES = {
    "call": ("Python", "id of the call"),
    "invite": ("Python", "key of the caller's INVITE: Call-ID, From tag and branch of its topmost Via"),
    "plan": ("Python", "a row for each attempt, behind a `^`"),
    "n": ("both", "the attempt under way, from 1"),
    "branch": ("both", "the branch of the transaction that it was last sent in, from 0"),
    "rang": ("both", "1 once a 18x has come to it"),
    "answered": ("both", "the attempt that answered the call, 0 as long as none has"),
    "over": ("both", "1 once the caller has a final answer that is no 2xx"),
    "final": ("both", "of the statuses that carriers sent, the one that tells the caller most, by its weight"),
    "best_headers": ("both", "the headers that came with it, for the caller"),
    "vias": ("both", "the Vias that replies have, with where the request came from (if the topology is hidden)"),
    "is_hidden": ("the script", "1 once the headers that show the caller's network are replaced, for all attempts"),
    "retries": (
        "Python",
        "`N HOP AUTHENTICATIONS`: what only Python does within attempt N; of no use to a later attempt",
    ),
    "trusted": (
        "Python",
        "1 if the caller's trunk is trusted: it gets the identities that carriers assert",
    ),
    "authorization": ("Python", "`N NAME: BODY`: the header with the credentials of attempt N"),
    "codecs": ("Python", "the last attempt whose carrier takes certain codecs only, and these, for later offers"),
    "server": ("Python", "the last attempt over TLS, and the name of its carrier's server, for later connections"),
    "raised": ("both", "the attempt whose CSeq has risen with its credentials; answers bear the caller's own"),
}
"""The state of a call: variables of the transaction (`$avp`), who writes each, and its meaning."""


@dataclass(slots=True)
class Progress:
    """Attempts are numbered from 1; 0 is none.

    `current` is under way, sent as branch `branch` (from 0) of the transaction; `winner` answered the call;
    `best` is the weight of the status that tells the caller most of those that carriers sent (`failover.weigh`),
    `best_headers` the header lines that came with it. `retries` are what only Python does within an
    attempt, "N HOP AUTHENTICATIONS": attempt N went to the carrier's address HOP (from 0), so often with credentials.
    """

    current: int = 0
    branch: int = -1
    has_rung: int = 0
    winner: int = 0
    is_over: int = 0
    best: int = NOTHING_TOLD
    best_headers: str = ""
    retries: str = ""
    _kept: dict[str, int | str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, sip: Sip) -> Self:
        """The progress of the current transaction's call."""
        kept = {name: value for name, variable in NAMES.items() if (value := sip.kept(variable)) is not None}
        return cls(**kept, _kept=kept)

    @classmethod
    def begin_in_script(cls, sip: Sip) -> None:
        """Keep with the current transaction that attempt 1 begins, which the script will send."""
        for variable, value in _BEGUN:
            sip.keep(variable, value)

    def keep(self, sip: Sip) -> None:
        """Keep what has changed with the current transaction."""
        for name, variable in NAMES.items():
            value = getattr(self, name)
            if self._kept.get(name) != value:
                sip.keep(variable, value)
                self._kept[name] = value

    @property
    def hop(self) -> int:
        """The carrier's address that the current attempt went to, -1 before it is sent."""
        return self._retries()[0]

    @property
    def authentications(self) -> int:
        """How many times the current attempt was sent with credentials."""
        return self._retries()[1]

    def is_under_way(self, n: int) -> bool:
        """Whether attempt `n` may still ring, answer or fail."""
        return n == self.current and not self.winner and not self.is_over

    def begin(self, n: int) -> None:
        """Attempt `n` begins; it is not sent yet."""
        self.current, self.has_rung = n, 0
        self._retry(hop=-1, authentications=0)

    def sent(self) -> None:
        """The attempt goes to the next address, in the next branch."""
        self.branch += 1
        self._retry(hop=self.hop + 1, authentications=self.authentications)

    def passed_over(self) -> None:
        """The attempt does not go to the next address."""
        self._retry(hop=self.hop + 1, authentications=self.authentications)

    def authenticating(self) -> None:
        """The attempt will be sent once more, to the same address with credentials."""
        self._retry(hop=self.hop - 1, authentications=self.authentications + 1)

    def rang(self) -> None:
        """A 18x has come."""
        self.has_rung = 1

    def answered(self) -> None:
        """The attempt's 2xx connects the call."""
        self.winner = self.current

    @property
    def final_status(self) -> int:
        """The caller's status if no carrier is left."""
        return status_of_weight(self.best)

    def failed(self, status: int | None) -> bool:
        """The attempt is over without an answer; `status` is None if no final response came.

        True if none before told the caller more than this status does, which tells something.
        """
        weight = NOTHING_TOLD if status is None else weigh(status)
        is_best = weight <= self.best and weight != NOTHING_TOLD
        if is_best:
            self.best = weight
        return is_best

    def ended(self) -> None:
        """The caller gets a final answer that is no 2xx."""
        self.is_over = 1

    def _retries(self) -> tuple[int, int]:
        """The script sends an attempt once, to the first address, and notes nothing of that."""
        n, _, rest = self.retries.partition(" ")
        hop, _, authentications = rest.partition(" ")
        return (int(hop), int(authentications)) if n == str(self.current) else (0, 0)

    def _retry(self, *, hop: int, authentications: int) -> None:
        self.retries = f"{self.current} {hop} {authentications}"


_BEGUN = ((NAMES["current"], 1), (NAMES["best"], NOTHING_TOLD))
"""Of a call that begins: the other variables are as good as 0 or "" to the script, and SEND sets the branch."""
