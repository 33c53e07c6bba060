"""The replica answers from what the feed said, and from nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplane.domain.health import HEALTHY, UNHEALTHY, Health
from dialplane.replica import layout
from dialplane.replica.check import PORTION, Position
from dialplane.replica.layout import ReplicaDamaged, ReplicaUnavailable
from dialplane.replica.reader import ReplicaReader, View
from dialplane.replica.writer import ReplicaWriter
from tests.replica.records import ACME, DEFAULT, Change, customer, id_of, provider, route, trunk

DELETED = {"tm_delete": 7, "tm_update": 7}


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[ReplicaWriter]:
    writer = ReplicaWriter(tmp_path / "replica")
    writer.replace([customer(), provider(1), provider(2)], revision=1, epoch="e")
    yield writer
    writer.close()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[ReplicaReader]:
    reader = ReplicaReader(tmp_path / "replica")
    yield reader
    reader.close()


def targets(reader: ReplicaReader, number: str, customer_id: str = ACME) -> list[tuple[str, bool]]:
    with reader.view() as view:
        return [(group.target, group.own) for group in view.groups(customer_id, number)]


def route_ids(view: View, number: str) -> list[str]:
    return [candidate.route_id for group in view.groups(ACME, number) for candidate in group.candidates]


def test_a_change_is_seen_by_the_next_call(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    assert targets(reader, "+8210") == []
    writer.apply([route(10, "+82", 1), route(11, "all", 2, customer_id=DEFAULT)], revision=2, epoch="e")
    assert targets(reader, "+8210") == [("+82", True), ("all", False)]
    with reader.view() as view:
        assert view.revision == 2
        assert route_ids(view, "+8210") == [id_of(10), id_of(11)]


def test_a_view_is_one_snapshot(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    with reader.view() as view:
        assert view.groups(ACME, "+8210") == []
    writer.apply([route(10, "+82", 1)], revision=2, epoch="e")
    with reader.view() as view:
        assert route_ids(view, "+8210") == [id_of(10)]


def test_a_moved_route_leaves_its_old_place(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply([route(10, "+82", 1)], revision=2, epoch="e")
    writer.apply([route(10, "+44", 1, customer_id=DEFAULT)], revision=3, epoch="e")
    assert (targets(reader, "+8210"), targets(reader, "+4410")) == ([], [("+44", False)])
    writer.apply([route(10, "+44", 1, customer_id=DEFAULT, **DELETED)], revision=4, epoch="e")
    assert targets(reader, "+4410") == []


def test_a_deleted_provider_is_gone(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply([provider(1, **DELETED)], revision=2, epoch="e")
    with reader.view() as view:
        assert (view.provider(id_of(1)), view.provider(id_of(2)) is not None) == (None, True)


def test_a_broken_batch_changes_nothing(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    def broken() -> Iterator[Change]:
        yield route(10, "+82", 1)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        writer.apply(broken(), revision=2, epoch="e")
    with pytest.raises(ConnectionError):
        writer.replace(broken(), revision=2, epoch="e")
    assert targets(reader, "+8210") == []
    assert writer.revision == 1


def test_a_full_load_is_switched_in_under_an_open_reader(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply([route(10, "+82", 1)], revision=2, epoch="e")
    with reader.view() as before:
        writer.replace([customer(), provider(1), route(11, "+44", 1)], revision=9, epoch="f")
        assert route_ids(before, "+8210") == [id_of(10)]
    assert (targets(reader, "+8210"), targets(reader, "+4410")) == ([], [("+44", True)])


def test_a_restarted_writer_goes_on_where_it_was(writer: ReplicaWriter, tmp_path: Path) -> None:
    writer.apply([route(10, "+82", 1)], revision=5, epoch="e")
    writer.close()
    again = ReplicaWriter(tmp_path / "replica")
    assert (again.revision, again.epoch) == (5, "e")
    assert [provider.id for provider in again.providers()] == [id_of(1), id_of(2)]
    again.close()


def test_without_a_replica_there_is_no_view(tmp_path: Path) -> None:
    with pytest.raises(ReplicaUnavailable), ReplicaReader(tmp_path / "none").view():
        pass
    with pytest.raises(ReplicaUnavailable):
        ReplicaWriter(tmp_path / "new").apply([], revision=1, epoch="e")


def test_health_counts_for_the_hostname_that_was_probed(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.set_health(id_of(1), Health(UNHEALTHY, 5, "carrier1.example"))
    with reader.view() as view:
        assert view.health(id_of(1)).status == UNHEALTHY
    writer.apply([provider(1, hostname="elsewhere.example")], revision=2, epoch="e")
    with reader.view() as view:
        assert view.health(id_of(1)).status == "unknown"
        assert view.health(id_of(2)).status == "unknown"


def test_health_and_addresses_outlive_a_full_load(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.set_health(id_of(1), Health(HEALTHY, 5, "carrier1.example"))
    writer.set_addresses(writer.providers()[0], ["192.0.2.1:5060"])
    writer.replace([customer(), provider(1)], revision=2, epoch="e")
    with reader.view() as view:
        assert view.health(id_of(1)).status == HEALTHY
        assert view.addresses(id_of(1)) == ("192.0.2.1:5060",)


@pytest.mark.parametrize(
    ("fields", "addresses"),
    [
        ({"hostname": "192.0.2.7"}, ("192.0.2.7:5060",)),
        ({"hostname": "192.0.2.7:5080"}, ("192.0.2.7:5080",)),
        ({"hostname": "192.0.2.7", "transport": "tls"}, ("192.0.2.7:5061",)),
        ({"hostname": "[::1]"}, ("[::1]:5060",)),
        ({"hostname": "other.example"}, ()),
        ({"transport": "tcp"}, ()),
    ],
)
def test_a_literal_needs_no_resolving_and_an_old_answer_does_not_count(
    writer: ReplicaWriter, reader: ReplicaReader, fields: dict[str, Any], addresses: tuple[str, ...]
) -> None:
    writer.set_addresses(writer.providers()[0], ["192.0.2.1:5060"])
    writer.apply([provider(1, **fields)], revision=2, epoch="e")
    with reader.view() as view:
        assert view.addresses(id_of(1)) == addresses


def test_trunks_are_found_by_address_most_specific_first(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply(
        [trunk(20, allowed_ips=("10.0.0.0/8", "2001:db8::/32")), trunk(21, allowed_ips=("10.1.2.3",))],
        revision=2,
        epoch="e",
    )

    def found(address: str) -> list[str]:
        with reader.view() as view:
            return [trunk.id for trunk in view.trunks_at(address)]

    assert found("10.1.2.3") == [id_of(21), id_of(20)]
    assert found("10.1.2.4") == [id_of(20)]
    assert found("2001:db8::5") == [id_of(20)]
    assert found("11.0.0.1") == []
    writer.apply([trunk(20, allowed_ips=("11.0.0.0/8",)), trunk(21, **DELETED)], revision=3, epoch="e")
    assert (found("10.1.2.3"), found("11.0.0.1")) == ([], [id_of(20)])


def test_trunks_are_found_by_user_name_with_their_digest_secret(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply([trunk(20, username="pbx", password="open sesame")], revision=2, epoch="e")
    with reader.view() as view:
        (found,) = view.trunks_of_user("pbx")
        assert (len(found.ha1), found.password) == (32, "")
        assert not view.trunks_of_user("nobody")
        assert not view.trunks_of_user("")


def test_a_realm_is_known_as_long_as_a_trunk_is_challenged_in_it(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    def realms(*fields: dict[str, Any], revision: int) -> list[bool]:
        writer.apply(
            [trunk(30 + n, username="pbx", **each) for n, each in enumerate(fields)], revision=revision, epoch="e"
        )
        with reader.view() as view:
            return [view.has_realm(realm) for realm in ("dialplane", "one.example", "", "x" * 300)]

    one = {"domain_name": "one.example"}
    assert realms({}, {}, revision=2) == [False] * 4
    assert realms({"auth_types": ["basic"]}, {"auth_types": ["basic", "ip"]}, revision=3) == [True, False, False, False]
    assert realms({"auth_types": ["basic"], **one}, revision=4) == [True, True, False, False]
    assert realms({"auth_types": ["basic"]}, {"auth_types": ["ip"]}, revision=5) == [True, False, False, False]
    assert realms({"auth_types": ["ip"]}, revision=6) == [False] * 4


def test_a_damaged_value_is_refused_and_reported(writer: ReplicaWriter, reader: ReplicaReader, tmp_path: Path) -> None:
    marker = b"damage-me"
    writer.apply([provider(1, name=marker.decode())], revision=2, epoch="e")
    writer.close()
    (data,) = (tmp_path / "replica").glob("generation-*/data.mdb")
    data.write_bytes(data.read_bytes().replace(marker, b"damaged!!"))
    with pytest.raises(ReplicaDamaged), reader.view() as view:
        view.provider(id_of(1))
    again = ReplicaWriter(tmp_path / "replica")
    assert (again.damaged, again.revision) == (True, 0)
    again.replace([customer(), provider(1)], revision=3, epoch="e")
    assert not again.damaged
    with reader.view() as view:
        assert view.provider(id_of(1)) is not None
    again.close()


def looked_through(writer: ReplicaWriter) -> int:
    """The portions that it took."""
    place, portions = writer.check_entries(Position()), 1
    while place is not None:
        place, portions = writer.check_entries(place), portions + 1
    return portions


def test_a_whole_replica_is_found_whole_whatever_is_written_meanwhile(writer: ReplicaWriter) -> None:
    many = [route(number, f"+{number}", 1) for number in range(1, 3 * PORTION)]
    writer.apply(many, revision=2, epoch="e")
    place, revision = writer.check_entries(Position()), 3
    while place is not None:
        writer.apply([route(revision * 7 % 1000 + 1, f"+9{revision}", 1)], revision=revision, epoch="e")
        if revision % 5 == 0:
            writer.replace(many, revision=revision, epoch="e")
        place, revision = writer.check_entries(place), revision + 1
    assert revision > 6


def test_there_is_nothing_to_look_through_where_there_is_no_replica(tmp_path: Path) -> None:
    assert ReplicaWriter(tmp_path / "none").check_entries(Position()) is None


@pytest.mark.parametrize("table", [layout.ROUTES, layout.TRUNK_USERS, layout.TRUNK_NETWORKS, layout.PROVIDERS])
@pytest.mark.parametrize("depth", ["leaf", "branch"])
def test_an_overwritten_key_that_no_lookup_meets_is_found(
    writer: ReplicaWriter, tmp_path: Path, table: bytes, depth: str
) -> None:
    routes = [route(number, f"+{number}", 1) for number in range(1, 2000)]
    others = [provider(number) for number in range(3, 300)]
    trunks = [
        trunk(number, allowed_ips=[f"10.0.{number // 250}.{number % 250}"], username=f"user-{number:04}")
        for number in range(300, 1500)
    ]
    writer.apply([*routes, *others, *trunks], revision=2, epoch="e")
    looked_through(writer)
    assert writer._generation is not None
    environment = writer._generation.environment
    with environment.begin() as transaction:
        keys = [bytes(key) for key, _ in transaction.cursor(writer._tables[table])]
    (data,) = (tmp_path / "replica").glob("generation-*/data.mdb")
    page = environment.stat()["psize"]
    overwrite_key(data, keys, page, is_branch=depth == "branch")

    with pytest.raises((ReplicaDamaged, *layout.DAMAGE)):
        looked_through(writer)


def overwrite_key(data: Path, keys: list[bytes], page: int, *, is_branch: bool) -> None:
    """Make the last byte of one of these keys another, in the pages of that kind, as a bad disk might.

    In all that hold it: LMDB leaves earlier versions of a page behind, and the current one need not come first.
    """
    stored = data.read_bytes()
    places = list(_keys_in(stored, page, is_branch=is_branch))
    spoilt = next(key for _, key in places if key in keys[1:])
    with data.open("r+b") as file:
        for start, key in places:
            if key == spoilt:
                file.seek(start + len(key) - 1)
                file.write(bytes([key[-1] ^ 0x40]))


def _keys_in(stored: bytes, page: int, *, is_branch: bool) -> Iterator[tuple[int, bytes]]:
    """Where each key stands in the pages of that kind, and the key (lmdb.h: MDB_page, MDB_node)."""
    for start in range(2 * page, len(stored), page):
        flags = int.from_bytes(stored[start + 10 : start + 12], "little")
        lower = int.from_bytes(stored[start + 12 : start + 14], "little")
        if flags != (1 if is_branch else 2):  # P_BRANCH, P_LEAF
            continue
        for place in range(start + 16, start + lower, 2):
            node = start + int.from_bytes(stored[place : place + 2], "little")
            size = int.from_bytes(stored[node + 6 : node + 8], "little")
            yield node + 8, stored[node + 8 : node + 8 + size]


@pytest.mark.parametrize("kept", [0, 4096, 20_000])
def test_a_truncated_replica_is_refused_and_reported_as_damaged(
    writer: ReplicaWriter, tmp_path: Path, kept: int
) -> None:
    writer.apply([route(number, f"+{number}", 1) for number in range(1, 2000)], revision=2, epoch="e")
    writer.close()
    (data,) = (tmp_path / "replica").glob("generation-*/data.mdb")
    data.write_bytes(data.read_bytes()[:kept])
    with pytest.raises(ReplicaUnavailable), ReplicaReader(tmp_path / "replica").view():
        pass
    (tmp_path / "replica" / layout.DAMAGED).unlink(missing_ok=True)
    again = ReplicaWriter(tmp_path / "replica")
    assert (again.damaged, again.revision) == (True, 0)


def test_a_replica_of_another_layout_is_not_used(writer: ReplicaWriter, tmp_path: Path, monkeypatch: Any) -> None:
    writer.close()
    monkeypatch.setattr(layout, "SCHEMA", b"0")
    again = ReplicaWriter(tmp_path / "replica")
    assert (again.damaged, again.revision) == (False, 0)
    with pytest.raises(ReplicaUnavailable, match="another layout"), ReplicaReader(tmp_path / "replica").view():
        pass


def test_a_replica_of_the_last_version_is_loaded_anew(writer: ReplicaWriter, tmp_path: Path, monkeypatch: Any) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(layout, "SCHEMA", b"2")
        writer.replace([customer(), provider(1)], revision=9, epoch="e")
    writer.close()
    reader, again = ReplicaReader(tmp_path / "replica"), ReplicaWriter(tmp_path / "replica")
    with pytest.raises(ReplicaUnavailable), reader.view():
        pass
    assert again.revision == 0
    again.replace([customer(), provider(1), route(10, "+82", 1)], revision=9, epoch="e")
    with reader.view() as view:
        assert route_ids(view, "+8210") == [id_of(10)]
    again.close()
    reader.close()


digits = st.text("12", max_size=4)
changes = st.lists(
    st.tuples(
        st.integers(1, 8), digits.map(lambda text: f"+1{text}" if len(text) < 4 else "all"), st.integers(1, 3),
        st.sampled_from([ACME, DEFAULT]), st.sampled_from([False, False, True]), st.booleans(),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(changes, digits.map(lambda text: f"+1{text}"))
def test_the_match_is_every_live_route_whose_target_begins_the_number(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str, int, str, bool, bool]], number: str
) -> None:
    folder = tmp_path_factory.mktemp("replica")
    writer, reader = ReplicaWriter(folder), ReplicaReader(folder)
    writer.replace([customer()], revision=1, epoch="e")
    live: dict[str, Change] = {}
    for revision, (which, target, via, owner, deleted, full) in enumerate(steps, 2):
        change = route(which, target, via, customer_id=owner, **(DELETED if deleted else {}))
        live.pop(id_of(which), None)
        if not deleted:
            live[id_of(which)] = change
        if full:
            writer.replace([customer(), *live.values()], revision=revision, epoch="e")
        else:
            writer.apply([change], revision=revision, epoch="e")
    with reader.view() as view:
        found = set(route_ids(view, number))
    expected = {
        id_ for id_, (_, record) in live.items() if record["target"] == "all" or number.startswith(record["target"])
    }
    assert found == expected
    writer.close()
    reader.close()


@pytest.mark.parametrize("error", layout.DAMAGE)
def test_what_lmdb_says_of_overwritten_pages_is_reported_as_damage(
    writer: ReplicaWriter, reader: ReplicaReader, error: type[Exception]
) -> None:
    with pytest.raises(ReplicaDamaged), reader.view():
        raise error
    assert writer.damaged
