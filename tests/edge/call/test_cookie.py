import pytest

from dialplane.edge.call.cookie import Origin, has_passed, make_cookie, origin_of_cookie
from dialplane.edge.call.path import Path

KEY = b"k" * 32
CALL = Origin("0e1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11", 1_795_000_000_123)

GOOD = make_cookie(CALL, "call-id@pbx", "+8210", key=KEY)
BEHIND_NAT = CALL._replace(path=Path("203.0.113.9", 40_000, "tcp"))


def route(cookie: str) -> str:
    return f"<sip:127.0.0.1:5060;lr=on;ftag=1{cookie}>"


def test_a_cookie_says_which_call_it_was_made_for_and_when_that_began() -> None:
    cookie = make_cookie(CALL, "call-id@pbx", "+8210", key=KEY)

    assert origin_of_cookie(route(cookie), "call-id@pbx", key=KEY) == CALL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<sip:127.0.0.1;lr>",
        route(f";dp={'0' * 32}.1.{'0' * 16}"),
        route(GOOD.replace(f"{CALL.began_ms:x}", f"{CALL.began_ms + 1:x}")),
        route(make_cookie(CALL, "another-call-id", "+8210", key=KEY)),
        route(make_cookie(CALL, "call-id@pbx", "+8210", key=b"x" * 32)),
        route(make_cookie(CALL, "call-id@pbx", "+8210", key=KEY)[:-1]),
        route(make_cookie(CALL, "call-id@pbx", "+8210", key=KEY) + "0"),
        route(make_cookie(CALL, "call-id@pbx", "+8210", key=KEY).upper()),
    ],
)
def test_what_we_did_not_make_for_this_dialog_is_no_cookie(text: str) -> None:
    assert origin_of_cookie(text, "call-id@pbx", key=KEY) is None


@pytest.mark.parametrize(
    ("sip_call_id", "dialled", "passed"),
    [("call-id@pbx", "+8210", True), ("call-id@pbx", "+8220", False), ("another-call-id", "+8210", False)],
)
def test_a_call_has_passed_with_its_call_id_and_number(sip_call_id: str, dialled: str, passed: bool) -> None:
    routes = ["<sip:10.0.0.1;lr>", f"<sip:10.0.0.2;lr>, {route(make_cookie(CALL, 'call-id@pbx', '+8210', key=KEY))}"]

    assert has_passed(routes, sip_call_id, dialled, key=KEY) is passed
    assert not has_passed(routes, sip_call_id, dialled, key=b"x" * 32)


def test_the_path_to_a_caller_behind_nat_is_in_it_and_only_we_can_read_it() -> None:
    cookie = make_cookie(BEHIND_NAT, "call-id@pbx", "+8210", key=KEY)

    assert origin_of_cookie(route(cookie), "call-id@pbx", key=KEY) == BEHIND_NAT
    assert BEHIND_NAT.path is not None
    assert BEHIND_NAT.path.packed().hex() not in cookie
