"""Several carriers at once, as a command line or a JSON file describes them.

A line: `alpha 127.0.0.1:5071 refuse status=503`. A file:
`{"carriers": [{"name": "alpha", "listen": "127.0.0.1:5071", "behaviour": "refuse", "endings": {"0486": "answer"}}]}`.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialplane.system.address import SocketAddress
from dialplane_simulator.behaviour import NumberPlan, parse_behaviour
from dialplane_simulator.carrier import Carrier, open_carrier
from dialplane_simulator.uas import MAX_RECORDED


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierSpec:
    """Behaviours are in text form: `behaviour`, and those of `endings` (last digits of a number) and `beginnings`."""

    name: str
    host: str
    port: int
    behaviour: str
    endings: Mapping[str, str] = field(default_factory=dict)
    beginnings: Mapping[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> NumberPlan:
        """The carrier's behaviours by number. Raises ValueError for an unknown one."""
        return NumberPlan(
            otherwise=parse_behaviour(self.behaviour),
            by_ending={digits: parse_behaviour(text) for digits, text in self.endings.items()},
            by_beginning={digits: parse_behaviour(text) for digits, text in self.beginnings.items()},
        )


def parse_line(line: str) -> CarrierSpec:
    """One carrier from `name host:port behaviour`. Raises ValueError."""
    name, listen, behaviour = [*line.split(maxsplit=2), "", "", ""][:3]
    return _spec(name, listen, behaviour)


def read_file(path: Path) -> list[CarrierSpec]:
    """The carriers of a JSON file. Raises ValueError, OSError."""
    try:
        described = json.loads(path.read_text())["carriers"]
        return [
            _spec(
                item["name"],
                item["listen"],
                item["behaviour"],
                endings=item.get("endings", {}),
                beginnings=item.get("beginnings", {}),
            )
            for item in described
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not a list of carriers with name, listen and behaviour") from error


def write_file(path: Path, specs: Sequence[CarrierSpec]) -> None:
    """Write the file that `read_file` reads. Raises OSError."""
    described: list[dict[str, Any]] = [
        {
            "name": spec.name,
            "listen": str(SocketAddress(spec.host, spec.port)),
            "behaviour": spec.behaviour,
            "endings": dict(spec.endings),
            "beginnings": dict(spec.beginnings),
        }
        for spec in specs
    ]
    path.write_text(json.dumps({"carriers": described}, indent=2) + "\n")


async def open_fleet(
    stack: AsyncExitStack, specs: Sequence[CarrierSpec], *, recorded: int = MAX_RECORDED
) -> list[Carrier]:
    """Open every carrier; the stack closes them. Raises OSError, with the carrier's name, if a port is in use."""
    carriers = []
    for spec in specs:
        opening = open_carrier(spec.plan, name=spec.name, host=spec.host, port=spec.port, recorded=recorded)
        try:
            carriers.append(await stack.enter_async_context(opening))
        except OSError as error:
            raise OSError(f"{spec.name} cannot listen at {spec.host}:{spec.port}: {error.strerror}") from error
    return carriers


def _spec(name: str, listen: str, behaviour: str, **by_digits: Mapping[str, str]) -> CarrierSpec:
    try:
        address = SocketAddress.parse(listen)
    except ValueError:
        address = None
    if not name or address is None:
        raise ValueError("a carrier is written: name host:port behaviour")
    kept = {name: dict(behaviours) for name, behaviours in by_digits.items()}
    spec = CarrierSpec(name=name, host=address.host, port=address.port, behaviour=behaviour, **kept)
    _ = spec.plan
    return spec
