"""Session tokens: only ours, only live ones, and a rotated key logs nobody out."""

import base64
import json
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest

from dialplane.control.login.sessions import RENEWED_AFTER_S, SESSION_LIFETIME_S, SessionKeys, rotate

AGENT = "11111111-2222-4333-8444-555555555555"
SECRET = b"s" * 48
KEYS = SessionKeys([("1", SECRET)])
NOW = 1_700_000_000_000_000


def forged(claims: dict[str, Any], *, algorithm: str = "HS256", kid: str = "1") -> str:
    return jwt.encode(claims, SECRET if algorithm != "none" else "", algorithm=algorithm, headers={"kid": kid})


def good_claims() -> dict[str, Any]:
    seconds = NOW // 1_000_000
    return {"iss": "dialplane", "sub": AGENT, "stamp": "s", "iat": seconds, "exp": seconds + 60}


def test_a_token_says_who_and_for_how_long() -> None:
    claims = KEYS.verify(KEYS.issue(AGENT, "stamp", now=NOW), now=NOW + 1)
    assert (claims.agent_id, claims.stamp) == (AGENT, "stamp")
    assert claims.expires_at == NOW + SESSION_LIFETIME_S * 1_000_000


def test_a_session_keeps_its_id_when_it_is_renewed() -> None:
    token = KEYS.issue_to_browser(AGENT, "stamp", now=NOW)
    later = NOW + RENEWED_AFTER_S * 1_000_000
    renewed = KEYS.renewed(token, now=later)
    assert renewed is not None
    ids = [KEYS.verify(one, now=later).id for one in (token, renewed, KEYS.issue_to_browser(AGENT, "stamp", now=NOW))]
    assert ids[0] == ids[1] != ids[2]
    assert KEYS.verify(forged(good_claims()), now=NOW).id == "", "sessions of older versions have none, and last"


def test_a_token_ends_after_seven_days() -> None:
    token = KEYS.issue(AGENT, "stamp", now=NOW)
    ends = NOW + SESSION_LIFETIME_S * 1_000_000
    assert KEYS.verify(token, now=ends - 1)
    with pytest.raises(ValueError, match="ended"):
        KEYS.verify(token, now=ends)


def test_a_session_of_a_clock_that_was_ahead_is_over_once_it_is_right() -> None:
    year_us = 365 * 86_400_000_000
    for issue in (KEYS.issue, KEYS.issue_to_browser):
        assert KEYS.verify(issue(AGENT, "stamp", now=NOW + 60_000_000), now=NOW), "clocks of nodes differ by a little"
        with pytest.raises(ValueError, match="ahead"):
            KEYS.verify(issue(AGENT, "stamp", now=NOW + year_us), now=NOW)


@pytest.mark.parametrize("missing", ["iss", "sub", "stamp", "iat", "exp"])
def test_a_token_without_a_required_claim_is_refused(missing: str) -> None:
    assert KEYS.verify(forged(good_claims()), now=NOW)
    claims = {name: value for name, value in good_claims().items() if name != missing}
    with pytest.raises(ValueError, match="session"):
        KEYS.verify(forged(claims), now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "somebody else"},
        {"exp": "tomorrow"},
        {"exp": None},
        {"exp": True},
        {"exp": 1e400},
        {"iat": []},
        {"stamp": 7},
        {"sub": 7},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="session"):
        KEYS.verify(forged(good_claims() | wrong), now=NOW)


def test_another_algorithm_key_or_no_signature_is_refused() -> None:
    header, payload, signature = forged(good_claims()).split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "1"}).encode()).rstrip(b"=").decode()
    for token in (
        forged(good_claims(), algorithm="HS384"),
        forged(good_claims(), kid="2"),
        jwt.encode(good_claims(), SECRET),
        f"{none}.{payload}.",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-2]}AA",
        f"{header}.{payload}",
        "",
        "..",
        "\x00.\x00.\x00",
    ):
        with pytest.raises(ValueError, match="session"):
            KEYS.verify(token, now=NOW)


def test_keys_are_made_once_kept_private_and_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    token = SessionKeys.in_folder(folder).issue(AGENT, "s", now=NOW)
    assert SessionKeys.in_folder(folder).verify(token, now=NOW).agent_id == AGENT
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32


def test_a_rotated_key_logs_nobody_out_and_is_taken_over_without_a_restart(tmp_path: Path) -> None:
    keys = SessionKeys.in_folder(tmp_path)
    other_process = SessionKeys.in_folder(tmp_path)
    tokens = []
    for _ in range(3):
        tokens.append(keys.issue(AGENT, "s", now=NOW))
        rotate(tmp_path)
    tokens.append(keys.issue(AGENT, "s", now=NOW))
    assert [jwt.get_unverified_header(token)["kid"] for token in tokens] == ["000001", "000002", "000003", "000004"]
    for token in tokens:
        assert keys.verify(token, now=NOW).agent_id == AGENT
        assert other_process.verify(token, now=NOW).agent_id == AGENT


def test_a_rotation_removes_keys_whose_sessions_have_all_ended(tmp_path: Path) -> None:
    token = SessionKeys.in_folder(tmp_path).issue(AGENT, "s", now=NOW)
    rotate(tmp_path)
    newer = SessionKeys.in_folder(tmp_path).issue(AGENT, "s", now=NOW)
    (long_ago := tmp_path / "000002.session-key").touch()
    os.utime(long_ago, times=(0, time.time() - SESSION_LIFETIME_S - 60))
    rotate(tmp_path)
    keys = SessionKeys.in_folder(tmp_path)
    assert keys.verify(newer, now=NOW).agent_id == AGENT
    with pytest.raises(ValueError, match="session"):
        keys.verify(token, now=NOW)


def test_keys_that_cannot_be_read_leave_those_in_use(tmp_path: Path) -> None:
    keys = SessionKeys.in_folder(tmp_path)
    token = keys.issue(AGENT, "s", now=NOW)
    (tmp_path / "000002.session-key").mkdir()
    assert keys.verify(keys.issue(AGENT, "s", now=NOW), now=NOW) == keys.verify(token, now=NOW)


def test_two_processes_that_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    folders = [tmp_path] * 8
    with ThreadPoolExecutor(len(folders)) as threads:
        one, *others = threads.map(SessionKeys.in_folder, folders)
    token = one.issue(AGENT, "s", now=NOW)
    assert all(keys.verify(token, now=NOW).agent_id == AGENT for keys in others)


def test_there_must_be_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        SessionKeys([])
