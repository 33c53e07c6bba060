"""Write the tables of the console (console/src/api) from dialplane.api.console and the OpenAPI document.

python -m tools.generate_console           write what differs
python -m tools.generate_console --check   1 if something differs
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dialplane.api.app import openapi_document
from dialplane.api.console.code import COPIED, FLAGS
from dialplane.api.console.countries import countries
from dialplane.api.console.forms import FORMS, form_of
from dialplane.api.console.limits import CONSTANTS, FILTERS, OPERATIONS
from dialplane.api.console.sentences import SENTENCES
from dialplane.domain.kinds import KINDS
from tools.generate_client.document import Document, Endpoint, Parameter

OUT = Path(__file__).parents[1] / "console" / "src" / "api"
HEADER = "// Generated from {source} by `python -m tools.generate_console`, not edited by hand.\n"
_FIELD = """
export type Field = {
  name: string
  type: 'text' | 'number' | 'flag' | 'choice' | 'choices' | 'texts' | 'instant' | 'json'
  choices: string[]
  hint: string
  required: boolean
  nullable: boolean
  least: number | null
}
export type Group = { title: string; fields: Field[] }
/** `secrets`: fields that no answer shows. `calls`: what the client calls making and changing one. */
export type Form = {
  path: string
  one: string
  secrets: string[]
  calls: { create: string; update: string }
  create: Group[]
  update: Group[]
}
"""


def generated() -> Mapping[Path, str]:
    """The files with their texts."""
    operations = " | ".join(map(_text, OPERATIONS))
    tables = [HEADER.format(source="dialplane.api.console"), _constant("SENTENCES", dict(SENTENCES))]
    tables += [_constant(name, value) for name, value in CONSTANTS.items()]
    tables.append(f"export type Operation = {operations}\n")
    document = openapi_document()
    schemas = document["components"]["schemas"]
    tables.insert(-1, _constant("EDGE_FIELDS", _meanings(schemas["EdgeAnswer"])))
    endpoints = Document(document).endpoints
    forms = {
        kind: {
            **form_of(form, schemas),
            "secrets": sorted(KINDS[kind].secret_arguments),
            "calls": _saving(form.path, endpoints),
        }
        for kind, form in FORMS.items()
    }
    kinds = " | ".join(map(_text, FORMS))
    return {
        OUT / "tables.ts": "".join(tables),
        OUT / "forms.ts": HEADER.format(source="dialplane.api.console.forms and the OpenAPI document")
        + _FIELD
        + f"export type KindName = {kinds}\n"
        + f"export const FORMS: Record<KindName, Form> = {_lines(forms)}\n",
        OUT / "filters.ts": HEADER.format(source="dialplane.domain.filter and the tables of its words")
        + "".join(_constant(name, value) for name, value in FILTERS.items()),
        OUT / "code.ts": HEADER.format(source="dialplane.api.console.code and the OpenAPI document")
        + _constant("FLAGS", FLAGS)
        + _constant("CALLS", _calls(endpoints)),
        OUT / "countries.ts": HEADER.format(source="dialplane.api.console.countries")
        + _constant("COUNTRIES", countries()),
    }


def _calls(endpoints: Sequence[Endpoint]) -> Mapping[str, Any]:
    """Path -> what the client calls its GET, and parameter of the query -> the argument and how it is written."""
    return {
        each.path: {
            "call": _call(each),
            "arguments": {one.name: [one.argument, _literal(one)] for one in each.parameters if one.place == "query"},
        }
        for each in endpoints
        if each.method == "GET" and each.path in COPIED
    }


def _saving(path: str, endpoints: Sequence[Endpoint]) -> Mapping[str, str]:
    """What the client calls making one at this path, and changing it."""
    of = {(each.method, each.path): _call(each) for each in endpoints}
    return {"create": of["POST", path], "update": of["PUT", f"{path}/{{id}}"]}


def _call(endpoint: Endpoint) -> str:
    return f"{endpoint.resource}.{endpoint.verb}" if endpoint.resource else endpoint.verb


def _literal(parameter: Parameter) -> str:
    """`number` and `flag` as they stand, all else as `text`."""
    return {"integer": "number", "boolean": "flag"}.get(str(parameter.schema.get("type")), "text")


def _meanings(schema: Mapping[str, Any]) -> Mapping[str, str]:
    """Field of an answer -> what the OpenAPI document says of it."""
    return {name: property_.get("description", "") for name, property_ in schema["properties"].items()}


def _lines(forms: Mapping[str, Any]) -> str:
    """The forms, with a line for each field."""
    return re.sub(r' ?(?=\{"(?:name|title|path)")', "\n", json.dumps(forms, ensure_ascii=False))


def _constant(name: str, value: Any) -> str:
    return f"export const {name} = {_text(value)} as const\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def main(arguments: Sequence[str]) -> int:
    """Write or check the files."""
    differing = [path for path, text in generated().items() if not path.exists() or path.read_text() != text]
    if "--check" in arguments:
        if differing:
            names = ", ".join(path.name for path in differing)
            sys.stderr.write(f"console: {names} differ from Python's tables; run python -m tools.generate_console\n")
        return 1 if differing else 0
    for path, text in generated().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
