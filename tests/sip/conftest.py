from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sip.edges import SharedEdge
from tests.sip.stage import Stage


@pytest.fixture(scope="module")
def shared_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedEdge]:
    """An edge for many tests of a file; it is started by the first that wants it."""
    edge = SharedEdge(tmp_path_factory.mktemp("edge"))
    yield edge
    edge.kill()


@pytest.fixture
def stage(tmp_path: Path, shared_edge: SharedEdge) -> Iterator[Stage]:
    """A stage that is cleared at the end."""
    with ExitStack() as stack:
        yield Stage(tmp_path, stack, shared_edge)
