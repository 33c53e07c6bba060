"""Digest authentication against the examples of the RFCs."""

import pytest

from dialplane_simulator.digest import Challenge, Credentials, answer, parameters_of

MUFASA = Credentials("Mufasa", "Circle of Life")
RFC7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(algorithm: str, response: str) -> None:
    value = answer(
        RFC7616.format(algorithm=algorithm),
        MUFASA,
        method="GET",
        uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert parameters_of(value)["response"] == response
    assert parameters_of(value)["opaque"] == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_an_answer_is_accepted_by_who_asked_and_by_nobody_else(algorithm: str) -> None:
    challenge = Challenge(credentials=Credentials("u", "p"), algorithm=algorithm)
    asked = challenge.header("nonce1")[1]

    def accepted(username: str, password: str, nonce: str = "nonce1", method: str = "INVITE") -> bool:
        given = answer(asked, Credentials(username, password), method=method, uri="sip:a@b", cnonce="c")
        return challenge.accepts(given, method="INVITE", is_ours=lambda value: value == nonce)

    assert accepted("u", "p")
    assert not accepted("u", "wrong")
    assert not accepted("other", "p")
    assert not accepted("u", "p", nonce="another")
    assert not accepted("u", "p", method="BYE")


@pytest.mark.parametrize("asked", ["Basic realm=x", 'Digest realm="x", nonce="n", algorithm=SHA-512-256', ""])
def test_a_challenge_that_is_not_known_is_not_answered(asked: str) -> None:
    with pytest.raises(ValueError, match="cannot be answered"):
        answer(asked, MUFASA, method="INVITE", uri="sip:a", cnonce="c")


def test_a_challenge_must_be_one() -> None:
    with pytest.raises(ValueError, match="status 401 or 407"):
        Challenge(credentials=MUFASA, status=403)
