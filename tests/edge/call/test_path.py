"""Callers behind NAT: when the edge reaches one by where its INVITE came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.edge.call.path import Path, path_behind_nat

SOURCE = Path("203.0.113.9", 40_000, "udp")


@pytest.mark.parametrize(
    ("via", "record_routes", "contact", "is_behind_nat"),
    [
        ("10.0.0.5", [], "<sip:pbx@10.0.0.5:5060>", True),
        ("10.0.0.5", [], '"Desk <1>" <sip:pbx@pbx.local>;expires=60', True),
        ("10.0.0.5", ["<sip:10.0.0.6;lr>, <sip:203.0.113.9;lr>"], "<sip:phone@203.0.113.9>", True),
        ("10.0.0.5", ["<sip:203.0.113.9;lr>"], "<sip:phone@10.0.0.7>", False),
        ("10.0.0.5", [], "<sip:pbx@203.0.113.9:5080>", False),
        ("203.0.113.9", [], "<sip:pbx@198.51.100.4>", False),
        ("pbx.example", [], "<sip:pbx@10.0.0.5>", False),
        ("", [], "", False),
    ],
)
def test_neither_via_nor_the_dialogs_way_has_the_source(
    via: str, record_routes: list[str], contact: str, is_behind_nat: bool
) -> None:
    path = path_behind_nat(SOURCE, via_host=via, record_routes=record_routes, contact=contact)

    assert path == (SOURCE if is_behind_nat else None)


@given(st.ip_addresses(), st.integers(0, 65_535), st.sampled_from(["udp", "tcp", "tls"]))
def test_a_path_is_the_same_after_packing(address: object, port: int, transport: str) -> None:
    path = Path(str(address), port, transport)

    assert Path.unpacked(path.packed()) == path


@given(st.binary(max_size=24))
def test_no_bytes_break_the_unpacking(packed: bytes) -> None:
    path = Path.unpacked(packed)

    assert path is None or path.packed() == packed
