"""Python text for what a schema says: annotations, string literals, docstrings."""

import json
import textwrap
from collections.abc import Iterable

from tools.generate_client.document import Schema, reference

LITERAL_WIDTH = 80
DOCSTRING_WIDTH = 110
LONGEST_ENUM = 20
"""Values in one annotation; a longer enumeration gets a name of its own."""

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def annotation(schema: Schema, *, name: str, prefix: str = "") -> str:
    """The type of a value, for instance `list[RouteAnswer]`.

    `name` is the field's, which names a long enumeration; `prefix` goes before the names of schemas. Raises
    ValueError for a schema that no rule covers.
    """
    if referred := reference(schema):
        return prefix + referred
    if "anyOf" in schema:
        return " | ".join(annotation(part, name=name, prefix=prefix) for part in schema["anyOf"])
    if "enum" in schema:
        if len(schema["enum"]) > LONGEST_ENUM:
            return prefix + enum_name(name)
        return f"Literal[{', '.join(_literal(value) for value in schema['enum'])}]"
    match schema.get("type"):
        case None:
            return "Any"
        case "null":
            return "None"
        case "array":
            return f"list[{annotation(schema['items'], name=name, prefix=prefix)}]"
        case "object":
            return f"dict[str, {_values(schema, name=name, prefix=prefix)}]"
        case kind if kind in _SCALARS:
            return _SCALARS[kind]
    raise ValueError(f"no type for {schema}")


def _literal(value: str | int) -> str:
    return string(value) if isinstance(value, str) else str(value)


def _values(schema: Schema, *, name: str, prefix: str) -> str:
    by_pattern = list(schema.get("patternProperties", {}).values())
    values = schema.get("additionalProperties", by_pattern[0] if by_pattern else True)
    return "Any" if isinstance(values, bool) else annotation(values, name=name, prefix=prefix)


def enum_name(field: str) -> str:
    """The name of the type of a field with a long enumeration."""
    return field.title().replace("_", "")


def string(text: str) -> str:
    """A string literal; a long one in several that Python joins."""
    parts = textwrap.wrap(text, LITERAL_WIDTH, drop_whitespace=False, break_on_hyphens=False) or [""]
    return " ".join(json.dumps(part, ensure_ascii=False) for part in parts)


def docstring(summary: str, paragraphs: Iterable[str] = ()) -> str:
    """A docstring without indentation: one line, and further paragraphs if there are any."""
    wrapped = [textwrap.fill(text, DOCSTRING_WIDTH, break_on_hyphens=False) for text in paragraphs if text]
    if not wrapped:
        return f'"""{summary}"""'
    return "\n\n".join([f'"""{summary}', *wrapped]) + '\n"""'


def sentence(text: str) -> str:
    """With a full stop."""
    return text if text.endswith(".") else f"{text}."
