"""Names in the field's words: what a thing is or does, not that it was told, asked or given."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
NO_NAME = re.compile(r"\b(?:told|asked|given)\b")


def test_nothing_is_named_for_having_been_told_asked_or_given() -> None:
    texts = {file: file.read_text() for file in SOURCE.rglob("*.py")}
    named = {
        (file.name, name) for file, text in texts.items() if NO_NAME.search(text) for name in _names(ast.parse(text))
    }
    assert {(file, name) for file, name in named if NO_NAME.fullmatch(name)} == set()


def test_every_way_of_naming_is_seen() -> None:
    source = "def a(b, *, c): d = 1; self.e = 2\nclass F:\n    g: int\n[h for h in ()]"
    assert set(_names(ast.parse(source))) == {"a", "b", "c", "d", "e", "F", "g", "h"}


def _names(tree: ast.AST) -> Iterator[str]:
    """All that a module defines, binds, or takes as a parameter."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
