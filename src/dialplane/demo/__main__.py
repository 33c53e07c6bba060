"""`python -m dialplane.demo carriers` and `... calls SIP URL CALLS_PER_S`: the demo's processes.

Each runs until its standard input ends, in the data folder DIALPLANE_DATA. `serve --demo` starts them.
"""

import asyncio
import logging
import os
import sys
from pathlib import Path

from dialplane.demo.carriers import run_carriers
from dialplane.demo.traffic import run_calls
from dialplane.system.datafolder import DataFolder
from dialplane.system.files import keep_private


def main(arguments: list[str]) -> int:
    """Exit status 0 after a clean stop, 2 if it was called wrongly."""
    keep_private()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    folder = DataFolder(Path(os.environ["DIALPLANE_DATA"]))
    match arguments:
        case ["carriers"]:
            asyncio.run(run_carriers(folder))
        case ["calls", sip, url, calls_per_s]:
            asyncio.run(run_calls(folder, sip=sip, url=url, calls_per_s=float(calls_per_s)))
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
