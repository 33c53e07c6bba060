"""The counters of edges that documents and the console explain are those that edges tell."""

from dialplane.domain.edge_counters import COUNTERS, REPLICA_DAMAGES
from dialplane.edge.limits.shedding import REPORTED_COUNTERS


def test_each_counter_that_an_edge_tells_has_a_meaning() -> None:
    assert list(COUNTERS) == [*REPORTED_COUNTERS, REPLICA_DAMAGES]
