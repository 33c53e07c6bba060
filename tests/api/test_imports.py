"""The API's start imports nothing that most instances never use."""

import subprocess
import sys

RARELY_USED = ("fastapi", "psycopg")


def test_a_start_on_sqlite_imports_neither_the_pages_of_the_documents_nor_the_driver_of_postgresql() -> None:
    program = "import sys, dialplane.api.__main__, dialplane.store.backend_sqlite; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "dialplane.api.app" in shown.stdout.split()
    assert not set(RARELY_USED) & set(shown.stdout.split())
