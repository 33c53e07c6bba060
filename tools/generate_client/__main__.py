"""Write schemas.py, operations.py, asynchronous/api.py and blocking/ of the client from the OpenAPI document.

python -m tools.generate_client           write what differs from the API
python -m tools.generate_client --check   1 if something differs
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dialplane.api.app import openapi_document
from tools.generate_client import api, blocking, operations, schemas
from tools.generate_client.document import Document

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "src/dialplane/client"
ASYNCHRONOUS = CLIENT / "asynchronous"
BLOCKING = CLIENT / "blocking"
HEADER = "# Generated from {source} by `python -m tools.generate_client`, not edited by hand.\n"


def generated(document: Document) -> Iterator[tuple[Path, str]]:
    """Every generated file with its text; last the blocking client, which comes of the async one."""
    from_openapi = HEADER.format(source="the OpenAPI document of dialplane.api")
    yield CLIENT / "schemas.py", formatted(from_openapi + schemas.module(document))
    yield CLIENT / "operations.py", formatted(from_openapi + operations.module(document))
    asynchronous_api = formatted(from_openapi + api.module(document))
    yield ASYNCHRONOUS / "api.py", asynchronous_api
    for path in sorted({*ASYNCHRONOUS.glob("*.py"), ASYNCHRONOUS / "api.py"}):
        source = asynchronous_api if path.name == "api.py" else path.read_text()
        header = HEADER.format(source=f"asynchronous/{path.name}")
        yield BLOCKING / path.name, formatted(header + blocking.module(source))


def formatted(text: str) -> str:
    """The module with the imports that it needs, in order, laid out as all code is."""
    for command in (["check", "--select", "F401,I,UP028", "--unsafe-fixes", "--fix-only", "--quiet"], ["format"]):
        text = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(CLIENT / "any.py"), "-"],
            input=text, capture_output=True, text=True, check=True, cwd=ROOT,
        ).stdout  # fmt: skip
    return text


def stale(files: Mapping[Path, str]) -> list[str]:
    """The files that differ, are missing, or are in the blocking client without a source."""
    differing = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    return [str(path.relative_to(ROOT)) for path in (*differing, *(set(BLOCKING.glob("*.py")) - set(files)))]


def main(arguments: Sequence[str]) -> int:
    """Write or check all files."""
    files = dict(generated(Document(openapi_document())))
    if "--check" in arguments:
        differing = stale(files)
        if differing:
            sys.stderr.write(f"differs from the API: {differing}; run python -m tools.generate_client\n")
        return 1 if differing else 0
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for path in set(BLOCKING.glob("*.py")) - set(files):
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
