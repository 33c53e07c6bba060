"""The demo's carriers: how each behaves, and their ports, which stay the same for one data folder."""

import asyncio
import json
import sys
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dialplane.domain.demo import Switch
from dialplane.system.datafolder import DataFolder
from dialplane.system.files import read_json, replace_file
from dialplane_simulator.behaviour import NumberPlan, parse_behaviour
from dialplane_simulator.endpoint import bind_pair
from dialplane_simulator.fleet import CarrierSpec, open_fleet, read_file, write_file
from dialplane_simulator.stopping import stopping

HOST = "127.0.0.1"
KEPT = 100
"""Requests and calls that a carrier of the demo remembers: it runs for days."""

LOOK_S = 0.25
"""How often the switches are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCarrier:
    """Behaviours are in the simulator's text form: of all numbers, of those that begin or end with these digits."""

    key: str
    name: str
    detail: str
    behaviour: str
    endings: Mapping[str, str] = field(default_factory=dict)
    beginnings: Mapping[str, str] = field(default_factory=dict)
    max_channels: int | None = None

    def at(self, port: int) -> CarrierSpec:
        """The simulated carrier."""
        return CarrierSpec(
            name=self.key,
            host=HOST,
            port=port,
            behaviour=self.behaviour,
            endings=self.endings,
            beginnings=self.beginnings,
        )


CARRIERS = (
    DemoCarrier(
        key="alpha",
        name="Alpha",
        detail="Demo carrier: refuses calls to Korea (+82) with 503, answers all others",
        behaviour="answer after=0.2 ring=1.5",
        beginnings={"+82": "refuse status=503"},
        max_channels=120,
    ),
    DemoCarrier(
        key="bravo",
        name="Bravo",
        detail="Demo carrier: rings for a second, then answers; numbers that end in 0486 are busy",
        behaviour="answer ring=1",
        endings={"0486": "refuse status=486 ring=0.5"},
        max_channels=60,
    ),
    DemoCarrier(
        key="charlie",
        name="Charlie",
        detail="Demo carrier: says nothing to calls to the United Kingdom (+44), answers all others",
        behaviour="answer after=0.3 ring=2",
        beginnings={"+44": "silent"},
    ),
    DemoCarrier(
        key="delta",
        name="Delta",
        detail="Demo carrier: slow, rings after four seconds",
        behaviour="answer after=4 ring=1",
        max_channels=40,
    ),
    DemoCarrier(
        key="echo",
        name="Echo",
        detail="Demo carrier: one number of five is busy (those that end in 3 or 7)",
        behaviour="answer after=0.4 ring=2",
        endings={"3": "refuse status=486 ring=1", "7": "refuse status=486 ring=1"},
    ),
    DemoCarrier(
        key="foxtrot",
        name="Foxtrot",
        detail="Demo carrier: fails one call of five (numbers that end in 0 or 5) with 500",
        behaviour="answer after=0.6 ring=1.5",
        endings={"0": "refuse status=500 after=0.1", "5": "refuse status=500 after=0.1"},
        max_channels=30,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoState:
    """The demo's state in a data folder. `prepared`: all of the demo's objects were created once."""

    ports: Mapping[str, int]
    prepared: bool = False


def load_state(folder: DataFolder, *, reserved: Collection[int] = ()) -> DemoState:
    """The stored state, with a free port for each carrier that has none or whose port is in use now. Raises OSError.

    `reserved`: ports that something else is about to listen on.
    """
    state = _read(folder.demo_state)
    with ExitStack() as held:
        ports = {carrier.key: _bind(held, state.ports.get(carrier.key, 0), reserved) for carrier in CARRIERS}
    kept = DemoState(ports=ports, prepared=state.prepared)
    save_state(folder, kept)
    return kept


def save_state(folder: DataFolder, state: DemoState) -> None:
    """Store the state for the next start. Raises OSError."""
    replace_file(folder.demo_state, json.dumps({"ports": dict(state.ports), "prepared": state.prepared}))


def command(folder: DataFolder, ports: Mapping[str, int]) -> list[str]:
    """The command that runs the carriers until its standard input ends; it prints `ready` once they listen."""
    write_file(
        folder.demo_carriers,
        [item.at(ports[item.key]) for item in CARRIERS],
    )
    return [sys.executable, "-m", "dialplane.demo", "carriers"]


SWITCHED: Mapping[Switch, NumberPlan] = {
    switch: NumberPlan(otherwise=parse_behaviour(text))
    for switch, text in {
        Switch.REFUSES: "refuse status=503",
        Switch.SILENT: "silent",
        Switch.SLOW: "answer after=6 ring=1",
        Switch.GONE: "dead",
    }.items()
}
"""The behaviour of a carrier whose switch is not where it was at first."""


def switches(folder: DataFolder) -> dict[str, Switch]:
    """The position of each carrier's switch, as it was last set."""
    stored = read_json(folder.demo_switches)
    known = stored if isinstance(stored, dict) else {}
    positions = {one.key: known.get(one.key) for one in CARRIERS}
    return {key: Switch(at) if at in set(Switch) else Switch.ANSWERS for key, at in positions.items()}


def answering(folder: DataFolder, ports: Mapping[str, int]) -> list[str]:
    """Where the carriers listen that answer probes: all but those whose switch says that they are gone."""
    positions = switches(folder)
    return [f"{HOST}:{port}" for key, port in ports.items() if positions[key] != Switch.GONE]


async def run_carriers(folder: DataFolder) -> None:
    """Run the carriers of the file that `command` wrote, and move their switches, until the starter is gone.

    Calls that go on stay as they are. Raises OSError if a carrier cannot listen.
    """
    specs = read_file(folder.demo_carriers)
    with stopping(until_stdin_ends=True) as stop:
        async with AsyncExitStack() as stack:
            carriers = await open_fleet(stack, specs, recorded=KEPT)
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            own = {spec.name: spec.plan for spec in specs}
            while not stop.is_set():
                positions = switches(folder)
                for carrier in carriers:
                    carrier.plan = SWITCHED.get(positions[carrier.name], own[carrier.name])
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_S)


def _read(path: Path) -> DemoState:
    try:
        stored = json.loads(path.read_text())
        ports = {str(key): int(port) for key, port in stored["ports"].items()}
        return DemoState(ports=ports, prepared=bool(stored["prepared"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return DemoState(ports={})


def _bind(held: ExitStack, port: int, reserved: Collection[int]) -> int:
    """This port if it is free, else another one; bound until `held` closes."""
    while True:
        try:
            udp, tcp = bind_pair(HOST, port)
        except (OSError, OverflowError):
            udp, tcp = bind_pair(HOST, 0)
        bound = int(held.enter_context(udp).getsockname()[1])
        held.enter_context(tcp)
        if bound not in reserved:
            return bound
        port = 0
