"""Writes the replica from the feed. One process writes: the companion.

A batch of the feed is one LMDB transaction, so that a call sees all of a revision or nothing of it. A full load is
built in a new generation and switched in by renaming one symbolic link.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, cast

import lmdb

from dialplane.domain.health import Health
from dialplane.domain.provider import Provider
from dialplane.domain.records import from_record
from dialplane.domain.trunk import BASIC, DEFAULT_REALM
from dialplane.engine.dialroute import Candidate
from dialplane.replica import layout
from dialplane.replica.check import Position, check_entries
from dialplane.replica.layout import (
    COUNTS,
    ID_BYTES,
    Generation,
    ReplicaDamaged,
    ReplicaUnavailable,
    id_bytes,
    id_text,
    pack_group,
    seal,
    unpack_group,
    unseal,
)
from dialplane.replica.routes import FreshRoutes, candidate_of, is_deleted
from dialplane.system.files import sync

Record = Mapping[str, Any]


class ReplicaWriter:
    """The replica in `folder`. `revision` is 0 and `epoch` "" if there is none that can be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.revision = 0
        self.epoch = ""
        self._generation: Generation | None = None
        self._tables: Mapping[bytes, Any] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._open_current()
        except ReplicaDamaged:
            self.close()
            (folder / layout.DAMAGED).touch()
        except ReplicaUnavailable:
            self.close()

    def close(self) -> None:
        """Close the environment; committed changes stay."""
        if self._generation is not None:
            self._generation.release()
        self._generation, self.revision, self.epoch = None, 0, ""

    @property
    def damaged(self) -> bool:
        """Whether a reader found damage. The next full load repairs it."""
        return (self._folder / layout.DAMAGED).exists()

    def apply(self, records: Iterable[tuple[str, Record]], *, revision: int, epoch: str) -> int:
        """Bring the replica to `revision` with the changed objects, in one transaction; returns their number.

        Raises ReplicaUnavailable if there is none to change (`replace` builds one), and whatever `records` raises,
        with nothing changed.
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
        """Build a new replica from all live objects and switch it in; returns their number.

        Health and resolved addresses are copied from the old one, which stays in use if `records` raises.
        """
        current = self._current_name()
        number = int(current.rpartition("-")[2]) + 1 if current else 1
        path = self._folder / f"generation-{number}"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        try:
            count = self._build(path, records, revision, epoch)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        self._switch_to(path)
        return count

    def set_health(self, provider_id: str, health: Health) -> None:
        """Store the probes' result."""
        self._put_side(layout.HEALTH, provider_id, asdict(health))

    def set_addresses(self, provider: Provider, addresses: Sequence[str]) -> None:
        """Store the resolved addresses of a provider's hostname: `address:port`, best first."""
        document = {"hostname": provider.hostname, "transport": provider.transport, "addresses": list(addresses)}
        self._put_side(layout.ADDRESSES, provider.id, document)

    def providers(self) -> list[Provider]:
        """All live providers."""
        return [from_record(Provider, document) for _, document in self._documents(layout.PROVIDERS)]

    def health(self) -> dict[str, Health]:
        """The stored health of the providers, by provider id."""
        return {id_text(key): Health(**document) for key, document in self._documents(layout.HEALTH)}

    def addresses(self) -> dict[tuple[str, str, str], Sequence[str]]:
        """The stored addresses, by the provider's id, hostname and transport."""
        documents = ((id_text(key), document) for key, document in self._documents(layout.ADDRESSES))
        return {
            (id_, resolved["hostname"], resolved["transport"]): resolved["addresses"] for id_, resolved in documents
        }

    def check_entries(self, after: Position) -> Position | None:
        """Check the next entries after this position (`check.py`); None at the end, or if there is no replica.

        Raises ReplicaDamaged, lmdb.Error.
        """
        if self._generation is None:
            return None
        with self._generation.environment.begin() as transaction:
            return check_entries(transaction, self._tables, after)

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
            self._tables = generation.tables()
            with environment.begin() as transaction:
                sealed = transaction.get(layout.META_STATE, db=self._tables[layout.META])
                state = json.loads(unseal(layout.META_STATE, sealed or b""))
        except (lmdb.Error, ValueError) as error:
            raise ReplicaDamaged("the replica cannot be read") from error
        if state["schema"] != layout.SCHEMA.decode():
            raise ReplicaUnavailable("the replica has another layout")
        self.revision, self.epoch = state["revision"], state["epoch"]

    def _build(self, path: Path, records: Iterable[tuple[str, Record]], revision: int, epoch: str) -> int:
        generation = Generation.acquire(path, readonly=False)
        environment = generation.environment
        try:
            tables = generation.tables(create=True)
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
        (self._folder / layout.DAMAGED).unlink(missing_ok=True)  # before: a later mark may be the new one's
        os.replace(link, self._folder / layout.CURRENT)
        sync(self._folder)
        for old in self._folder.glob("generation-*"):
            if old.name != path.name:
                shutil.rmtree(old)
        self._use(Generation.acquire(path, readonly=False))


class _Batch:
    """The changes of one transaction. `fresh`: into empty tables, whose routes are written at the end, in order."""

    def __init__(self, transaction: lmdb.Transaction, tables: Mapping[bytes, Any], *, fresh: bool) -> None:
        self._transaction = transaction
        self._tables = tables
        self._fresh_routes = FreshRoutes() if fresh else None
        self._target_counts: dict[bytes, Counter[int]] = {}
        self._network_counts: Counter[tuple[int, int]] = Counter()
        self._put_by_kind: Mapping[str, Callable[[Record], None]] = {
            "route": self._route if self._fresh_routes is None else self._fresh_routes.add,
            "trunk": self._trunk,
            **{kind: partial(self._document, table) for kind, table in layout.DOCUMENTS.items()},
        }

    def put_all(self, records: Iterable[tuple[str, Record]]) -> int:
        """Store each object, or remove it if it is deleted. Unknown kinds are a newer server's, and left out."""
        count = 0
        for kind, record in records:
            put = self._put_by_kind.get(kind)
            if put is not None:
                put(record)
                count += 1
        return count

    def finish(self, revision: int, epoch: str) -> None:
        """Write the counts, and the revision reached."""
        if self._fresh_routes is not None:
            self._target_counts = self._fresh_routes.write(self._transaction, self._tables)
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
        self._put(table, id_bytes(record["id"]), b"" if is_deleted(record) else _encoded(record))

    def _route(self, record: Record) -> None:
        route = id_bytes(record["id"])
        self._remove_route(route, record["id"])
        if is_deleted(record):
            return
        key = layout.route_key(record["customer_id"], record["target"])
        self._put_group(key, [*self._candidates(key), candidate_of(record)])
        self._put(layout.ROUTE_KEYS, route, key)
        self._count(key, 1)

    def _remove_route(self, route: bytes, route_id: str) -> None:
        key = self._get(layout.ROUTE_KEYS, route)
        if key is None:
            return
        self._put_group(key, [candidate for candidate in self._candidates(key) if candidate.route_id != route_id])
        self._put(layout.ROUTE_KEYS, route, b"")
        self._count(key, -1)

    def _candidates(self, key: bytes) -> Sequence[Candidate]:
        group = self._get(layout.ROUTES, key)
        return () if group is None else unpack_group(group).candidates

    def _put_group(self, key: bytes, candidates: Sequence[Candidate]) -> None:
        self._put(layout.ROUTES, key, pack_group(candidates) if candidates else b"")

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
        if not is_deleted(record):
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
        """Add the id to a list of ids, or remove it; whether that changed the list."""
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


def _encoded(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
