"""What hides a network: seals that only we open, and the headers made with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.edge.call.topology import (
    Seal,
    hidden_contact,
    hidden_routes,
    opened_routes,
    vias_for_replies,
    with_branch,
    without_branch,
)

SEAL = Seal(b"a key")
OWN = "192.0.2.1:5060"


@given(st.text(max_size=300))
def test_what_is_sealed_opens_again_and_shows_nothing(text: str) -> None:
    sealed = SEAL.sealed(text)

    assert SEAL.opened(sealed) == text
    assert sealed == SEAL.sealed(text)
    assert set(sealed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert Seal(b"another key").opened(sealed) is None


@given(st.text(max_size=100))
def test_what_nobody_sealed_does_not_open(text: str) -> None:
    assert SEAL.opened(text) is None


@pytest.mark.parametrize("place", [0, 5, 15, -1])
def test_a_seal_that_was_changed_does_not_open(place: int) -> None:
    sealed = list(SEAL.sealed("sip:me@10.0.0.1:5060;transport=udp.."))
    sealed[place] = "A" if sealed[place] != "A" else "B"

    assert SEAL.opened("".join(sealed)) is None


@pytest.mark.parametrize(
    ("contact", "before", "uri", "after"),
    [
        ("<sip:me@10.0.0.1:5070>", "", "sip:me@10.0.0.1:5070", ""),
        ('"X <y>, z" <sip:10.0.0.1;ob>;+sip.instance="1"', '"X <y>, z" ', "sip:10.0.0.1;ob", ';+sip.instance="1"'),
        ("sip:me@10.0.0.1;expires=60", "", "sip:me@10.0.0.1", ";expires=60"),
        ("<sip:a@10.0.0.1>, <sip:b@10.0.0.2>", "", "sip:a@10.0.0.1", ""),
        ("Folded\r\n <sips:[2001:db8::1]>", "Folded ", "sips:[2001:db8::1]", ""),
    ],
)
def test_a_contact_keeps_all_but_its_uri(contact: str, before: str, uri: str, after: str) -> None:
    hidden, sealed, target = hidden_contact(contact, OWN, SEAL)

    assert hidden == f"{before}<sip:{OWN};dpc={sealed}>{after}"
    assert (SEAL.opened(sealed), target) == (uri, uri)


@pytest.mark.parametrize("contact", ["", ";", "<>", '"', f"<sip:{'x' * 3000}@10.0.0.1>"])
def test_a_contact_without_a_uri_that_we_can_read_leads_to_us(contact: str) -> None:
    assert hidden_contact(contact, OWN, SEAL) == (f"<sip:{OWN}>", "", "")


def test_routes_of_others_are_sealed_in_their_places_and_open_for_their_own_side() -> None:
    callers, carriers = "<sip:10.0.0.1;lr>;x=1", "<sip:10.9.9.9>"
    ours = f"<sip:{OWN};lr=on;dp=1.2.3>"

    [at_carrier] = hidden_routes([callers], OWN, SEAL, opens=False)
    above, own, below = hidden_routes([f"{carriers}, {ours}", at_carrier], OWN, SEAL, opens=True)

    assert at_carrier.startswith(f"<sip:{OWN};lr;dpr=")
    assert "10.9.9.9" not in above
    assert (own, below) == (ours, callers)
    assert opened_routes([ours, above], SEAL) == [ours, carriers]
    assert opened_routes([ours, callers], SEAL) is None


@pytest.mark.parametrize(
    ("vias", "expected"),
    [
        (["SIP/2.0/UDP 10.0.0.1;branch=z"], "SIP/2.0/UDP 10.0.0.1;branch=z"),
        (["SIP/2.0/UDP host;branch=z"], "SIP/2.0/UDP host;branch=z;received=10.0.0.1"),
        (["SIP/2.0/UDP 10.0.0.1;rport;branch=z"], "SIP/2.0/UDP 10.0.0.1;branch=z;rport=7;received=10.0.0.1"),
        (["SIP/2.0/TCP h ; rport ;branch=z"], "SIP/2.0/TCP h ;branch=z;rport=7;received=10.0.0.1"),
        (
            ["SIP/2.0/UDP h;rport=9;received=1.1.1.1;branch=z", "SIP/2.0/UDP b;rport=5"],
            "SIP/2.0/UDP h;branch=z;rport=7;received=10.0.0.1,SIP/2.0/UDP b;rport=5",
        ),
    ],
)
def test_the_topmost_via_of_a_reply_says_where_its_request_came_from(vias: list[str], expected: str) -> None:
    assert vias_for_replies(vias, "10.0.0.1", 7) == expected


@pytest.mark.parametrize(
    ("vias", "kept"),
    [
        ("SIP/2.0/UDP a:5;branch=z9;rport=5", "SIP/2.0/UDP a:5;branch=;rport=5"),
        ("SIP/2.0/UDP a;branch=z9, SIP/2.0/UDP b;branch=z9b", "SIP/2.0/UDP a;branch=, SIP/2.0/UDP b;branch=z9b"),
        ("SIP/2.0/UDP a; branch=z9, SIP/2.0/UDP b;branch=z9b", "SIP/2.0/UDP a; branch=z9, SIP/2.0/UDP b;branch=z9b"),
        ("SIP/2.0/UDP a", "SIP/2.0/UDP a"),
    ],
)
def test_vias_are_sealed_without_the_branch_that_ours_shows_and_have_it_again(vias: str, kept: str) -> None:
    assert without_branch(vias, "z9") == kept
    assert with_branch(kept, "z9") == vias
