"""client/operations.py: every operation of the document as a value."""

from collections import Counter
from collections.abc import Iterable

from tools.generate_client.document import SAFE_TO_REPEAT, Document, Endpoint, Parameter
from tools.generate_client.python import annotation, string

_HEAD = '''"""Every operation of the REST API as a value: what it takes and answers. The clients send by these."""

from typing import Any, Literal

from dialplane.client import schemas
from dialplane.client.operation import Operation, Parameter
'''


def module(document: Document) -> str:
    """The text of the module."""
    shared = _shared(document.endpoints)
    constants = [f"{constant} = {text}" for text, constant in shared.items()]
    operations = [f"{each.constant} = {_operation(each, shared)}" for each in document.endpoints]
    every = ", ".join(each.constant for each in document.endpoints)
    return "\n\n".join([_HEAD, *constants, *operations, f"OPERATIONS: tuple[Operation[Any], ...] = ({every},)\n"])


def _shared(endpoints: Iterable[Endpoint]) -> dict[str, str]:
    """A constant for each parameter that several operations have, by the parameter's text; one for each name."""
    texts = Counter((each.argument, _parameter(each)) for endpoint in endpoints for each in endpoint.parameters)
    named: dict[str, str] = {}
    for (argument, text), uses in texts.most_common():
        if uses > 1:
            named.setdefault(f"_{argument.strip('_').upper()}", text)
    return {text: constant for constant, text in named.items()}


def _parameter(parameter: Parameter) -> str:
    hint = annotation(parameter.schema, name=parameter.name, prefix="schemas.")
    parts = [f'"{parameter.name}"', f'"{parameter.place}"', hint]
    if parameter.required:
        parts.append("required=True")
    if parameter.description:
        parts.append(f"description={string(parameter.description)}")
    return f"Parameter({', '.join(parts)})"


def _operation(endpoint: Endpoint, shared: dict[str, str]) -> str:
    texts = [_parameter(parameter) for parameter in endpoint.parameters]
    parts = {
        "name": string(endpoint.name),
        "resource": string(endpoint.resource),
        "verb": string(endpoint.verb),
        "method": string(endpoint.method),
        "path": string(endpoint.path),
        "summary": string(endpoint.summary),
        "description": string(endpoint.description),
        "permission": string(endpoint.permission),
        "parameters": "".join(f"{shared.get(text, text)}," for text in texts),
        "body": f"schemas.{endpoint.body}" if endpoint.body else "",
        "answer": f"schemas.{endpoint.answer}" if endpoint.answer else "str",
        "safe_to_repeat": "True" if endpoint.name in SAFE_TO_REPEAT else "",
    }
    parts["parameters"] = f"({parts['parameters']})" if texts else ""
    named = (f"{name}={text}" for name, text in parts.items() if text and (text != '""' or name == "resource"))
    return f"Operation({', '.join(named)},)"
