"""Reads the replica inside a Kamailio worker: one read transaction for each call, no copy of the table.

Decoded values are cached by their stored bytes: a changed value has other bytes, so nothing is ever stale. Routes are
not cached: calls hardly ever meet the same ones, and evicting old ones takes longer than decoding (measured at a
million).
"""

import ipaddress
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import lmdb

from dialplane.domain.customer import Customer
from dialplane.domain.health import Health
from dialplane.domain.hostname import HostPort, split_hostname
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.provider import DEFAULT_PORTS, Provider
from dialplane.domain.records import from_record
from dialplane.domain.target import ALL
from dialplane.domain.trunk import Trunk
from dialplane.engine.dialroute import Group, Standing, standing_of
from dialplane.replica import layout
from dialplane.replica.layout import Generation, ReplicaDamaged, ReplicaUnavailable, id_bytes, unpack_group, unseal

T = TypeVar("T")

_DAMAGE = (ReplicaDamaged, *layout.DAMAGE)
_SWITCH_TRIES = 3  # a generation can be gone between reading the link and opening it
_MOST_CACHED = 4096  # source addresses of trunks, customers
_DEFAULT_CUSTOMER_KEY = id_bytes(SYSTEM_DEFAULT_CUSTOMER)


class ReplicaReader:
    """Opens the current generation at its first use, and again whenever another was switched in.

    One in each process, first used after a fork; not for use by several threads at once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._link = str(folder / layout.CURRENT)
        self._name = ""
        self._generation: Generation | None = None
        self._tables: Mapping[bytes, Any] = {}
        self._cache = _Cache()

    def view(self) -> "View":
        """A snapshot to read from, for a `with` block. Raises ReplicaUnavailable; damage is reported (`damaged`)."""
        generation = self._current()
        try:
            transaction = generation.environment.begin()
        except layout.DAMAGE as error:
            raise self.damaged() from error
        transaction_id = transaction.id()
        if transaction_id != self._cache.transaction_id:
            self._cache = _Cache(transaction_id)
        return View(self, transaction, self._tables, self._cache)

    def damaged(self) -> ReplicaDamaged:
        """Report damage to the companion; returns the error to raise."""
        self._report_damage()
        return ReplicaDamaged("the replica is damaged")

    def close(self) -> None:
        """Close the open generation."""
        if self._generation is not None:
            self._generation.release()
        self._generation, self._name = None, ""

    def _current(self) -> Generation:
        for _ in range(_SWITCH_TRIES):
            try:
                name = os.readlink(self._link)
                if self._generation is not None and name == self._name:
                    return self._generation
                return self._open(name)
            except FileNotFoundError:
                continue
            except ReplicaDamaged:
                self._report_damage()
                raise
        raise ReplicaUnavailable("there is no replica yet")

    def _open(self, name: str) -> Generation:
        self.close()
        generation = Generation.acquire(self._folder / name, readonly=True)
        try:
            self._tables = _tables(generation)
        except BaseException:
            generation.release()
            raise
        self._generation, self._name, self._cache = generation, name, _Cache()
        return generation

    def _report_damage(self) -> None:
        (self._folder / layout.DAMAGED).touch()
        self.close()


def _tables(generation: Generation) -> Mapping[bytes, Any]:
    """Raises ReplicaDamaged, and ReplicaUnavailable for a replica of another layout: the companion loads a new one."""
    try:
        tables = generation.tables()
        with generation.environment.begin() as transaction:
            state = transaction.get(layout.META_STATE, db=tables[layout.META])
    except lmdb.Error as error:
        raise ReplicaDamaged("the replica lacks a table") from error
    if state is not None and _document(layout.META_STATE, state)["schema"] != layout.SCHEMA.decode():
        raise ReplicaUnavailable("the replica has another layout")
    return tables


class _Cache:
    """Objects read in one state of the table, named by its transaction id; valid until another is committed."""

    __slots__ = ("customers", "lengths", "revision", "standings", "transaction_id", "trunks")

    def __init__(self, transaction_id: int = -1) -> None:
        self.transaction_id = transaction_id
        self.revision: int | None = None
        self.customers: dict[str, Customer | None] = {}
        self.lengths: dict[bytes, Sequence[int]] = {}
        self.standings: dict[str, Standing] = {}
        self.trunks: dict[str, Sequence[Trunk]] = {}


class View:
    """One snapshot of the replica. Methods raise ReplicaDamaged if a stored value is not as it was written."""

    __slots__ = ("_cache", "_reader", "_standings", "_tables", "_transaction")

    def __init__(
        self, reader: ReplicaReader, transaction: lmdb.Transaction, tables: Mapping[bytes, Any], cache: _Cache
    ) -> None:
        self._reader = reader
        self._transaction = transaction
        self._tables = tables
        self._cache = cache
        self._standings = cache.standings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._transaction.abort()
        if isinstance(error, _DAMAGE):
            raise self._reader.damaged() from error

    @property
    def state(self) -> object:
        """The same object for as long as the replica has not changed: so long, all answers are the same."""
        return self._cache

    def _get(self, table: bytes, key: bytes) -> bytes | None:
        return cast(bytes | None, self._transaction.get(key, db=self._tables[table]))

    @property
    def revision(self) -> int:
        """The control plane's revision of this snapshot."""
        revision = self._cache.revision
        if revision is None:
            revision = self._cache.revision = self._revision()
        return revision

    def _revision(self) -> int:
        state = self._get(layout.META, layout.META_STATE)
        if state is None:
            raise ReplicaUnavailable("the replica was never loaded")
        return int(_document(layout.META_STATE, state)["revision"])

    def groups(self, customer_id: str, number: str) -> list[Group]:
        """The routes of the customer and of the system default whose target is a prefix of the number, or `all`.

        In the order in which a call meets them.
        """
        customer = id_bytes(customer_id)
        is_default = customer == _DEFAULT_CUSTOMER_KEY
        groups = self._groups_of(customer, number, own=not is_default)
        if not is_default:
            groups += self._groups_of(_DEFAULT_CUSTOMER_KEY, number, own=False)
        return groups

    def _groups_of(self, customer: bytes, number: str, *, own: bool) -> list[Group]:
        groups = []
        digits = number[1:].encode()
        get, routes = self._transaction.get, self._tables[layout.ROUTES]
        for length in self._lengths(customer):
            if length <= len(digits):
                key = customer + digits[:length]
                stored = cast(bytes | None, get(key, None, routes))
                if stored is not None:
                    target = number[: length + 1] if length else ALL
                    groups.append(Group(target, own, *unpack_group(unseal(key, stored))))
        return groups

    def _lengths(self, customer: bytes) -> Sequence[int]:
        """The numbers of digits that the customer's targets have, greatest first."""
        cached = self._cache.lengths
        lengths = cached.get(customer)
        if lengths is None:
            counts = self._get(layout.TARGETS, customer)
            lengths = () if counts is None else _lengths(customer, counts)
            if len(cached) >= _MOST_CACHED:
                cached.clear()
            cached[customer] = lengths
        return lengths

    def standing(self, provider_id: str) -> Standing:
        """How calls find the provider: there or deleted, enabled, healthy by this edge's probes."""
        return self._standings.get(provider_id) or self._standing(provider_id)

    def _standing(self, provider_id: str) -> Standing:
        standing = standing_of(self.provider(provider_id), self.health(provider_id).status)
        self._standings[provider_id] = standing
        return standing

    def provider(self, provider_id: str) -> Provider | None:
        """The live provider, or None."""
        key = id_bytes(provider_id)
        raw = self._get(layout.PROVIDERS, key)
        return None if raw is None else _provider(key, raw)

    def customer(self, customer_id: str) -> Customer | None:
        """The live customer, or None."""
        cached = self._cache.customers
        if customer_id not in cached:
            if len(cached) >= _MOST_CACHED:
                cached.clear()
            cached[customer_id] = self._customer(customer_id)
        return cached[customer_id]

    def _customer(self, customer_id: str) -> Customer | None:
        key = id_bytes(customer_id)
        raw = self._get(layout.CUSTOMERS, key)
        return None if raw is None else _customer(key, raw)

    def trunk(self, trunk_id: str) -> Trunk | None:
        """The live trunk, or None."""
        return self._trunk(id_bytes(trunk_id))

    def _trunk(self, key: bytes) -> Trunk | None:
        raw = self._get(layout.TRUNKS, key)
        return None if raw is None else _trunk(key, raw)

    def trunks_at(self, address: str) -> Sequence[Trunk]:
        """The trunks that allow this source address, those of the most specific network first."""
        cached = self._cache.trunks
        trunks = cached.get(address)
        if trunks is None:
            trunks = self._trunks_at(address)
            if trunks and len(cached) < _MOST_CACHED:  # of other addresses, strangers can have any number
                cached[address] = trunks
        return trunks

    def _trunks_at(self, address: str) -> Sequence[Trunk]:
        lengths = self._get(layout.META, layout.META_NETWORK_LENGTHS)
        if lengths is None:
            return ()
        keys = layout.networks_around(address, _network_lengths(lengths))
        return self._trunks(layout.TRUNK_NETWORKS, keys)

    def trunks_of_user(self, username: str) -> Sequence[Trunk]:
        """The trunks with this digest user name."""
        return self._trunks(layout.TRUNK_USERS, iter((username.encode(),))) if 0 < len(username) <= 255 else ()

    def has_realm(self, realm: str) -> bool:
        """Whether a trunk's callers are challenged in this realm."""
        return 0 < len(realm) <= 255 and self._get(layout.TRUNK_REALMS, realm.encode()) is not None

    def _trunks(self, table: bytes, keys: Iterator[bytes]) -> Sequence[Trunk]:
        ids: dict[bytes, None] = {}
        for key in keys:
            raw = self._get(table, key)
            if raw is not None:
                ids.update(dict.fromkeys(layout.split_ids(unseal(key, raw))))
        return [trunk for trunk in map(self._trunk, ids) if trunk is not None]

    def health(self, provider_id: str) -> Health:
        """The result of this edge's probes; unknown before the first, and after the provider's hostname changed."""
        key = id_bytes(provider_id)
        raw = self._get(layout.HEALTH, key)
        provider = self.provider(provider_id)
        if raw is None or provider is None:
            return _UNKNOWN
        health = Health(**_document(key, raw))
        return health if health.hostname == provider.hostname else _UNKNOWN

    def addresses(self, provider_id: str) -> Sequence[str]:
        """`address:port` of the provider, best first: its literal, or those that the companion resolved last."""
        provider = self.provider(provider_id)
        if provider is None:
            return ()
        literal = _literal(provider.hostname, provider.transport)
        if literal:
            return literal
        key = id_bytes(provider_id)
        resolved = self._get(layout.ADDRESSES, key)
        if resolved is None:
            return ()
        document = _document(key, resolved)
        same = document["hostname"] == provider.hostname and document["transport"] == provider.transport
        return tuple(document["addresses"]) if same else ()


_UNKNOWN = Health()


@lru_cache(maxsize=1024)
def _lengths(key: bytes, sealed: bytes) -> tuple[int, ...]:
    counts = layout.COUNTS.unpack(unseal(key, sealed))
    return tuple(length for length in range(len(counts) - 1, -1, -1) if counts[length])


@lru_cache(maxsize=64)
def _network_lengths(sealed: bytes) -> tuple[tuple[int, int], ...]:
    counts = json.loads(unseal(layout.META_NETWORK_LENGTHS, sealed))
    return tuple((version, length) for version, length, count in counts if count)


@lru_cache(maxsize=4096)
def _customer(key: bytes, sealed: bytes) -> Customer:
    return _object(Customer, key, sealed)


@lru_cache(maxsize=4096)
def _provider(key: bytes, sealed: bytes) -> Provider:
    return _object(Provider, key, sealed)


@lru_cache(maxsize=4096)
def _trunk(key: bytes, sealed: bytes) -> Trunk:
    return _object(Trunk, key, sealed)


@lru_cache(maxsize=4096)
def _document(key: bytes, sealed: bytes) -> Mapping[str, Any]:
    document: dict[str, Any] = json.loads(unseal(key, sealed))
    return document


def _object(kind: type[T], key: bytes, sealed: bytes) -> T:
    return from_record(kind, json.loads(unseal(key, sealed)))


@lru_cache(maxsize=4096)
def _literal(hostname: str, transport: str) -> tuple[str, ...]:
    parsed = split_hostname(hostname)
    try:
        ipaddress.ip_address(parsed.host)
    except ValueError:
        return ()
    return (str(HostPort(parsed.host, parsed.port or DEFAULT_PORTS[transport])),)
