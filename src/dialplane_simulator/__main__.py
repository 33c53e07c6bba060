"""`python -m dialplane_simulator`: runs simulated carriers until SIGTERM, Ctrl-C or the end of its input.

python -m dialplane_simulator --carrier 'alpha 127.0.0.1:5071 refuse status=503' --carrier 'bravo ... answer ring=1'
python -m dialplane_simulator --file carriers.json --until-stdin-ends
"""

import argparse
import asyncio
import contextlib
import logging
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from dialplane_simulator.behaviour import KINDS
from dialplane_simulator.carrier import Carrier
from dialplane_simulator.fleet import CarrierSpec, open_fleet, parse_line, read_file
from dialplane_simulator.stopping import stopping

READY = "ready"
"""The line on standard output that says all carriers listen."""


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after a clean stop, 1 if a carrier cannot listen, 2 for wrong arguments."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        listed = [spec for path in options.file for spec in read_file(path)]
        specs = [*listed, *map(parse_line, options.carrier)]
    except (ValueError, OSError) as error:
        parser.error(str(error))
    if not specs:
        parser.error("at least one --carrier or --file is needed")
    try:
        asyncio.run(_run(specs, until_stdin_ends=options.until_stdin_ends))
    except OSError as error:
        logging.error("%s", error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dialplane_simulator",
        description="Simulated SIP carriers on UDP and TCP.",
        epilog="behaviours: " + "; ".join(f"{name}: {(kind.__doc__ or '').strip()}" for name, kind in KINDS.items()),
    )
    parser.add_argument("--carrier", action="append", default=[], metavar="'NAME HOST:PORT BEHAVIOUR'")
    parser.add_argument("--file", action="append", default=[], type=Path, help="a JSON file with a list of carriers")
    parser.add_argument(
        "--until-stdin-ends", action="store_true", help="also stop when standard input ends (the starter has died)"
    )
    return parser


async def _run(specs: list[CarrierSpec], *, until_stdin_ends: bool) -> None:
    with stopping(until_stdin_ends=until_stdin_ends) as stop:
        async with AsyncExitStack() as stack:
            _announce(specs, await open_fleet(stack, specs))
            await stop.wait()


def _announce(specs: list[CarrierSpec], carriers: list[Carrier]) -> None:
    for spec, carrier in zip(specs, carriers, strict=True):
        sys.stdout.write(f"{carrier.name} listens at {carrier.address} (UDP, TCP): {spec.behaviour}\n")
    sys.stdout.write(f"{READY}\n")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
