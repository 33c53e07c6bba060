"""client/schemas.py: every schema of the document as a TypedDict."""

import keyword
from collections.abc import Iterator

from tools.generate_client.document import Document, Schema, reference
from tools.generate_client.python import LONGEST_ENUM, annotation, docstring, enum_name, string

_HEAD = '''"""The objects that the REST API takes and answers, field by field. Timestamps are UTC, as in the contract.

A request may leave out a NotRequired field; an answer has it only if it differs from its default.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict
'''


def module(document: Document) -> str:
    """The text of the module."""
    return "\n\n".join([_HEAD, *_enums(document), *(_typed_dict(name, document) for name in _ordered(document))])


def _ordered(document: Document) -> list[str]:
    """The schemas' names, each after those that it refers to."""
    ordered: dict[str, None] = {}

    def add(name: str) -> None:
        for needed in _references(document.schemas[name]):
            add(needed)
        ordered.setdefault(name)

    for name in document.schemas:
        add(name)
    return list(ordered)


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if referred := reference(part):
            yield referred
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _enums(document: Document) -> Iterator[str]:
    """The long enumerations, one type each."""
    found: dict[str, list[str]] = {}
    for schema in document.schemas.values():
        for name, field in schema.get("properties", {}).items():
            if len(field.get("enum", ())) > LONGEST_ENUM and found.setdefault(name, field["enum"]) != field["enum"]:
                raise ValueError(f"two long enumerations under one name: {name}")
    for name, values in found.items():
        lines = [values[start : start + 16] for start in range(0, len(values), 16)]
        body = "\n".join(f"    {', '.join(string(value) for value in line)}," for line in lines)
        yield f"# fmt: off\n{enum_name(name)} = Literal[\n{body}\n]\n# fmt: on\n"


def _typed_dict(name: str, document: Document) -> str:
    schema = document.schemas[name]
    text = docstring(schema.get("description", name))
    fields = {field: _field(field, part, schema) for field, part in schema["properties"].items()}
    if any(keyword.iskeyword(field) for field in fields):
        items = ", ".join(f'"{field}": {hint}' for field, hint in fields.items())
        return f'{name} = TypedDict("{name}", {{{items},}})\n{text}\n'
    lines = "\n".join(f"    {field}: {hint}" for field, hint in fields.items())
    return f"class {name}(TypedDict):\n    {text}\n\n{lines}\n"


def _field(name: str, part: Schema, of: Schema) -> str:
    hint = annotation(part, name=name)
    if description := part.get("description"):
        hint = f"Annotated[{hint}, {string(description)}]"
    return hint if name in of.get("required", ()) else f"NotRequired[{hint}]"
