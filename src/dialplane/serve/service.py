"""One Dialplane at work: which programs start, in which order, and how they stop.

Calls come before everything: where there is a table to decide them on, Kamailio and companion start first, and nothing
that fails afterwards ends them. The control plane is tried again until it can be prepared.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING

from dialplane.kamailio import command
from dialplane.serve import ports
from dialplane.serve.administrator import Administrator
from dialplane.serve.folder import held, table_revision
from dialplane.serve.output import CannotStart, Output
from dialplane.serve.programs import Programs
from dialplane.serve.supervisor import Program, Stages, Supervised, trim
from dialplane.settings import Settings
from dialplane.system.address import SocketAddress, advertised
from dialplane.system.datafolder import RunningInstance
from dialplane.system.process import collect_orphans, kill_all_with_arguments

if TYPE_CHECKING:
    from dialplane.serve.demo import Demo

READY_WITHIN_S = 30.0
KAMAILIO_ALONE_S = 2.0
"""How long a Kamailio that does not listen yet has the processor to itself."""

PREPARE_AGAIN_S = 1.0
HOUSEKEEPING_S = 10.0


class Service:
    """`alone`: an edge without a control plane of its own. `run` raises CannotStart if it cannot begin."""

    def __init__(self, settings: Settings, output: Output, *, alone: bool = False) -> None:
        self._settings = settings
        self._output = output
        self._alone = alone
        self._folder = settings.folder
        self._stopping = asyncio.Event()
        self._stages = Stages()
        self._began = time.monotonic()

    async def run(self) -> None:
        """Run until SIGTERM, SIGHUP or Ctrl-C."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        with held(self._folder, self._output.warn):
            # an earlier instance's Kamailio, left behind, would hold the SIP port
            kill_all_with_arguments(("-f", self._folder.edge.kamailio.config))
            takes_calls = table_revision(self._folder) is not None
            programs = self._programs(takes_calls=takes_calls)
            if not takes_calls:
                self._print_name()
            # without a table there is nothing to run for before the control plane is ready
            administrator = None if self._alone or takes_calls else await self._prepare()
            await self._work(programs, administrator, takes_calls=takes_calls)

    def _on_signal(self) -> None:
        """The first signal stops everything in order, the second kills it."""
        if self._stopping.is_set():
            self._stages.kill()
        self._stopping.set()

    def _programs(self, *, takes_calls: bool) -> Programs:
        settings, taken = self._settings, self._print_taken if self._settings.demo else None
        sip = ports.sip(settings.sip, on_taken=taken)
        return Programs(
            settings=settings,
            http=None if self._alone else self._http(takes_calls=takes_calls),
            sip=sip,
            sip_tls=ports.sip_tls(settings.sip_tls, beside=sip),
            advertised=advertised(sip, settings.sip_advertised),
        )

    def _http(self, *, takes_calls: bool) -> SocketAddress:
        """The API's socket; if calls can be taken without it, it is tried only when the API is about to start."""
        wanted = self._settings.http
        if self._settings.demo:
            return ports.http(wanted, on_taken=self._print_taken)
        return wanted if takes_calls and wanted.port else ports.http(wanted)

    async def _work(self, programs: Programs, administrator: Administrator | None, *, takes_calls: bool) -> None:
        instance = RunningInstance(os.getpid(), programs.control_url, str(programs.sip))
        try:
            with self._folder.announced(instance) as announce:
                async with asyncio.TaskGroup() as group:
                    going = [group.create_task(self._housekeeping(announce))]
                    companion = await self._start_edge(group, programs, takes_calls=takes_calls)
                    if self._alone:
                        self._output.fact("Follows", programs.control_url)
                        self._print_started()
                    else:
                        control = self._control_plane(group, programs, administrator, companion)
                        going.append(group.create_task(self._surviving(control)))
                    await self._stopping.wait()
                    self._output.say("Stopping ...")
                    for task in going:
                        task.cancel()
                    await self._stages.stop()
        finally:
            await self._stages.stop()
        self._output.say("Stopped.")

    async def _housekeeping(self, announce: Callable[[], None]) -> None:
        while True:
            with suppress(OSError):  # a log that cannot be trimmed is no reason to stop
                await asyncio.to_thread(trim, list(self._folder.logs.glob("*.log")))
            announce()
            collect_orphans()
            await asyncio.sleep(HOUSEKEEPING_S)

    async def _start_edge(self, group: asyncio.TaskGroup, programs: Programs, *, takes_calls: bool) -> Supervised:
        """Start Kamailio, if it is installed, and the companion, which is returned.

        Where calls can be taken, Kamailio has the processor first: all else takes seconds of it to load.
        """
        missing = command.missing()
        if not missing:
            self._supervise(group, self._stages.calls, programs.kamailio())
        if takes_calls:
            if not missing:
                await asyncio.to_thread(ports.await_listener, programs.sip, within_s=KAMAILIO_ALONE_S)
            self._print_name()
        if missing:
            self._warn_of(missing)
        else:
            self._print_sip(programs)
        return self._supervise(group, self._stages.records, programs.companion())

    async def _control_plane(
        self,
        group: asyncio.TaskGroup,
        programs: Programs,
        administrator: Administrator | None,
        companion: Supervised,
    ) -> None:
        """Prepare it unless an administrator says that it is, start the API and, if it was asked for, the demo."""
        demo = self._demo(group, programs) if self._settings.demo else None
        if administrator is None:
            administrator = await self._prepare_in_the_end(programs.http or self._settings.http)
            if administrator.has_new_edge_key:
                await companion.restart()
        api = self._supervise(group, self._stages.control, programs.api())
        await self._until_ready(programs.control_url)
        self._output.fact("API", f"{programs.control_url}   (documentation at /docs)")
        self._print_started()
        if demo is not None:
            await demo.present()
            if (callers := demo.callers()) is not None:
                self._supervise(group, self._stages.calls, callers)
            demo.welcome(administrator)
            await demo.pull_plugs(api)

    def _demo(self, group: asyncio.TaskGroup, programs: Programs) -> "Demo | None":
        """The demo, with its carriers started; None if it has no place for them."""
        # imported late: calls do not wait for a client of HTTP
        from dialplane.serve.demo import Demo

        try:
            demo = Demo(programs, self._output, has_edge=bool(self._stages.calls))
        except OSError as error:
            self._output.warn(f"There is no demo: {error}")
            return None
        self._supervise(group, self._stages.calls, demo.carriers())
        return demo

    async def _prepare(self) -> Administrator:
        # imported late: calls do not wait for the database's libraries
        from dialplane.serve.start import prepare_control_plane

        administrator = await prepare_control_plane(self._settings, show=self._print_login)
        if administrator.secrets_problem:
            self._output.warn(f"Passwords of carriers and trunks are missing: {administrator.secrets_problem}.")
        return administrator

    async def _prepare_in_the_end(self, http: SocketAddress) -> Administrator:
        """Prepare the control plane as often as it takes. Each reason why it cannot be is printed once."""
        printed = ""
        while True:
            try:
                await asyncio.to_thread(ports.http, http)
                return await self._prepare()
            except CannotStart as error:
                why = str(error).strip()
            except Exception as error:
                why = f"{type(error).__name__}: {error}."
            if why != printed:
                self._output.warn(f"The API is not there. {why} It starts by itself once this is mended; calls go on.")
            printed = why
            await asyncio.sleep(PREPARE_AGAIN_S)

    async def _surviving(self, work: Coroutine[object, object, None]) -> None:
        """Do this; its failure ends nothing else."""
        try:
            await work
        except Exception as error:
            self._output.warn(f"{type(error).__name__}: {error}; what runs goes on.")

    def _supervise(self, group: asyncio.TaskGroup, stage: list[Supervised], program: Program) -> Supervised:
        supervised = Supervised(program, report=self._output.warn, journal=self._output.journal)
        stage.append(supervised)
        group.create_task(supervised.run())
        return supervised

    async def _until_ready(self, url: str) -> None:
        """Wait for the API to serve, but not for long: it is supervised anyway."""
        # imported late: calls do not wait for a client of HTTP
        from dialplane.client import AsyncClient
        from dialplane.client.retries import NO_RETRIES

        deadline = time.monotonic() + READY_WITHIN_S
        async with AsyncClient(url, timeout_s=2.0, retries=NO_RETRIES) as client:
            while not await client.ready():
                if time.monotonic() > deadline:
                    log = self._folder.log("api")
                    self._output.warn(f"The API is not ready after {READY_WITHIN_S:g} s; see {log}")
                    return
                await asyncio.sleep(0.05)

    def _print_taken(self, wanted: SocketAddress, instead: SocketAddress) -> None:
        self._output.warn(f"Another program already uses {wanted}: the demo takes port {instead.port}.")

    def _print_name(self) -> None:
        self._output.say(f"Dialplane {version('dialplane')}", style="bold")
        self._output.fact("Data", str(self._folder.root))

    def _print_sip(self, programs: Programs) -> None:
        reached = f"; others reach it at {programs.advertised}" if programs.advertised else ""
        tls_port = programs.sip_tls.port
        self._output.fact("SIP", f"{programs.sip}   (UDP and TCP; TLS at port {tls_port}{reached})")

    def _print_started(self) -> None:
        self._output.fact("Started", f"in {time.monotonic() - self._began:.1f} s; Ctrl-C stops it")

    def _print_login(self, administrator: Administrator) -> None:
        self._output.fact("Login", administrator.username)
        if administrator.password:
            self._output.fact("Password", f"{administrator.password}   (shown this once)")

    def _warn_of(self, missing: Sequence[str]) -> None:
        names = ", ".join(missing)
        self._output.warn(f"No calls are taken: {names} is missing. To install it: {command.install_command()}")
