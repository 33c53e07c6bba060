"""One Dialplane at work: what is started, in which order, watched over, and stopped."""

import asyncio
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

from dialplane.client import AsyncClient
from dialplane.client.retries import NO_RETRIES
from dialplane.kamailio import render
from dialplane.kamailio.config import TlsConfig
from dialplane.kamailio.render import CONFIG_FILE
from dialplane.serve import ports
from dialplane.serve.child import Program
from dialplane.serve.firststart import Prepared, prepare_control_plane
from dialplane.serve.folder import DataFolder
from dialplane.serve.orphans import kill_orphans
from dialplane.serve.programs import Programs, local_url, text_of
from dialplane.serve.running import announced
from dialplane.serve.show import Show
from dialplane.serve.speaker import Speaker
from dialplane.serve.watch import Watch
from dialplane.settings import Settings, split_list

READY_WITHIN_S = 30.0
TRIM_LOGS_S = 10.0


@dataclass(slots=True)
class Watches:
    """The programs at work, in the order in which they are stopped: who takes calls first, who keeps records last."""

    stages: tuple[list[Watch], list[Watch], list[Watch]]

    async def stop(self) -> None:
        """End them; each has its own bound, so the whole is bounded."""
        for stage in self.stages:
            await asyncio.gather(*(watch.stop() for watch in stage))

    def kill(self) -> None:
        """End them now."""
        for stage in self.stages:
            for watch in stage:
                watch.kill()


class Service:
    """`alone`: an edge without a control plane of its own. Raises CannotStart from `run` where it cannot begin."""

    def __init__(self, settings: Settings, speaker: Speaker, *, alone: bool = False) -> None:
        self._settings = settings
        self._speaker = speaker
        self._alone = alone
        self._folder = DataFolder(settings.data.absolute())
        self._stopping = asyncio.Event()
        self._watches = Watches(([], [], []))

    async def run(self) -> None:
        """Run until SIGTERM or Ctrl-C."""
        began = time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        self._folder.make()
        with self._folder.locked():
            kill_orphans(self._folder.kamailio / CONFIG_FILE)
            programs = self._programs()
            with announced(self._folder.root, control_url=programs.control_url, sip=text_of(programs.sip)):
                await self._work(programs, began)

    def _on_signal(self) -> None:
        """The first asks everything to end, the second does not ask."""
        if self._stopping.is_set():
            self._watches.kill()
        self._stopping.set()

    def _programs(self) -> Programs:
        settings = self._settings
        http = None if self._alone else ports.http(*settings.http_address)
        sip = ports.sip(*settings.sip_address)
        own_key = self._folder.edge_key
        return Programs(
            folder=self._folder,
            edge=settings.edge_name or socket.gethostname(),
            control_url=settings.control_url if http is None else local_url(http),
            key_file=(settings.key_file or own_key).absolute() if self._alone else own_key,
            http=http,
            sip=sip,
            sip_tls=ports.sip_tls(settings.sip_tls, beside=sip),
            advertised=ports.advertised(sip[0], settings.sip_advertised),
            tls=TlsConfig(
                certificate=settings.tls_certificate, key=settings.tls_key, authorities=settings.carrier_authorities
            ),
            denied_networks=split_list(settings.denied_networks),
            max_attempts=settings.max_attempts,
            strangers=settings.strangers,
            stranger_requests=settings.stranger_requests,
            ban_s=settings.ban_s,
            source_requests_per_second=settings.source_requests_per_second,
            new_calls_per_second=settings.new_calls_per_second,
            hide_topology=settings.hide_topology,
            # the demo's first carrier refuses every call, so that the failover can be seen
            breaker_failures=0 if settings.demo else settings.breaker_failures,
            breaker_open_s=settings.breaker_open_s,
            max_call_s=settings.max_call_s,
            keepalive_s=settings.call_keepalive_s,
            api_stop_s=settings.shutdown_timeout_s + 2.0,
        )

    async def _work(self, programs: Programs, began: float) -> None:
        self._speaker.say(f"Dialplane {version('dialplane')}", style="bold")
        self._speaker.fact("Data", str(self._folder.root))
        first = None if self._alone else await prepare_control_plane(self._settings, self._folder, programs.edge)
        show = Show(self._folder, programs, first, self._speaker) if self._settings.demo and first else None
        if first is not None and first.created:
            self._tell_administrator(first)
        try:
            async with asyncio.TaskGroup() as group:
                trimming = group.create_task(self._trim_logs())
                await self._start(group, programs, show)
                self._tell_started(programs, began)
                await self._until_stopped(show)
                self._speaker.say("Stopping ...")
                await self._watches.stop()
                trimming.cancel()
        finally:
            await self._watches.stop()
        self._speaker.say("Stopped.")

    async def _trim_logs(self) -> None:
        while True:
            with suppress(OSError):  # a log that cannot be trimmed is no reason to stop
                await asyncio.to_thread(self._folder.trim_logs)
            await asyncio.sleep(TRIM_LOGS_S)

    async def _start(self, group: asyncio.TaskGroup, programs: Programs, show: Show | None) -> None:
        calls, records, control = self._watches.stages
        if not self._alone:
            self._watch(group, control, programs.api())
            await self._until_ready(programs.control_url)
        self._watch(group, records, programs.agent())
        lacking = render.missing()
        if lacking:
            self._tell_lacking(lacking)
        else:
            self._watch(group, calls, programs.kamailio())
        if show is not None:
            self._watch(group, calls, show.carriers())
            show.has_edge = not lacking

    def _watch(self, group: asyncio.TaskGroup, stage: list[Watch], program: Program) -> None:
        watch = Watch(program, say=self._speaker.warn)
        stage.append(watch)
        group.create_task(watch.run())

    async def _until_ready(self, url: str) -> None:
        """Until the API can serve, or it is clear that this takes longer; it is watched over all the same."""
        deadline = time.monotonic() + READY_WITHIN_S
        async with AsyncClient(url, timeout_s=2.0, retries=NO_RETRIES) as client:
            while not self._stopping.is_set() and not await client.ready():
                if time.monotonic() > deadline:
                    log = self._folder.log("api")
                    self._speaker.warn(f"The API is not ready after {READY_WITHIN_S:g} s; see {log}")
                    return
                await asyncio.sleep(0.05)

    async def _until_stopped(self, show: Show | None) -> None:
        """The show, if there is one, goes on until it is over; a stop does not wait for it."""
        showing = asyncio.ensure_future(show.present()) if show is not None else None
        await self._stopping.wait()
        if showing is not None:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    def _tell_started(self, programs: Programs, began: float) -> None:
        if programs.http is not None:
            self._speaker.fact("API", f"{programs.control_url}   (documentation at /docs)")
        else:
            self._speaker.fact("Follows", programs.control_url)
        reached = f"; others reach it at {programs.advertised}" if programs.advertised else ""
        tls_port = programs.sip_tls[1]
        self._speaker.fact("SIP", f"{text_of(programs.sip)}   (UDP and TCP; TLS at port {tls_port}{reached})")
        self._speaker.fact("Started", f"in {time.monotonic() - began:.1f} s; Ctrl-C stops it")

    def _tell_administrator(self, first: Prepared) -> None:
        self._speaker.fact("Login", first.username)
        if first.password:
            self._speaker.fact("Password", f"{first.password}   (shown this once)")

    def _tell_lacking(self, lacking: Sequence[str]) -> None:
        what = ", ".join(lacking)
        self._speaker.warn(f"No calls are taken: {what} is missing. To install it: {render.install_command()}")
