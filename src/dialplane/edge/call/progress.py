"""How far one call has come: the only state of a call that changes, and every way in which it changes.

    begin(n) -> sent() -> [authenticating() -> sent()] -> [rang()] -> answered()
        |         ^------ the provider's next address          |
        ^--- the next attempt ------- failed(status) <---------+----> ended()

It is kept as text with the transaction after each change. A failure route and a reply route run under the
transaction's reply lock, so no two workers change it at once (Kamailio 5.6.3, tm/t_reply.c).
"""

from typing import Self

import msgspec

_encode = msgspec.json.Encoder().encode


class Progress(msgspec.Struct, array_like=True):
    """Attempts are numbered from 1; 0 is none.

    `current` is under way, sent as branch `branch` (from 0) of the transaction, to the carrier's address `hop` (from
    0); `winner` answered the call; `statuses` are the final ones that carriers sent.
    """

    current: int = 0
    branch: int = -1
    hop: int = -1
    has_rung: bool = False
    has_authenticated: bool = False
    winner: int = 0
    is_over: bool = False
    statuses: list[int] = []

    def is_under_way(self, n: int) -> bool:
        """Whether attempt `n` may still ring, answer or fail."""
        return n == self.current and not self.winner and not self.is_over

    def begin(self, n: int) -> None:
        """Attempt `n` begins; it is not sent yet."""
        self.current, self.hop, self.has_rung, self.has_authenticated = n, -1, False, False

    def sent(self) -> None:
        """The attempt goes to the next address, in the next branch."""
        self.hop += 1
        self.branch += 1

    def authenticating(self) -> None:
        """The attempt will be sent once more, to the same address with credentials."""
        self.has_authenticated = True
        self.hop -= 1

    def rang(self) -> None:
        """A 18x has come."""
        self.has_rung = True

    def answered(self) -> None:
        """The attempt's 2xx connects the call."""
        self.winner = self.current

    def failed(self, status: int | None) -> None:
        """The attempt is over without an answer; `status` is None if no final response came."""
        if status is not None:
            self.statuses.append(status)

    def ended(self) -> None:
        """The caller gets a final answer that is no 2xx."""
        self.is_over = True

    def to_text(self) -> str:
        """The text that `from_text` reads."""
        return _encode(self).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Raises msgspec.DecodeError if `to_text` did not write this."""
        return msgspec.json.decode(text, type=cls)
