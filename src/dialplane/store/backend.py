"""Interface to all that differs between databases; `backend_sqlite.py` and `backend_postgresql.py` implement it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Table, TextClause
from sqlalchemy.engine import URL
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dialplane.domain.errors import Unavailable

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    MergingInsert = sqlite.Insert | postgresql.Insert

T = TypeVar("T")
Rows = Iterable[Sequence[Any]]
Where = Sequence[ColumnElement[bool] | TextClause]
"""Conditions that rows meet."""

POOL_TIMEOUT_S = 1.8
"""How long a connection of an engine is waited for."""


class AlreadyStored(Exception):
    """A row with this key is in the table."""


class Size(NamedTuple):
    """Bytes of a database on its disk, and those of them that nothing uses (None: only the server knows)."""

    bytes: int
    free: int | None


class Backend(ABC):
    """One kind of database at one URL.

    `rows_outlast_us`: how much longer rows are kept that a partition would hold, so that they go with it.
    `short_on_loop`: what an index bounds is carried out on the event loop's own thread.
    """

    rows_outlast_us = 0
    short_on_loop = False

    def __init__(self, url: URL) -> None:
        self.url = url

    @abstractmethod
    def writer_engine(self) -> Engine:
        """An engine with one connection whose transactions may write from their first statement on."""

    @abstractmethod
    def reader_engine(self, connections: int, *, prepares: bool = False) -> Engine:
        """An engine whose transactions only read, each in one snapshot.

        `prepares`: each statement is prepared when it first comes.
        """

    @abstractmethod
    async def run(
        self,
        threads: ThreadPoolExecutor,
        work: Callable[[], T],
        *,
        within_s: float,
        when_abandoned: Callable[[], None],
        interrupt: Callable[[], None] | None = None,
    ) -> T:
        """The result of `work`, called in one of the threads.

        A cancellation is raised only once the work has ended. After it, or after `within_s` seconds, `interrupt` is
        called, for work that may be. Raises Abandoned after `within_s` seconds if the database is across a network;
        `when_abandoned` is then called in the thread after the work.
        """

    @abstractmethod
    def interrupt(self, connection: Connection) -> None:
        """Ends the statement that another thread carries out on this connection, if there is one, without waiting."""

    @abstractmethod
    def begin_reading(self, connection: Connection) -> None:
        """Begins a transaction of one snapshot."""

    @abstractmethod
    def begin_writing(self, connection: Connection, *, lock_within_s: float) -> None:
        """Begins a transaction that waits so long for the writers of other processes."""

    @abstractmethod
    def begin_migrating(self, connection: Connection, *, is_bounded: bool = False) -> None:
        """Begins a transaction that changes the schema while no other process does.

        Its statements may take as long as a large database needs, unless `is_bounded`.
        """

    @abstractmethod
    def begin_staging(self, connection: Connection) -> None:
        """Begins a transaction that fills temporary tables, without holding the writer's lock."""

    @abstractmethod
    def end(self, connection: Connection) -> bool:
        """Ends the connection's transaction, rolling back what was not committed; whether it stays open for the next.

        To check a connection of SQLAlchemy's out and in again costs as much as a short statement.
        """

    @abstractmethod
    def insert_many(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """Inserts rows in the driver's fastest way, inside the transaction that has begun.

        Raises AlreadyStored if one is there, after which nothing more can be done in the transaction.
        """

    @abstractmethod
    def rows_among(
        self, connection: Connection, table: Table, columns: Sequence[str], *, column: str, values: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        """The rows whose text in `column` is one of `values`, in the driver's fastest way."""

    @abstractmethod
    def update_many(
        self, connection: Connection, table: Table, *, identity: Sequence[str], columns: Sequence[str], rows: Rows
    ) -> int:
        """Sets columns of the rows in which all those of `identity` are the same; how many rows there are.

        Each of `rows` has the values of `identity`, and then those of `columns`.
        """

    @abstractmethod
    def merging_insert(self, table: Table) -> "MergingInsert":
        """An insert into the table that can update the rows that are there already (`on_conflict_do_update`)."""

    @abstractmethod
    def begins(self, column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
        """Whether a text begins so, in whatever case (on SQLite of ASCII letters), by an index of `lower(text)`."""

    @abstractmethod
    def estimate(self, connection: Connection, table: Table, where: Where, *, plain: Where) -> int:
        """About how many of a large table's rows meet the conditions, without reading them all.

        `plain`: the same conditions in a form that no index has.
        """

    @abstractmethod
    def after_bulk_insert(self, connection: Connection) -> None:
        """Work that is due after many rows were committed, on a connection that has read nothing in its transaction."""

    @abstractmethod
    def make_partitions(self, connection: Connection, *, now: int) -> None:
        """Makes what calls of the coming days need to be stored apart, inside the transaction that has begun."""

    @abstractmethod
    def drop_oldest_partition(self, connection: Connection, *, calls_before: int, attempts_before: int) -> bool:
        """Drops one that holds nothing younger, inside the transaction that has begun; whether there was one."""

    @abstractmethod
    def give_space_back(self, connection: Connection, *, bytes: int) -> int:
        """Gives so many of the bytes that nothing uses back to the disk, in a transaction; how many it was."""

    @abstractmethod
    def size(self, connection: Connection) -> Size:
        """How large the database is now."""

    @abstractmethod
    def code_of(self, error: BaseException) -> str | None:
        """Code of Unavailable for an error of the driver: busy, storage_full, unreachable; None for any other."""

    def unavailable(self, error: BaseException) -> Unavailable | None:
        """The error as one that may be gone a moment later; None if it is of another kind."""
        if isinstance(error, PoolTimeout):
            return Unavailable("busy")
        original = getattr(error, "orig", None)
        code = self.code_of(original if original is not None else error)
        return None if code is None else Unavailable(code)
