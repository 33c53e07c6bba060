"""What the demo prints reads the same with colours and without."""

import io
import re

import pytest
from rich.console import Console

from dialplane.demo.screen import Welcome, print_timeline, print_welcome
from tests.engine.calls import NAMES
from tests.engine.test_timeline import FAILOVER, printed

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def console(*, colours: bool, width: int = 80) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, force_terminal=colours, color_system="standard" if colours else None), out


@pytest.mark.parametrize("colours", [True, False])
def test_colours_add_nothing_but_colour(colours: bool) -> None:
    screen, out = console(colours=colours)
    print_timeline(screen, FAILOVER, names=NAMES)
    assert ("\x1b" in out.getvalue()) == colours
    assert ESCAPE.sub("", out.getvalue()).rstrip("\n") == printed(FAILOVER)


def test_a_narrow_terminal_wraps_between_words() -> None:
    screen, out = console(colours=False, width=50)
    print_timeline(screen, FAILOVER, names=NAMES)
    assert max(len(line) for line in out.getvalue().splitlines()) <= 50


def test_the_welcome_has_login_addresses_and_three_commands() -> None:
    screen, out = console(colours=False)
    print_welcome(
        screen,
        Welcome(
            http_url="http://127.0.0.1:8080", sip_address="127.0.0.1:5060", username="admin@localhost", password="[b]s3"
        ),
    )
    text = out.getvalue()
    for expected in ("admin@localhost", "[b]s3", "http://127.0.0.1:8080/docs", "/healthz", "/v1.0/calls"):
        assert expected in text
    commands = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    assert [line.split()[0] for line in commands] == ["dialplane", "dialplane", "curl"]


def test_a_password_that_was_shown_before_is_not_made_up() -> None:
    screen, out = console(colours=False)
    welcome = Welcome(http_url="http://x", sip_address="x:1", username="admin", password=None)
    print_welcome(screen, welcome)
    assert "None" not in out.getvalue()
    assert "(as it was set before)" in out.getvalue()


def test_where_no_calls_are_taken_none_are_suggested() -> None:
    screen, out = console(colours=False)
    print_welcome(screen, Welcome(http_url="http://x", sip_address="x:1", username="admin", password=None, call=None))
    assert "SIP" not in out.getvalue()
    commands = [line.split()[0] for line in out.getvalue().splitlines() if line.startswith("  ")]
    assert commands == ["curl"]
