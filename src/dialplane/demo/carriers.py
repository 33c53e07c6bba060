"""The demo's carriers: how each behaves, and their ports, which stay the same for one data folder."""

import json
import sys
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from dialplane.system.datafolder import DataFolder
from dialplane.system.files import replace_file
from dialplane_simulator.endpoint import bind_pair
from dialplane_simulator.fleet import CarrierSpec, write_file

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCarrier:
    """`behaviour` and `endings` are in the simulator's text form."""

    key: str
    name: str
    detail: str
    behaviour: str
    endings: Mapping[str, str] = field(default_factory=dict)


CARRIERS = (
    DemoCarrier(
        key="alpha", name="Alpha", detail="Demo carrier: refuses every call with 503", behaviour="refuse status=503"
    ),
    DemoCarrier(
        key="bravo",
        name="Bravo",
        detail="Demo carrier: rings for a second, then answers; numbers that end in 0486 are busy",
        behaviour="answer ring=1",
        endings={"0486": "refuse status=486 ring=0.5"},
    ),
    DemoCarrier(key="charlie", name="Charlie", detail="Demo carrier: never answers an INVITE", behaviour="silent"),
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
        [
            CarrierSpec(name=item.key, host=HOST, port=ports[item.key], behaviour=item.behaviour, endings=item.endings)
            for item in CARRIERS
        ],
    )
    return [sys.executable, "-m", "dialplane_simulator", "--file", str(folder.demo_carriers), "--until-stdin-ends"]


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
