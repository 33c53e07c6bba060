"""The demo's output: the timeline of a call, and what to try next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from dialplane.engine.timeline import Tone, render, timeline_of

STYLES: Mapping[Tone, str] = {
    Tone.TITLE: "bold",
    Tone.PLAIN: "",
    Tone.ATTEMPT: "cyan",
    Tone.GOOD: "green",
    Tone.BAD: "yellow",
    Tone.NOTE: "dim",
}
WIDEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """`password` is None if it was shown before or came from the environment.

    `call` is the command to place a call, None if no calls are taken here. `login_link` logs in a browser, once; "" if
    there is none.
    """

    http_url: str
    sip_address: str
    username: str
    password: str | None
    call: str | None = "dialplane call"
    login_link: str = ""


def print_timeline(console: Console, call: Mapping[str, Any], *, names: Mapping[str, str]) -> None:
    """The call, one line per event. `names` maps provider ids to names."""
    for tone, line in render(timeline_of(call, names=names), width=min(console.width, WIDEST)):
        console.print(Text(line, style=STYLES[tone]), soft_wrap=True)


def print_welcome(console: Console, welcome: Welcome) -> None:
    """Login, addresses, and three commands to try. Commands are never broken over lines."""
    for line in welcome_lines(welcome):
        console.print(Text(line), soft_wrap=True)


def welcome_lines(welcome: Welcome) -> Sequence[str]:
    """The text of `print_welcome`."""
    password = welcome.password or "(as it was set before)"
    login = f'{{"username": "{welcome.username}", "password": "{welcome.password or "..."}"}}'
    return (
        "",
        *((f"Open       {welcome.login_link}   (logs in once, on this machine)",) if welcome.login_link else ()),
        f"Login      {welcome.username}  {password}",
        f"API docs   {welcome.http_url}/docs",
        f"Help       {welcome.http_url}/help/",
        f"Health     {welcome.http_url}/healthz",
        f"Calls      {welcome.http_url}/v1.0/calls",
        *((f"SIP        {welcome.sip_address} (UDP and TCP), from 127.0.0.1",) if welcome.call else ()),
        "",
        "Try next:",
        *_calls(welcome.call),
        f"  curl -s {welcome.http_url}/auth/login -H 'Content-Type: application/json' -d '{login}'",
        "",
        "Stop with Ctrl-C.",
    )


def _calls(command: str | None) -> Sequence[str]:
    if command is None:
        return ()
    return (
        f"  {command} +447700900123    a carrier that says nothing; the next one after 3 s",
        f"  {command} +821000000486    busy: nobody else is asked",
    )
