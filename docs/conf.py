"""Builds these documents into the help that the product serves at /help/ (`setup/help`).

A page named README or index leads to the pages that its lists link to, in their order: `contents` makes Sphinx's tables
of contents of those lists, so that the documents stay plain Markdown. The pages of the REST API and of the changes are
written before (`write_pages`).
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from pygments.lexers.c_cpp import CLexer

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from docs import rest_api  # noqa: E402  the folder above is known from here on

project = "Dialplane"
author = "Dialplane"
release = version = version_of("dialplane")

extensions = ["myst_parser", "sphinx_copybutton"]
root_doc = "index"
exclude_patterns = ["requirements.txt", "theme"]
templates_path = ["theme"]
nitpicky = True
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Dialplane"
html_favicon = "../console/public/icon.svg"
html_static_path = ["theme/scheme.js", "theme/look.css"]
html_css_files = ["look.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1742b8", "color-brand-content": "#1d4fd7"},
    "dark_css_variables": {"color-brand-primary": "#90adf9", "color-brand-content": "#90adf9"},
    "top_of_page_buttons": [],
}

_LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)\.md\)")
_OUTSIDE = ("../", "/")
_PICTURE = re.compile(
    r'<picture>.*?srcset="(?P<dark>[^"]+)".*?alt="(?P<alt>[^"]+)" src="(?P<light>[^"]+)".*?</picture>', re.DOTALL
)
_PICTURE_HERE = """
```{image} \\g<light>
:alt: \\g<alt>
:class: only-light
```
```{image} \\g<dark>
:alt: \\g<alt>
:class: only-dark
```
"""
_SCROLLS = re.compile(r'<(pre(?=>)|div(?= class="table-wrapper))')


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.add_lexer("kamailio", CLexer)
    app.connect("builder-inited", write_pages)
    app.connect("source-read", add_contents)
    app.connect("html-page-context", mend_page, priority=900)  # after the theme


def write_pages(app: Any) -> None:
    """Write the pages that have no file of their own, each if it has changed."""
    changes = (DOCS.parent / "CHANGELOG.md").read_text().replace("](docs/", "](")
    for name, text in {**rest_api.pages(), "changes.md": changes}.items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def add_contents(app: Any, name: str, source: list[str]) -> None:
    """Add the tables of contents of a page that leads to others, and let its pictures follow the page's scheme.

    `source` holds the page's text, and is changed.
    """
    source[0] = _PICTURE.sub(_PICTURE_HERE, source[0])
    if name.rpartition("/")[2] in ("README", root_doc):
        source[0] += "".join(contents(source[0], captions=name == root_doc))


def mend_page(app: Any, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Let what scrolls be reached by keys, and captions be headings of a level (WCAG 2.1.1, 4.1.2)."""
    context["body"] = _SCROLLS.sub(r'<\1 tabindex="0"', context.get("body", ""))
    context["furo_navigation_tree"] = context.get("furo_navigation_tree", "").replace(
        'class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"'
    )


def contents(text: str, *, captions: bool) -> Iterator[str]:
    """One hidden table of contents for each section that has a list of links to pages in or below its folder."""
    for section in re.split(r"^## ", text, flags=re.MULTILINE):
        heading = section.partition("\n")[0]
        lines = re.findall(r"^(?:-|\d+\.) .*$", section, re.MULTILINE)
        targets = dict.fromkeys(target for line in lines for target in _LINK.findall(line))
        pages = [target for target in targets if not target.startswith(_OUTSIDE)]
        if pages:
            caption = f":caption: {heading}\n" if captions else ""
            yield "\n\n```{toctree}\n:hidden:\n" + caption + "\n" + "\n".join(pages) + "\n```\n"
