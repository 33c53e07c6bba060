"""The pages of the REST API in the help, one for each tag of the OpenAPI document.

They are written at each build and not kept: `docs/api/` tells how the API is used, with lines to try.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dialplane.api.app import openapi_document

FOLDER = "reference/rest"
_COMPONENTS = "#/components/schemas/"
Schema = Mapping[str, Any]


def pages() -> dict[str, str]:
    """File below docs/ -> its Markdown."""
    document = openapi_document()
    by_tag: dict[str, list[tuple[str, str, Schema]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    written = {f"{FOLDER}/{tag}.md": _Page(document).text(tag, by_tag[tag]) for tag in sorted(by_tag)}
    return {f"{FOLDER}/README.md": _overview(by_tag), **written}


def _overview(by_tag: Mapping[str, list[tuple[str, str, Schema]]]) -> str:
    lines = ["# Every operation of the REST API", "", _INTRODUCTION, ""]
    for tag in sorted(by_tag):
        lines += [f"- [{tag.capitalize()}]({tag}.md): {_sentence(by_tag[tag])}"]
    return "\n".join(lines) + "\n"


_INTRODUCTION = (
    "From the OpenAPI document that the API serves at `/openapi.json`. How to use it, with lines to try: "
    "[REST API](../../api/README.md)."
)


def _sentence(operations: list[tuple[str, str, Schema]]) -> str:
    return ", ".join(f"`{operation['operationId']}`" for _, _, operation in operations)


class _Page:
    """One page: operations, and each object that they take or answer, once."""

    def __init__(self, document: Schema) -> None:
        self._schemas: Schema = document["components"]["schemas"]
        self._named: dict[str, None] = {}

    def text(self, tag: str, operations: list[tuple[str, str, Schema]]) -> str:
        lines = [f"# {tag.capitalize()}", ""]
        for operation in operations:
            lines += self._operation(*operation)
        lines += ["## Objects", ""] if self._named else []
        told: set[str] = set()
        while left := [name for name in self._named if name not in told]:
            told.update(left)
            for name in left:
                lines += self._object(name)
        return "\n".join(lines)

    def _operation(self, method: str, path: str, operation: Schema) -> Iterator[str]:
        yield from (f"## {operation['summary']}", "", f"`{method} {path}` (`{operation['operationId']}`)", "")
        if description := operation.get("description"):
            yield from (description, "")
        if not operation["security"]:
            yield from ("Needs no credentials.", "")
        if parameters := operation.get("parameters"):
            yield "| parameter | in | type | meaning |\n| --- | --- | --- | --- |"
            for one in parameters:
                type_ = self.type_of(one["schema"])
                yield f"| `{one['name']}` | {one['in']} | {_cell(type_)} | {_cell(one.get('description', ''))} |"
            yield ""
        if body := operation.get("requestBody"):
            yield from (f"Body: {self._content(body)}.", "")
            yield from self._example(body)
        answer = operation["responses"]["200"]
        yield from (f"Answer: {self._content(answer)}.", "")
        refusals = [f"{status}: {one['description']}" for status, one in operation["responses"].items() if status > "3"]
        yield from ("Refused with " + "; ".join(refusals) + " ([reasons](../../api/README.md#errors)).", "")

    def _content(self, described: Schema) -> str:
        content = described.get("content", {})
        return " or ".join(f"{self.type_of(one.get('schema', {}))} ({name})" for name, one in content.items()) or "none"

    def _example(self, body: Schema) -> Iterator[str]:
        reference = body["content"].get("application/json", {}).get("schema", {}).get("$ref", "")
        for example in self._schemas.get(reference.removeprefix(_COMPONENTS), {}).get("examples", ())[:1]:
            yield f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"

    def _object(self, name: str) -> Iterator[str]:
        schema = self._schemas[name]
        yield from (f"### {name}", "", schema.get("description", ""), "")
        if "properties" not in schema:
            yield from (f"{self.type_of(schema)}.", "")
            return
        required = schema.get("required", ())
        yield "| field | type | meaning |\n| --- | --- | --- |"
        for field, rule in schema["properties"].items():
            mark = " (required)" if field in required else ""
            yield f"| `{field}`{mark} | {_cell(self.type_of(rule))} | {_cell(rule.get('description', ''))} |"
        yield ""

    def type_of(self, schema: Schema) -> str:
        """A type as a reader of JSON sees it; objects as links to where this page has them."""
        if reference := schema.get("$ref"):
            name = reference.removeprefix(_COMPONENTS)
            self._named[name] = None
            return f"[{name}](#{name.lower()})"
        for union in ("anyOf", "oneOf", "allOf"):
            if union in schema:
                return " or ".join(dict.fromkeys(self.type_of(one) for one in schema[union]))
        if "const" in schema:
            return f"`{schema['const']}`"
        if "enum" in schema:
            return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
        return self._plain(schema)

    def _plain(self, schema: Schema) -> str:
        match schema.get("type"):
            case "array":
                return f"list of {self.type_of(schema.get('items', {}))}"
            case "object":
                values = schema.get("additionalProperties")
                return f"object of {self.type_of(values)}" if isinstance(values, dict) else "object"
            case "integer" | "number" as name:
                least, most = schema.get("minimum"), schema.get("maximum")
                return f"{name}" + ("" if least is None and most is None else f", {_bounds(least, most)}")
            case "string":
                return _text(str(schema.get("pattern", "")), str(schema.get("format", "text")))
            case None:
                return "anything"
            case other:
                return str(other)


def _text(pattern: str, form: str) -> str:
    if _HEXADECIMAL in pattern:
        return "ids with commas between" if "," in pattern.replace("{0,", "") else "id (a UUID)"
    return f"text `{pattern}`" if pattern else form


_HEXADECIMAL = "[0-9A-Fa-f]{8}-"


def _bounds(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most}"
    return f"at least {least}" if most is None else f"{least} to {most}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
