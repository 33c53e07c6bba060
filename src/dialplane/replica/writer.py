"""Writes the replica from the feed. One process writes: the edge agent.

A batch of the feed is one LMDB transaction, so a call sees all of a revision or nothing of it. A full load is built
in a generation of its own and switched in by renaming one symbolic link.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import lmdb

from dialplane.domain.health import Health
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.domain.records import from_record
from dialplane.domain.trunk import BASIC, DEFAULT_REALM
from dialplane.replica import layout
from dialplane.replica.check import Place, look_on
from dialplane.replica.layout import (
    COUNTS,
    ENTRY,
    ID_BYTES,
    Generation,
    ReplicaDamaged,
    ReplicaUnavailable,
    id_bytes,
    id_text,
    seal,
    unseal,
)
from dialplane.system.files import sync

Record = Mapping[str, Any]


class ReplicaWriter:
    """The replica in `folder`. `revision` is 0 and `epoch` "" where there is none that can be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.revision = 0
        self.epoch = ""
        self._generation: Generation | None = None
        self._tables: dict[bytes, Any] = {}
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._open_current()
        except ReplicaDamaged:
            self.close()
            (folder / layout.DAMAGED).touch()
        except ReplicaUnavailable:
            self.close()

    def close(self) -> None:
        """Let go of the environment; what was committed stays."""
        if self._generation is not None:
            self._generation.release()
        self._generation, self.revision, self.epoch = None, 0, ""

    @property
    def damaged(self) -> bool:
        """Whether a reader met a value that does not hold. The next full load mends it."""
        return (self._folder / layout.DAMAGED).exists()

    def apply(self, records: Iterable[tuple[str, Record]], *, revision: int, epoch: str) -> int:
        """Bring the replica to `revision` with the changed objects, in one transaction; returns how many.

        Raises ReplicaUnavailable where there is nothing to build on (`replace` makes it), and whatever `records`
        raises, with nothing changed.
        """
        if self._generation is None:
            raise ReplicaUnavailable("no replica to apply a change to")
        with self._generation.environment.begin(write=True) as transaction:
            batch = _Batch(transaction, self._tables, fresh=False)
            count = batch.put_all(records)
            batch.finish(revision, epoch)
        self.revision, self.epoch = revision, epoch
        self._generation.environment.reader_check()
        return count

    def replace(self, records: Iterable[tuple[str, Record]], *, revision: int, epoch: str) -> int:
        """Build a new replica from all live objects and switch it in; returns how many objects it holds.

        Health and resolved addresses are carried over. Raises whatever `records` raises, with the old one in use.
        """
        current = self._current_name()
        number = int(current.rpartition("-")[2]) + 1 if current else 1
        path = self._folder / f"generation-{number}"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        try:
            count = self._build(path, records, revision, epoch)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        self._switch_to(path)
        return count

    def set_health(self, provider_id: str, health: Health) -> None:
        """Keep what the probes found."""
        self._put_side(layout.HEALTH, provider_id, asdict(health))

    def set_addresses(self, provider: Provider, addresses: Sequence[str]) -> None:
        """Keep where a provider's hostname leads: `address:port`, best first."""
        document = {"hostname": provider.hostname, "transport": provider.transport, "addresses": list(addresses)}
        self._put_side(layout.ADDRESSES, provider.id, document)

    def providers(self) -> list[Provider]:
        """All live providers."""
        return [from_record(Provider, document) for _, document in self._documents(layout.PROVIDERS)]

    def health(self) -> dict[str, Health]:
        """What is kept of the providers' health, by provider id."""
        return {id_text(key): Health(**document) for key, document in self._documents(layout.HEALTH)}

    def addresses(self) -> dict[tuple[str, str, str], Sequence[str]]:
        """What `set_addresses` kept, by the provider's id, hostname and transport."""
        documents = ((id_text(key), document) for key, document in self._documents(layout.ADDRESSES))
        return {(id_, found["hostname"], found["transport"]): found["addresses"] for id_, found in documents}

    def look_on(self, behind: Place) -> Place | None:
        """Look at the next entries behind this place (see `wholeness.py`); None at the end, or where there are none.

        Raises ReplicaDamaged, lmdb.Error.
        """
        if self._generation is None:
            return None
        with self._generation.environment.begin() as transaction:
            return look_on(transaction, self._tables, behind)

    def _documents(self, table: bytes) -> Iterator[tuple[bytes, Any]]:
        if self._generation is None:
            return
        with self._generation.environment.begin() as transaction:
            for key, sealed in transaction.cursor(self._tables[table]):
                yield key, json.loads(unseal(key, sealed))

    def _put_side(self, table: bytes, provider_id: str, document: Mapping[str, Any]) -> None:
        if self._generation is None:
            return
        key = id_bytes(provider_id)
        with self._generation.environment.begin(write=True) as transaction:
            transaction.put(key, seal(key, _encoded(document)), db=self._tables[table])

    def _current_name(self) -> str:
        try:
            return os.readlink(self._folder / layout.CURRENT)
        except FileNotFoundError:
            return ""

    def _open_current(self) -> None:
        name = self._current_name()
        if not name or self.damaged:
            raise ReplicaUnavailable("there is no replica yet")
        self._use(Generation.acquire(self._folder / name, readonly=False))

    def _use(self, generation: Generation) -> None:
        self._generation, environment = generation, generation.environment
        try:
            self._tables = {name: environment.open_db(name) for name in layout.TABLES}
            with environment.begin() as transaction:
                sealed = transaction.get(layout.META_STATE, db=self._tables[layout.META])
                state = json.loads(unseal(layout.META_STATE, sealed or b""))
        except (lmdb.Error, ValueError) as error:
            raise ReplicaDamaged("the replica does not hold together") from error
        if state["schema"] != layout.SCHEMA.decode():
            raise ReplicaUnavailable("the replica has another layout")
        self.revision, self.epoch = state["revision"], state["epoch"]

    def _build(self, path: Path, records: Iterable[tuple[str, Record]], revision: int, epoch: str) -> int:
        generation = Generation.acquire(path, readonly=False)
        environment = generation.environment
        try:
            tables = {name: environment.open_db(name) for name in layout.TABLES}
            with environment.begin(write=True) as transaction:
                batch = _Batch(transaction, tables, fresh=True)
                for table in (layout.HEALTH, layout.ADDRESSES):
                    for key, document in self._documents(table):
                        transaction.put(key, seal(key, _encoded(document)), db=tables[table])
                count = batch.put_all(records)
                batch.finish(revision, epoch)
            environment.sync(True)
        finally:
            generation.release()
        return count

    def _switch_to(self, path: Path) -> None:
        self.close()
        link = self._folder / f"{layout.CURRENT}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(path.name)
        (self._folder / layout.DAMAGED).unlink(missing_ok=True)  # before: a mark that comes later may be of the new one
        os.replace(link, self._folder / layout.CURRENT)
        sync(self._folder)
        for old in self._folder.glob("generation-*"):
            if old.name != path.name:
                shutil.rmtree(old)
        self._use(Generation.acquire(path, readonly=False))


class _Batch:
    """The changes of one transaction. `fresh`: into an empty table, where no route has an older place."""

    def __init__(self, transaction: lmdb.Transaction, tables: Mapping[bytes, Any], *, fresh: bool) -> None:
        self._transaction = transaction
        self._tables = tables
        self._fresh = fresh
        self._target_counts: dict[bytes, Counter[int]] = {}
        self._network_counts: Counter[tuple[int, int]] = Counter()
        self._put_by_kind: Mapping[str, Callable[[Record], None]] = {
            "route": self._route,
            "provider": lambda record: self._document(layout.PROVIDERS, record),
            "customer": lambda record: self._document(layout.CUSTOMERS, record),
            "trunk": self._trunk,
        }

    def put_all(self, records: Iterable[tuple[str, Record]]) -> int:
        """Put each object in its place, or take it away where it is deleted. Unknown kinds are a newer server's."""
        count = 0
        for kind, record in records:
            put = self._put_by_kind.get(kind)
            if put is not None:
                put(record)
                count += 1
        return count

    def finish(self, revision: int, epoch: str) -> None:
        """Write what was only counted so far, and the revision reached."""
        for customer, changes in self._target_counts.items():
            self._add_counts(customer, changes)
        self._add_network_counts()
        state = {"schema": layout.SCHEMA.decode(), "revision": revision, "epoch": epoch}
        self._put(layout.META, layout.META_STATE, _encoded(state))

    def _get(self, table: bytes, key: bytes) -> bytes | None:
        sealed = cast(bytes | None, self._transaction.get(key, db=self._tables[table]))
        return None if sealed is None else unseal(key, sealed)

    def _put(self, table: bytes, key: bytes, value: bytes) -> None:
        if value:
            self._transaction.put(key, seal(key, value), db=self._tables[table])
        else:
            self._transaction.delete(key, db=self._tables[table])

    def _document(self, table: bytes, record: Record) -> None:
        self._put(table, id_bytes(record["id"]), b"" if _is_deleted(record) else _encoded(record))

    def _route(self, record: Record) -> None:
        route = id_bytes(record["id"])
        if not self._fresh:
            self._unplace(route)
        if _is_deleted(record):
            return
        digits = layout.target_digits(record["target"])
        key = id_bytes(record["customer_id"]) + digits
        self._put(layout.ROUTES, key, (self._get(layout.ROUTES, key) or b"") + _entry(record))
        self._put(layout.ROUTE_KEYS, route, key)
        self._count(key, 1)

    def _unplace(self, route: bytes) -> None:
        key = self._get(layout.ROUTE_KEYS, route)
        if key is None:
            return
        group = self._get(layout.ROUTES, key) or b""
        entries = [group[start : start + ENTRY.size] for start in range(0, len(group), ENTRY.size)]
        id_ = id_text(route).encode()
        self._put(layout.ROUTES, key, b"".join(entry for entry in entries if not entry.startswith(id_)))
        self._put(layout.ROUTE_KEYS, route, b"")
        self._count(key, -1)

    def _count(self, key: bytes, by: int) -> None:
        self._target_counts.setdefault(key[:ID_BYTES], Counter())[len(key) - ID_BYTES] += by

    def _add_counts(self, customer: bytes, changes: Mapping[int, int]) -> None:
        before = self._get(layout.TARGETS, customer)
        counts = COUNTS.unpack(before) if before else (0,) * (COUNTS.size // 4)
        after = [count + changes.get(length, 0) for length, count in enumerate(counts)]
        self._put(layout.TARGETS, customer, COUNTS.pack(*after) if any(after) else b"")

    def _trunk(self, record: Record) -> None:
        key = id_bytes(record["id"])
        before = self._get(layout.TRUNKS, key)
        if before is not None:
            self._index_trunk(key, json.loads(before), present=False)
        self._document(layout.TRUNKS, record)
        if not _is_deleted(record):
            self._index_trunk(key, record, present=True)

    def _index_trunk(self, key: bytes, record: Record, *, present: bool) -> None:
        for network in record["allowed_ips"]:
            family, address = layout.network_key(network)
            if self._list(layout.TRUNK_NETWORKS, family + address, key, present=present):
                self._network_counts[family[0], family[1]] += 1 if present else -1
        if record["username"]:
            self._list(layout.TRUNK_USERS, record["username"].encode(), key, present=present)
            realm = record["domain_name"] or DEFAULT_REALM
            self._list(layout.TRUNK_REALMS, realm.encode(), key, present=present and BASIC in record["auth_types"])

    def _list(self, table: bytes, key: bytes, member: bytes, *, present: bool) -> bool:
        """Add the id to a list value or take it away; whether that changed anything."""
        before = layout.split_ids(self._get(table, key) or b"")
        if (member in before) == present:
            return False
        after = [*before, member] if present else [id_ for id_ in before if id_ != member]
        self._put(table, key, b"".join(after))
        return True

    def _add_network_counts(self) -> None:
        stored = json.loads(self._get(layout.META, layout.META_NETWORK_LENGTHS) or b"[]")
        counts = Counter({(version, length): count for version, length, count in stored})
        counts.update(self._network_counts)
        rows = [[version, length, count] for (version, length), count in counts.items() if count > 0]
        self._put(layout.META, layout.META_NETWORK_LENGTHS, _encoded(rows))


def _is_deleted(record: Record) -> bool:
    return bool(record["tm_delete"] != NEVER)


def _encoded(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _entry(record: Record) -> bytes:
    return ENTRY.pack(
        record["id"].encode(),
        id_bytes(record["provider_id"]),
        record["priority"],
        record["weight"] or 0,
        record["enabled"],
        record["valid_from"],
        record["valid_until"],
        record["tm_create"],
    )
