"""The answer to a carrier's challenge."""

import pytest

from dialplane.edge.call.digest import Credentials, authorization, challenge_in

MUFASA = Credentials("Mufasa", "Circle of Life")
NONCE, OPAQUE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
CLIENT_NONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def response(*challenges: str) -> str:
    lines = "".join(f"{challenge}\r\n" for challenge in challenges)
    return f"SIP/2.0 407 Auth\r\nVia: SIP/2.0/UDP 10.0.0.1\r\n{lines}\r\nWWW-Authenticate: Digest x"


def asks(algorithm: str, *, more: str = ', qop="auth, auth-int"', header: str = "WWW-Authenticate") -> str:
    return (
        f'{header}: Digest realm="http-auth@example.org",\r\n qop="auth, auth-int", algorithm={algorithm},'
        f' nonce="{NONCE}", opaque="{OPAQUE}"'.replace(', qop="auth, auth-int"', more)
    )


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, expected: str) -> None:
    challenge = challenge_in(response(asks(algorithm)))

    assert challenge is not None
    name, body = authorization(challenge, MUFASA, method="GET", uri="/dir/index.html", client_nonce=CLIENT_NONCE)
    assert name == "Authorization"
    assert f'response="{expected}"' in body
    assert f'cnonce="{CLIENT_NONCE}"' in body
    assert f"algorithm={algorithm}" in body
    assert "qop=auth, nc=00000001" in body


def test_without_qop_there_is_none_in_the_answer() -> None:
    challenge = challenge_in(response('Proxy-Authenticate: Digest realm="a", nonce="b"'))

    assert challenge is not None
    name, body = authorization(challenge, Credentials("u", "p"), method="INVITE", uri="sip:a@b")
    assert name == "Proxy-Authorization"
    assert body.startswith('Digest username="u", realm="a", nonce="b", uri="sip:a@b", response="')
    assert body.endswith('", algorithm=MD5')


@pytest.mark.parametrize(
    ("challenges", "algorithm"),
    [
        (("SHA-256", "MD5"), "SHA-256"),
        (("MD5", "SHA-256"), "MD5"),
        (("SHA-512-256", "MD5"), "SHA-512-256"),
        (("MD5-sess",), "MD5-sess"),
        (("sha-256-SESS",), "sha-256-SESS"),
        (("AKAv1-MD5", "MD5"), "MD5"),
    ],
)
def test_the_topmost_that_is_known_is_answered(challenges: tuple[str, ...], algorithm: str) -> None:
    challenge = challenge_in(response(*map(asks, challenges)))

    assert challenge is not None
    assert challenge.algorithm == algorithm


@pytest.mark.parametrize(
    "text",
    [
        'WWW-Authenticate: Digest realm="a", nonce="b", qop="auth-int"',
        'WWW-Authenticate: Digest realm="a", nonce=""',
        'WWW-Authenticate: Digest realm="a", nonce="b", algorithm=NEW',
        'WWW-Authenticate: Basic realm="a"',
        'WWW-Authenticate: Digest realm="a\x01", nonce="b"',
        "X: y",
    ],
)
def test_what_cannot_be_answered_is_no_challenge(text: str) -> None:
    assert challenge_in(response(text)) is None
