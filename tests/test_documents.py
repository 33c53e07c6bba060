"""The documents as a whole: what they are built with, and what leads where."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from docs.conf import contents
from tests.console.pictures import PAGES

ROOT = Path(__file__).parents[1]


def pinned(path: str) -> Mapping[str, str]:
    """Package -> version."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / path).read_text(), re.MULTILINE))


def test_what_builds_the_documents_is_no_other_version_of_what_dialplane_needs() -> None:
    documents = pinned("docs/requirements.txt")
    for path in ("requirements.txt", "requirements-dev.txt"):
        others = pinned(path)
        assert {name: others[name] for name in documents.keys() & others} == {
            name: documents[name] for name in documents.keys() & others
        }


def test_a_page_leads_to_the_pages_that_its_lists_name() -> None:
    text = "# A\n\n## B\ntext [no](no.md)\n- [one](one.md), and [two](c/two.md)\n- [up](../up.md), [part](part.md#x)\n"
    [tree] = contents(text, captions=True)
    assert tree.split() == ["```{toctree}", ":hidden:", ":caption:", "B", "one", "c/two", "```"]


def test_a_warning_of_sphinx_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "conf.py").write_text("extensions = ['myst_parser']\nroot_doc = 'index'\nnitpicky = True\n")
    (tmp_path / "docs" / "index.md").write_text("# A\n\n[nowhere](gone.md)\n")
    builder = next(line for line in (ROOT / "setup/help").read_text().splitlines() if "sphinx-build" in line)
    flags = re.findall(r"--(?:fail-on-warning|quiet)", builder)
    build = [sys.executable, "-m", "sphinx", *flags, tmp_path / "docs", tmp_path / "html"]
    done = subprocess.run(build, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "gone.md" in done.stderr


def test_the_settings_of_the_example_are_settings(tmp_path: Path) -> None:
    [example] = re.findall(r"^```toml\n(.*?)^```$", (ROOT / "docs/reference/settings.md").read_text(), re.M | re.S)
    (tmp_path / "url").write_text("postgresql://dialplane@db.example/dialplane\n")
    file = tmp_path / "dialplane.toml"
    file.write_text(example.replace("/run/secrets/database-url", str(tmp_path / "url")))
    program = Path(sys.executable).with_name("dialplane")
    command = [str(one) for one in (program, "settings", "--config", file, "--data", tmp_path / "data")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert re.search(r"keep_calls_days.*180", printed, re.IGNORECASE)


def test_each_picture_that_is_shown_is_there_and_small_and_each_that_is_there_is_shown() -> None:
    pictures = ROOT / "docs/pictures"
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(page.read_text() for page in pages)
    shown = set(re.findall(r"pictures/([\w-]+\.webp)", text))
    assert shown == {path.name for path in pictures.iterdir()}
    assert shown <= {f"{name}-{scheme}.webp" for name in PAGES for scheme in ("light", "dark")}
    for path in pictures.iterdir():
        assert path.stat().st_size <= 150_000, path
