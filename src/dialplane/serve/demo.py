"""The demo on a running Dialplane: its objects, carriers and callers, a first call, and what to try next."""

import asyncio
import os
import shlex
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dialplane.client import ApiError, Client
from dialplane.control.login import link
from dialplane.demo import calling, carriers, past, prepare, screen
from dialplane.demo.calling import DemoFailed, call_and_print
from dialplane.domain.instants import parse_instant
from dialplane.serve.administrator import Administrator
from dialplane.serve.folder import table_revision
from dialplane.serve.output import Output
from dialplane.serve.programs import Programs
from dialplane.serve.supervisor import Program, Supervised
from dialplane.system import datafolder
from dialplane.system.clock import now_us
from dialplane.system.files import read_json

OWN_COMMAND = "DIALPLANE_COMMAND"
NUMBER = "+821021656521"
T = TypeVar("T")


PAST_US = 3_600_000_000
"""How far back the calls before the demo's start reach."""

LOOK_S = 0.25
"""How often it is looked whether the API's plug is to be pulled."""


class Demo:
    """Start the `carriers`, `present`, start the `callers`. `has_edge`: whether calls can be placed. Raises OSError."""

    def __init__(self, programs: Programs, output: Output, *, has_edge: bool) -> None:
        self._programs = programs
        self._folder = programs.folder
        self._output = output
        self._state = carriers.load_state(self._folder, reserved=programs.ports)
        self._has_edge = has_edge
        self._folder.demo_calls.unlink(missing_ok=True)  # of an earlier start

    def carriers(self) -> Program:
        """The simulated carriers. An edge with a table probes them from its start: they are to be there soon."""
        return self._programs.demo("carriers", carriers.command(self._folder, self._state.ports))

    def callers(self) -> Program | None:
        """Those who make calls; None if there are to be none, or no way for them from their addresses, 127.0.0.0/8."""
        programs, rate = self._programs, self._programs.settings.demo_calls_per_s
        sip = programs.sip.from_here
        if not (self._has_edge and rate and sip.host.startswith("127.")):
            return None
        arguments = (str(sip), programs.control_url, f"{rate:g}")
        return programs.demo("callers", [sys.executable, "-m", "dialplane.demo", "calls", *arguments])

    async def pull_plugs(self, api: Supervised) -> None:
        """Keep the API away for as long as the console says, whenever it does."""
        last = now_us()
        while True:
            await asyncio.sleep(LOOK_S)
            outage = read_json(self._folder.demo_outage)
            if isinstance(outage, dict) and outage["at"] > last:
                last = outage["at"]
                api.kill(away_s=outage["for_s"])

    async def present(self) -> None:
        """Create the demo's objects, place a call and print it, report the calls of the hour before."""
        try:
            await in_thread(self._present)
        except (ApiError, DemoFailed, OSError) as error:
            self._output.warn(f"The demo call did not work: {error}")

    def _present(self) -> None:
        with Client(self._programs.control_url, token=self._folder.operator_key.read_text().strip()) as client:
            prepared = self._prepare(client)
            since = max(now_us() - PAST_US, _newest(client))
            if self._has_edge:
                self._call(client, prepared)
            if rate := self._programs.settings.demo_calls_per_s:
                past.fill(client, self._programs.settings.edge_name, since=since, until=now_us(), calls_per_s=rate)

    def _call(self, client: Client, prepared: prepare.Prepared) -> None:
        sip = str(self._programs.sip)
        for address in (sip, *carriers.answering(self._folder, self._state.ports)):
            calling.wait_until_answering(address)
        calling.wait_until_used(prepared.revision, lambda: table_revision(self._folder))
        self._output.say(f"\nA call to {NUMBER} through the demo's carriers:\n")
        call_and_print(self._output.console, client, sip=sip, number=NUMBER)

    def _prepare(self, client: Client) -> prepare.Prepared:
        if self._state.prepared:
            return prepare.refresh(client, self._state.ports)
        prepared = prepare.prepare(client, self._state.ports)
        carriers.save_state(self._folder, carriers.DemoState(ports=self._state.ports, prepared=True))
        return prepared

    def welcome(self, administrator: Administrator) -> None:
        """Print what to try next, and how this administrator logs in."""
        welcome = screen.Welcome(
            http_url=self._programs.control_url,
            sip_address=str(self._programs.sip),
            username=administrator.username,
            password=administrator.password or None,
            call=call_command(self._folder.root) if self._has_edge else None,
            login_link=self._login_link(administrator.username),
        )
        screen.print_welcome(self._output.console, welcome)

    def _login_link(self, username: str) -> str:
        try:
            code = link.make(self._folder.login_link, username=username)
        except OSError as error:
            self._output.warn(f"There is no link to log in with: {error}")
            return ""
        return f"{self._programs.control_url}{link.PATH}?code={code}"


def call_command(root: Path) -> str:
    """The command to place a call, by the name that Dialplane was started with, and with an unusual data folder."""
    program = shlex.quote(os.environ.get(OWN_COMMAND, "dialplane"))
    if root == datafolder.DEFAULT.absolute():
        return f"{program} call"
    here = Path.cwd()
    is_below = root.is_relative_to(here) and here != Path("/")  # where services are, and nobody who types
    near = root.relative_to(here) if is_below else root
    return f"{program} call --data {shlex.quote(str(near))}"


def _newest(client: Client) -> int:
    """When the last call on record came; 0 if there is none."""
    last = client.calls.list(page_size=1)["result"]
    return parse_instant(last[0]["tm_start"]) if last else 0


async def in_thread(work: Callable[[], T]) -> T:
    """Run it in a thread that is abandoned if this is cancelled: a stop must not wait for a call."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(action: Callable[[], None]) -> None:
        if not outcome.done():
            action()

    def run() -> None:
        try:
            value = work()
        except Exception as error:
            caught = error
            loop.call_soon_threadsafe(settle, lambda: outcome.set_exception(caught))
        else:
            loop.call_soon_threadsafe(settle, lambda: outcome.set_result(value))

    threading.Thread(target=run, daemon=True, name="demo").start()
    return await outcome
