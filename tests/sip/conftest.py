from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sip.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage that is cleared at the end."""
    with ExitStack() as stack:
        yield Stage(tmp_path, stack)
