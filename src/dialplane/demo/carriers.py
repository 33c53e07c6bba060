"""The demo's carriers: what each does, and the ports they keep for as long as the data folder lives."""

import json
import sys
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from dialplane.system.files import replace_file
from dialplane_simulator.endpoint import bind_pair
from dialplane_simulator.fleet import CarrierSpec, write_file

HOST = "127.0.0.1"
STATE_FILE = "demo.json"
FLEET_FILE = "demo-carriers.json"


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
    """What the data folder remembers of the demo. `prepared`: the demo's objects were all made once."""

    ports: Mapping[str, int]
    prepared: bool = False


def load_state(data: Path, *, spoken_for: Collection[int] = ()) -> DemoState:
    """The state of this data folder; free ports are chosen, and kept, the first time and where one is taken now.

    `spoken_for`: ports that something else is about to listen on.
    """
    state = _read(data / STATE_FILE)
    with ExitStack() as held:
        ports = {carrier.key: _bind(held, state.ports.get(carrier.key, 0), spoken_for) for carrier in CARRIERS}
    kept = DemoState(ports=ports, prepared=state.prepared)
    save_state(data, kept)
    return kept


def save_state(data: Path, state: DemoState) -> None:
    """Keep the state for the next start. Raises OSError."""
    replace_file(data / STATE_FILE, json.dumps({"ports": dict(state.ports), "prepared": state.prepared}))


def command(data: Path, ports: Mapping[str, int]) -> list[str]:
    """The command that runs the carriers until its standard input ends; it prints `ready` once they listen."""
    fleet = data / FLEET_FILE
    write_file(
        fleet,
        [
            CarrierSpec(name=item.key, host=HOST, port=ports[item.key], behaviour=item.behaviour, endings=item.endings)
            for item in CARRIERS
        ],
    )
    return [sys.executable, "-m", "dialplane_simulator", "--file", str(fleet), "--until-stdin-ends"]


def _read(path: Path) -> DemoState:
    try:
        stored = json.loads(path.read_text())
        ports = {str(key): int(port) for key, port in stored["ports"].items()}
        return DemoState(ports=ports, prepared=bool(stored["prepared"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return DemoState(ports={})


def _bind(held: ExitStack, port: int, spoken_for: Collection[int]) -> int:
    """This port where it is free, else another one, bound until `held` lets go of it."""
    while True:
        try:
            udp, tcp = bind_pair(HOST, port)
        except (OSError, OverflowError):
            udp, tcp = bind_pair(HOST, 0)
        bound = int(held.enter_context(udp).getsockname()[1])
        held.enter_context(tcp)
        if bound not in spoken_for:
            return bound
        port = 0
