import pytest

from dialplane.edge.call.cookie import Origin, make_cookie, origin_of_cookie

KEY = b"k" * 32
CALL = Origin("0e1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11", 1_795_000_000_123)


def route(cookie: str) -> str:
    return f"<sip:127.0.0.1:5060;lr=on;ftag=1{cookie}>"


def test_a_cookie_says_which_call_it_was_made_for_and_when_that_began() -> None:
    cookie = make_cookie(CALL, "call-id@pbx", key=KEY)

    assert origin_of_cookie(route(cookie), "call-id@pbx", key=KEY) == CALL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<sip:127.0.0.1;lr>",
        route(f";dp={'0' * 32}.1.{'0' * 16}"),
        route(make_cookie(CALL, "call-id@pbx", key=KEY).replace(f"{CALL.began_ms:x}", f"{CALL.began_ms + 1:x}")),
        route(make_cookie(CALL, "another-call-id", key=KEY)),
        route(make_cookie(CALL, "call-id@pbx", key=b"x" * 32)),
        route(make_cookie(CALL, "call-id@pbx", key=KEY)[:-1]),
        route(make_cookie(CALL, "call-id@pbx", key=KEY) + "0"),
        route(make_cookie(CALL, "call-id@pbx", key=KEY).upper()),
    ],
)
def test_what_we_did_not_make_for_this_dialog_is_no_cookie(text: str) -> None:
    assert origin_of_cookie(text, "call-id@pbx", key=KEY) is None
