"""One Dialplane at work: which programs start, in which order, and how they stop."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version

from dialplane.client import AsyncClient
from dialplane.client.retries import NO_RETRIES
from dialplane.kamailio import command
from dialplane.serve import ports
from dialplane.serve.demo import Demo
from dialplane.serve.output import Output
from dialplane.serve.programs import Programs
from dialplane.serve.start import Administrator, held, prepare_control_plane
from dialplane.serve.supervisor import Program, Stages, Supervised, trim
from dialplane.settings import Settings
from dialplane.system.datafolder import RunningInstance
from dialplane.system.process import kill_all_with_arguments

READY_WITHIN_S = 30.0
TRIM_LOGS_S = 10.0


class Service:
    """`alone`: an edge without a control plane of its own. `run` raises CannotStart if it cannot begin."""

    def __init__(self, settings: Settings, output: Output, *, alone: bool = False) -> None:
        self._settings = settings
        self._output = output
        self._alone = alone
        self._folder = settings.folder
        self._stopping = asyncio.Event()
        self._stages = Stages()

    async def run(self) -> None:
        """Run until SIGTERM or Ctrl-C."""
        began = time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        with held(self._folder, self._output.warn):
            # an earlier instance's Kamailio, left behind, would hold the SIP port
            kill_all_with_arguments(("-f", self._folder.edge.kamailio.config))
            programs = self._programs()
            instance = RunningInstance(os.getpid(), programs.control_url, str(programs.sip))
            with self._folder.announced(instance):
                await self._work(programs, began)

    def _on_signal(self) -> None:
        """The first signal stops everything in order, the second kills it."""
        if self._stopping.is_set():
            self._stages.kill()
        self._stopping.set()

    def _programs(self) -> Programs:
        settings = self._settings
        http = None if self._alone else ports.http(settings.http)
        sip = ports.sip(settings.sip)
        return Programs(
            settings=settings,
            http=http,
            sip=sip,
            sip_tls=ports.sip_tls(settings.sip_tls, beside=sip),
            advertised=ports.advertised(sip, settings.sip_advertised),
        )

    async def _work(self, programs: Programs, began: float) -> None:
        self._output.say(f"Dialplane {version('dialplane')}", style="bold")
        self._output.fact("Data", str(self._folder.root))
        administrator = None if self._alone else await prepare_control_plane(self._settings)
        if administrator is not None and administrator.secrets_problem:
            self._output.warn(f"Passwords of carriers and trunks are missing: {administrator.secrets_problem}.")
        if administrator is not None and administrator.created:
            self._print_login(administrator)
        demo = Demo(programs, administrator, self._output) if self._settings.demo and administrator else None
        try:
            async with asyncio.TaskGroup() as group:
                trimming = group.create_task(self._trim_logs())
                await self._start(group, programs, demo)
                self._print_started(programs, began)
                await self._until_stopped(demo)
                self._output.say("Stopping ...")
                await self._stages.stop()
                trimming.cancel()
        finally:
            await self._stages.stop()
        self._output.say("Stopped.")

    async def _trim_logs(self) -> None:
        while True:
            with suppress(OSError):  # a log that cannot be trimmed is no reason to stop
                await asyncio.to_thread(trim, list(self._folder.logs.glob("*.log")))
            await asyncio.sleep(TRIM_LOGS_S)

    async def _start(self, group: asyncio.TaskGroup, programs: Programs, demo: Demo | None) -> None:
        if not self._alone:
            self._supervise(group, self._stages.control, programs.api())
            await self._until_ready(programs.control_url)
        self._supervise(group, self._stages.records, programs.companion())
        missing = command.missing()
        if missing:
            self._warn_of(missing)
        else:
            self._supervise(group, self._stages.calls, programs.kamailio())
        if demo is not None:
            self._supervise(group, self._stages.calls, demo.carriers())
            demo.has_edge = not missing

    def _supervise(self, group: asyncio.TaskGroup, stage: list[Supervised], program: Program) -> None:
        supervised = Supervised(program, report=self._output.warn)
        stage.append(supervised)
        group.create_task(supervised.run())

    async def _until_ready(self, url: str) -> None:
        """Wait for the API to serve, but not for long: it is supervised anyway."""
        deadline = time.monotonic() + READY_WITHIN_S
        async with AsyncClient(url, timeout_s=2.0, retries=NO_RETRIES) as client:
            while not self._stopping.is_set() and not await client.ready():
                if time.monotonic() > deadline:
                    log = self._folder.log("api")
                    self._output.warn(f"The API is not ready after {READY_WITHIN_S:g} s; see {log}")
                    return
                await asyncio.sleep(0.05)

    async def _until_stopped(self, demo: Demo | None) -> None:
        """Wait for the stop. The demo, if there is one, runs meanwhile; a stop does not wait for it."""
        presenting = asyncio.ensure_future(demo.present()) if demo is not None else None
        await self._stopping.wait()
        if presenting is not None:
            presenting.cancel()
            await asyncio.gather(presenting, return_exceptions=True)

    def _print_started(self, programs: Programs, began: float) -> None:
        if programs.http is not None:
            self._output.fact("API", f"{programs.control_url}   (documentation at /docs)")
        else:
            self._output.fact("Follows", programs.control_url)
        reached = f"; others reach it at {programs.advertised}" if programs.advertised else ""
        tls_port = programs.sip_tls.port
        self._output.fact("SIP", f"{programs.sip}   (UDP and TCP; TLS at port {tls_port}{reached})")
        self._output.fact("Started", f"in {time.monotonic() - began:.1f} s; Ctrl-C stops it")

    def _print_login(self, administrator: Administrator) -> None:
        self._output.fact("Login", administrator.username)
        if administrator.password:
            self._output.fact("Password", f"{administrator.password}   (shown this once)")

    def _warn_of(self, missing: Sequence[str]) -> None:
        names = ", ".join(missing)
        self._output.warn(f"No calls are taken: {names} is missing. To install it: {command.install_command()}")
