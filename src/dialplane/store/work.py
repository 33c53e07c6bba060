"""Kinds of reading work. Each has connections and threads of its own, so that none waits for another kind."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Work:
    """`readers`: connections, of which one caller has at most `each` at one time.

    `within_s`: longest time of one statement; `wait_s`: longest wait for a connection, None for as long as it takes.
    `is_scan`: no index bounds what it reads, so one that takes too long is the request's own doing.
    `prepares`: its statements are few, and come again and again.
    """

    readers: int
    each: int
    within_s: float
    wait_s: float | None
    is_scan: bool = False
    prepares: bool = False


ANSWER_WITHIN_S = 1.9
"""Longest time of a statement that an index bounds: beyond it the database is not well."""

WAIT_S = 1.8
"""Longest wait for a connection, so that the answer comes within two seconds."""

REQUESTS = Work(readers=4, each=3, within_s=ANSWER_WITHIN_S, wait_s=WAIT_S)
"""Single objects and decisions."""

CREDENTIALS = Work(readers=2, each=1, within_s=ANSWER_WITHIN_S, wait_s=WAIT_S)
"""Whose credentials these are, at every request."""

LOGINS = Work(readers=1, each=1, within_s=ANSWER_WITHIN_S, wait_s=WAIT_S)
"""Who has this name: guessers ask from many addresses, and no request waits behind them."""

READINESS = Work(readers=1, each=1, within_s=ANSWER_WITHIN_S, wait_s=WAIT_S)
"""/readyz."""

JOBS = Work(readers=1, each=1, within_s=30.0, wait_s=None)
"""Background jobs."""

LISTS = Work(readers=3, each=1, within_s=5.0, wait_s=5.0, is_scan=True, prepares=True)
"""Pages of lists: a filter that few rows meet reads many."""

STATISTICS = Work(readers=2, each=1, within_s=30.0, wait_s=15.0, is_scan=True)
"""Figures over a window of time: they read every call of it."""

FEED = Work(readers=4, each=1, within_s=30.0, wait_s=None)
"""Answers that take as long as an edge does to read them."""

EXPORTS = Work(readers=2, each=1, within_s=30.0, wait_s=15.0, is_scan=True)
"""Exports, which hold a reader for as long as they are read: no edge waits behind them."""

ALL = (REQUESTS, CREDENTIALS, LOGINS, READINESS, JOBS, LISTS, STATISTICS, FEED, EXPORTS)
