"""The timers of RFC 3261 (table 4). Tests make them shorter; the proportions stay."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds. T1 is the round trip estimate, T2 the longest retransmission interval, T4 a message's life."""

    t1_s: float = 0.5
    t2_s: float = 4.0
    t4_s: float = 5.0

    @property
    def give_up_s(self) -> float:
        """64 T1: timers B, F, H, J, L and M."""
        return 64 * self.t1_s

    def next_interval_s(self, interval_s: float) -> float:
        """The retransmission interval after this one (timers E and G, and the 2xx of section 13.3.1.4)."""
        return min(2 * interval_s, self.t2_s)
