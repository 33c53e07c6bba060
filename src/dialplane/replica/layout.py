"""The replica's layout, as bytes.

The folder holds an LMDB environment for each generation and a symbolic link `current` to the one in use:

    replica/current -> generation-<n>/{data.mdb,lock.mdb}

Every value is sealed: a CRC-32 over key and value in front of it, so that a damaged page is detected.
"""

import ipaddress
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, NamedTuple

import lmdb
import msgspec

from dialplane.domain.target import ALL, MAX_DIGITS
from dialplane.engine.dialroute import Candidate, group_of

SCHEMA = " ".join(("4", *Candidate._fields)).encode()
"""By what a replica is known to be of this layout. A group holds its candidates field by field, so their names are in
it: where they are others, edges load their table anew. The number is that of all else."""
CURRENT = "current"
DAMAGED = "damaged"
MAP_SIZE = 32 << 30  # bytes of address space, not of disk: 30 times a table of a million routes
EMPTY_PAGES = 2  # the two meta pages, which a new file may not hold yet
MAX_READERS = 1024  # Kamailio workers, the companion, and those that died since the companion's last check

META = b"meta"
ROUTES = b"routes"
ROUTE_KEYS = b"route_keys"
TARGETS = b"targets"
PROVIDERS = b"providers"
CUSTOMERS = b"customers"
TRUNKS = b"trunks"
TRUNK_NETWORKS = b"trunk_networks"
TRUNK_USERS = b"trunk_users"
TRUNK_REALMS = b"trunk_realms"
HEALTH = b"health"
ADDRESSES = b"addresses"
TABLES = (
    META, ROUTES, ROUTE_KEYS, TARGETS, PROVIDERS, CUSTOMERS, TRUNKS, TRUNK_NETWORKS, TRUNK_USERS, TRUNK_REALMS,
    HEALTH, ADDRESSES,
)  # fmt: skip

DOCUMENTS: Mapping[str, bytes] = {"provider": PROVIDERS, "customer": CUSTOMERS}
"""Kind -> the table of its objects, of those that are stored as the feed has them and found by their ids alone."""

META_STATE = b"state"
META_NETWORK_LENGTHS = b"network_lengths"

COUNTS = struct.Struct(f">{MAX_DIGITS + 1}I")
"""How many routes a customer has of each target length; index 0 is `all`."""
_CRC = struct.Struct(">I")
ID_BYTES = 16


class ReplicaUnavailable(Exception):
    """There is no replica, or not one of this layout."""


class ReplicaDamaged(ReplicaUnavailable):
    """The replica's content is not what was written. It must be rebuilt from the feed."""


DAMAGE = (
    *(lmdb.CorruptedError, lmdb.PageNotFoundError, lmdb.InvalidError, lmdb.PanicError, lmdb.VersionMismatchError),
    *(lmdb.BadDbiError, lmdb.BadTxnError, lmdb.IncompatibleError, lmdb.PageFullError, lmdb.CursorFullError),
)
"""LMDB's errors for a file whose pages were overwritten. Others, like a full disk, are no damage."""


def seal(key: bytes, value: bytes) -> bytes:
    """The value as it is stored."""
    return _CRC.pack(zlib.crc32(value, zlib.crc32(key))) + value


def unseal(key: bytes, sealed: bytes) -> bytes:
    """The value that was stored under this key. Raises ReplicaDamaged."""
    value = sealed[_CRC.size :]
    if len(sealed) < _CRC.size or _CRC.unpack_from(sealed)[0] != zlib.crc32(value, zlib.crc32(key)):
        raise ReplicaDamaged("a value does not match its checksum")
    return value


@lru_cache(maxsize=4096)
def id_bytes(id_: str) -> bytes:
    """A canonical id as its 16 bytes."""
    return bytes.fromhex(id_.replace("-", ""))


def id_text(raw: bytes) -> str:
    """The canonical id of 16 bytes."""
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class StoredGroup(NamedTuple):
    """The routes of one customer to one target, as a decision takes them: a Group without what the key says."""

    candidates: list[Candidate]
    is_weighted: bool


unpack_group: Callable[[bytes], StoredGroup] = msgspec.msgpack.Decoder(StoredGroup).decode
"""A group out of its bytes, in a sixth of the time that it takes to build its candidates one by one."""
_encode_group: Callable[[StoredGroup], bytes] = msgspec.msgpack.Encoder().encode


def pack_group(candidates: Iterable[Candidate]) -> bytes:
    """A group as bytes; the candidates come in any order."""
    group = group_of("", candidates, own=False)
    return _encode_group(StoredGroup(group.candidates, group.is_weighted))


def route_key(customer_id: str, target: str) -> bytes:
    """The key of a customer's routes to this target: the customer's id, then the digits, none for `all`."""
    return id_bytes(customer_id) + (b"" if target == ALL else target[1:].encode())


def network_key(network: str) -> tuple[bytes, bytes]:
    """The key of a network or address in two parts: IP version and prefix length, and the address."""
    parsed = ipaddress.ip_network(network)
    return bytes((parsed.version, parsed.prefixlen)), parsed.network_address.packed


def networks_around(address: str, lengths: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The keys of the networks of these (IP version, prefix length) that contain the address, longest first."""
    parsed = ipaddress.ip_address(address)
    bits, value = parsed.max_prefixlen, int(parsed)
    for version, length in sorted(lengths, reverse=True):
        if version == parsed.version:
            masked = value >> (bits - length) << (bits - length)
            yield bytes((version, length)) + masked.to_bytes(bits // 8, "big")


def split_ids(joined: bytes) -> list[bytes]:
    """The ids of a value that is a list of ids."""
    return [joined[start : start + ID_BYTES] for start in range(0, len(joined), ID_BYTES)]


class Generation:
    """An open generation, shared by its users in this process (LMDB forbids opening an environment twice).

    Its users may be threads: the last one's release and a new one's acquisition exclude each other.
    """

    _open: ClassVar[dict[tuple[int, str], "Generation"]] = {}
    _lock: ClassVar[Lock] = Lock()

    def __init__(self, path: Path, *, readonly: bool) -> None:
        self.environment = _environment(path, readonly=readonly)
        self._key = (os.getpid(), str(path))
        self._uses = 0
        self._tables: Mapping[bytes, Any] = {}

    @classmethod
    def acquire(cls, path: Path, *, readonly: bool) -> "Generation":
        """Open or share it. Raises ReplicaUnavailable, FileNotFoundError if it was deleted before a reader came."""
        with cls._lock:
            generation = cls._open.get((os.getpid(), str(path)))
            if generation is None:
                generation = cls(path, readonly=readonly)
                cls._open[generation._key] = generation
            generation._uses += 1
            return generation

    def tables(self, *, create: bool = False) -> Mapping[bytes, Any]:
        """Its tables by their names, opened by its first user. Raises lmdb.Error if one is missing.

        A writable environment opens them in a transaction that was begun before: `open_db` alone would wait for LMDB's
        writer while it holds the interpreter's lock, and a writer in another thread would wait for that one for ever.
        """
        with self._lock:
            if not self._tables:
                self._tables = self._opened_tables(create)
            return self._tables

    def _opened_tables(self, create: bool) -> Mapping[bytes, Any]:
        environment = self.environment
        if environment.flags()["readonly"]:
            return {table: environment.open_db(table, create=False) for table in TABLES}
        with environment.begin(write=True) as transaction:
            return {table: environment.open_db(table, transaction, create=create) for table in TABLES}

    def release(self) -> None:
        """Close it, after its last use."""
        with self._lock:
            self._uses -= 1
            if self._uses == 0:
                del self._open[self._key]
                self.environment.close()


def _environment(path: Path, *, readonly: bool) -> lmdb.Environment:
    """Raises ReplicaDamaged for a file shorter than its last page: reading it would end the process with SIGBUS.

    Raises FileNotFoundError if a reader's generation is gone: another was switched in meanwhile.
    """
    try:
        environment = lmdb.open(
            str(path),
            readonly=readonly,
            create=not readonly,
            map_size=MAP_SIZE,
            max_dbs=len(TABLES),
            max_readers=MAX_READERS,
            readahead=False,
            mode=0o600,
        )
    except lmdb.Error as error:
        if readonly and not path.exists():
            raise FileNotFoundError(path) from error
        kind = ReplicaDamaged if isinstance(error, DAMAGE) else ReplicaUnavailable
        raise kind(f"the replica cannot be opened: {type(error).__name__}") from error
    pages = environment.info()["last_pgno"] + 1
    if pages > EMPTY_PAGES and (path / "data.mdb").stat().st_size < pages * environment.stat()["psize"]:
        environment.close()
        raise ReplicaDamaged("the replica is truncated")
    return environment
