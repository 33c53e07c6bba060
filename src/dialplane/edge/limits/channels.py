"""What a trunk or a provider may carry: so many calls at once, and so many new ones in any second.

Both hold exactly, for all workers together: who looks and then takes does so under a lock. The calls of the last second
are kept as a ring of moments, as many as the cap allows: a new call may begin when the oldest of them is a second old.
"""

from collections.abc import Callable

from dialplane.edge.sip import Sip

LOCKS = "caps"
"""Its slots are the locks; it holds nothing, so that whoever has one of them may look into any other table."""

TURNS = "turns"
TRUNK = "trunk"
PROVIDER = "provider"
"""The profiles of Kamailio's dialogs that channels are counted by."""

INHERITED = "inherited"
"""How many channels are held by calls that Kamailio has no dialogs of (inherited.py), by `member_key`."""


class Caps:
    """`now_s` is a clock that all workers share and nobody sets."""

    def __init__(self, sip: Sip, *, now_s: Callable[[], float]) -> None:
        self._sip = sip
        self._now_s = now_s

    def has_channel(self, profile: str, member: str, most: int | None) -> bool:
        """Whether a channel is free now. `most`: None for no cap."""
        return most is None or self._held(profile, member) < most

    def take_channel(self, profile: str, member: str, most: int | None) -> bool:
        """Take a channel for the current dialog, until it ends or `free_channel`; False where none is free."""
        if most is None:
            return True
        with self._sip.locked(LOCKS, member):
            if not self.has_channel(profile, member, most):
                return False
            self._sip.take_channel(profile, member)
        return True

    def free_channel(self, profile: str, member: str, most: int | None) -> None:
        """Give the channel back."""
        if most is not None:
            self._sip.free_channel(profile, member)

    def take_turn(self, member: str, per_second: int | None) -> bool:
        """Whether a new call may begin now; it counts from here on if it may."""
        if per_second is None:
            return True
        now_s = self._now_s()
        with self._sip.locked(LOCKS, member):
            place = int(self._sip.get(TURNS, member) or 0) % per_second
            oldest = self._sip.get(TURNS, f"{member}:{place}")
            if oldest is not None and now_s - float(oldest) < 1.0:
                return False
            self._sip.put(TURNS, f"{member}:{place}", f"{now_s:.6f}")
            self._sip.put(TURNS, member, str(place + 1))
        return True

    def _held(self, profile: str, member: str) -> int:
        return self._sip.channels(profile, member) + self._sip.counted(INHERITED, member_key(profile, member))


def member_key(profile: str, member: str) -> str:
    """What the inherited channels of a trunk or a provider are counted under."""
    return f"{profile}:{member}"
