"""The demo: objects, carriers and a first call on a running Dialplane, told to a newcomer."""

import asyncio
import os
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dialplane.client import ApiError, Client
from dialplane.demo import calling, carriers, prepare, screen
from dialplane.demo.calling import DemoFailed
from dialplane.demo.telling import call_and_tell
from dialplane.replica.layout import ReplicaUnavailable
from dialplane.replica.reader import ReplicaReader
from dialplane.serve.child import Program
from dialplane.serve.firststart import Prepared
from dialplane.serve.folder import DataFolder
from dialplane.serve.programs import Programs, text_of
from dialplane.serve.speaker import Speaker
from dialplane.settings import Settings

OWN_COMMAND = "DIALPLANE_COMMAND"
DEFAULT_FOLDER = Path(Settings.model_fields["data"].default)
NUMBER = "+821021656521"
T = TypeVar("T")


class Show:
    """Start the carriers, then `present`. `has_edge`: whether a call can be placed."""

    def __init__(self, folder: DataFolder, programs: Programs, first: Prepared, speaker: Speaker) -> None:
        self._folder = folder
        self._programs = programs
        self._first = first
        self._speaker = speaker
        self._state = carriers.load_state(folder.root, spoken_for=programs.ports())
        self.has_edge = True

    def carriers(self) -> Program:
        """The simulated carriers."""
        return self._programs.carriers(carriers.command(self._folder.root, self._state.ports))

    async def present(self) -> None:
        """Make the demo's objects, place a call, print it and what to do next."""
        try:
            await in_thread(self._present)
        except (ApiError, DemoFailed, OSError) as error:
            self._speaker.warn(f"The demo call did not work: {error}")
        self._welcome()

    def _present(self) -> None:
        with Client(self._programs.control_url, token=self._folder.operator_key.read_text().strip()) as client:
            made = self._prepare(client)
            if not self.has_edge:
                return
            sip = text_of(self._programs.sip)
            calling.wait_until_answering(sip)
            calling.wait_until_used(made.revision, self._edge_revision)
            self._speaker.say(f"\nA call to {NUMBER} through the demo's carriers:\n")
            call_and_tell(self._speaker.console, client, sip=sip, number=NUMBER)

    def _prepare(self, client: Client) -> prepare.Prepared:
        if self._state.prepared:
            return prepare.refresh(client, self._state.ports)
        made = prepare.prepare(client, self._state.ports)
        carriers.save_state(self._folder.root, carriers.DemoState(ports=self._state.ports, prepared=True))
        return made

    def _edge_revision(self) -> int | None:
        reader = ReplicaReader(self._folder.edge / "replica")
        try:
            with reader.view() as view:
                return view.revision
        except ReplicaUnavailable:
            return None
        finally:
            reader.close()

    def _welcome(self) -> None:
        welcome = screen.Welcome(
            http_url=self._programs.control_url,
            sip_address=text_of(self._programs.sip),
            username=self._first.username,
            password=self._first.password or None,
            call=self._call_command(),
        )
        screen.print_welcome(self._speaker.console, welcome)

    def _call_command(self) -> str:
        """As this Dialplane itself was called, and with its data folder where that is not the usual one."""
        program = os.environ.get(OWN_COMMAND, "dialplane")
        root = self._folder.root
        if root == DEFAULT_FOLDER.absolute():
            return f"{program} call"
        near = root.relative_to(Path.cwd()) if root.is_relative_to(Path.cwd()) else root
        return f"{program} call --data {shlex.quote(str(near))}"


async def in_thread(work: Callable[[], T]) -> T:
    """Run it in a thread that is left behind when this is cancelled: a stop must not wait for a call."""
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
