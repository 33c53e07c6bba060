"""The dialogs that Kamailio has, dumped by its dialog module as a line of JSON each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from dialplane.edge.sip import Sip

_DUMP = "dlg.dump_file"


@contextmanager
def dialog_lines(sip: Sip) -> Iterator[BinaryIO]:
    """The lines. Kamailio writes them into memory: a full disk would truncate them unnoticed. Raises KsrError,
    OSError."""
    file = os.memfd_create("dialogs")
    try:
        sip.call_rpc(_DUMP, f"/proc/self/fd/{file}")
        with open(file, "rb", closefd=False) as dump:
            dump.seek(0)
            yield dump
    finally:
        os.close(file)
