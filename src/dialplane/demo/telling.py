"""A call placed, and told: what `serve --demo` and `dialplane call` both do."""

from rich.console import Console

from dialplane.client import Client
from dialplane.demo.calling import fetch_call, place_call
from dialplane.demo.screen import print_timeline
from dialplane.engine.number import normalise


def call_and_tell(console: Console, client: Client, *, sip: str, number: str) -> None:
    """Place the call through the edge at `sip`, wait for its record, print it as a timeline.

    Raises InvalidValue, OSError, ApiError and DemoFailed, as `calling` does.
    """
    names = {provider["id"]: provider["name"] for provider in client.providers.all()}
    result = place_call(sip, number)
    call = fetch_call(client, result, number=normalise(number).number)
    print_timeline(console, call, names=names)
