"""Whether a side of an answered call is still in it: the rule by which the edge gives a call up as lost (decision 6).

Anything that comes from a side within the dialog proves that it lives (RFC 4028, section 10). A side that said nothing
since the last look is asked by OPTIONS. Silence speaks against it only if it has answered such a question before: many
carriers drop OPTIONS, and their calls are whole. 481 speaks against it always, every other answer for it.
"""

from dataclasses import dataclass
from enum import StrEnum

NO_SUCH_CALL = 481
_NOBODY_ANSWERED = 408
"""Said by a proxy on the way: as good as no answer."""


class Look(StrEnum):
    """Result of a look at a side: it lives, it is to be asked, or it has lost the call."""

    LIVES = "lives"
    ASK = "ask"
    LOST = "lost"


@dataclass(slots=True)
class Side:
    """One side of a call: whether it was asked at the last look, and how many looks in a row have spoken against it."""

    is_asked: bool = False
    silences: int = 0

    def look(self, *, answer: int | None, has_spoken: bool, answers_options: bool, most_silences: int) -> Look:
        """Judge the side, and note what follows.

        `answer` is the status that came to the last OPTIONS, None if none did; `has_spoken`: something else came from
        the side since the last look; `answers_options`: it, or its address in another call, has answered OPTIONS
        before.
        """
        has_answered = answer is not None and answer not in (NO_SUCH_CALL, _NOBODY_ANSWERED)
        if has_spoken or has_answered:
            self.silences = 0
        elif answer == NO_SUCH_CALL or (self.is_asked and answers_options):
            self.silences += 1
        if self.silences >= most_silences:
            return Look.LOST
        self.is_asked = not has_spoken
        return Look.ASK if self.is_asked else Look.LIVES
