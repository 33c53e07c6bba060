"""No worker outlives Kamailio's main process: an orphan would hold the SIP port and answer nobody well."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_main(main_pid: int) -> None:
    """Ask the kernel to kill this process when the one that forked it ends, however that happens.

    Does nothing in the main process itself. A main process that has ended already is seen by its child's new parent.
    """
    if _LIBC is None or os.getpid() == main_pid:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != main_pid:
        os._exit(1)
