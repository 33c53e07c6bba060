"""Caps of trunks and providers: calls at once (channels), and new calls in any second (CPS).

Both hold exactly, for all workers together: the check and the taking are under one lock. The last new calls are kept as
a ring of instants, as many as the cap allows: another may begin when the oldest of them is a second old.
"""

from collections.abc import Callable

from dialplane.edge.sip import Sip

LOCKS = "caps"
"""A table whose slots serve as locks. It is empty, so that under one of them any other table may be read."""

TURNS = "turns"
TRUNK = "trunk"
PROVIDER = "provider"
"""The profiles of Kamailio's dialogs that channels are counted by."""

INHERITED = "inherited"
"""The channels of calls that Kamailio has no dialogs of (inherited_channels.py), counted by `member_key`."""


class Caps:
    """`now_s` is a monotonic clock that all workers share."""

    def __init__(self, sip: Sip, *, now_s: Callable[[], float]) -> None:
        self._sip = sip
        self._now_s = now_s

    def has_channel(self, profile: str, member: str, most: int | None) -> bool:
        """Whether a channel is free now; `most` is None if there is no cap."""
        return most is None or self._in_use(profile, member) < most

    def take_channel(self, profile: str, member: str, most: int | None) -> bool:
        """Take a channel for the current dialog, until it ends or `free_channel`; False if none is free."""
        if most is None:
            return True
        with self._sip.locked(LOCKS, member):
            if not self.has_channel(profile, member, most):
                return False
            self._sip.take_channel(profile, member)
        return True

    def free_channel(self, profile: str, member: str, most: int | None) -> None:
        """Free the current dialog's channel."""
        if most is not None:
            self._sip.free_channel(profile, member)

    def take_turn(self, member: str, per_second: int | None) -> bool:
        """Whether a new call may begin now; if so, it is counted."""
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

    def _in_use(self, profile: str, member: str) -> int:
        return self._sip.channels(profile, member) + self._sip.counted(INHERITED, member_key(profile, member))


def member_key(profile: str, member: str) -> str:
    """The key of the inherited channels of a trunk or a provider."""
    return f"{profile}:{member}"
