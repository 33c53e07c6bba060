"""client/asynchronous/api.py: a class for each resource, a method for each operation."""

import posixpath
import textwrap
from collections.abc import Iterator, Sequence

from tools.generate_client.document import Document, Endpoint, Parameter
from tools.generate_client.python import annotation, docstring, sentence

DOWNLOADED = frozenset({"followFeed"})
"""Operations whose answer is too large for memory: the client has a method for them that is written by hand."""

_HEAD = '''"""The operations of the REST API, resource by resource. Every method raises ApiError."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, Unpack

from dialplane.client import operations, schemas
from dialplane.client.connection import Tagged, without_none
from dialplane.client.asynchronous.transport import AsyncTransport
'''


def module(document: Document) -> str:
    """The text of the module."""
    resources = [_resource(resource, name, document) for resource, name in document.resources().items()]
    return "\n\n".join([_HEAD, *resources, _root(document)])


def _resource(resource: str, name: str, document: Document) -> str:
    paths = [each.path for each in document.of_resource(resource)]
    methods = [text for each in document.of_resource(resource) for text in _methods(each, document)]
    head = f'''class Async{name}:
    """Operations on `{posixpath.commonpath(paths)}`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
'''
    return "\n".join([head, *(textwrap.indent(text, "    ") for text in methods)])


def _root(document: Document) -> str:
    attributes = "\n".join(
        f"        self.{resource} = Async{name}(transport)" for resource, name in document.resources().items()
    )
    methods = [text for each in document.of_resource("") for text in _methods(each, document)]
    head = f'''class AsyncApi:
    """All resources, and the operations that belong to none."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
{attributes}
'''
    return "\n".join([head, *(textwrap.indent(text, "    ") for text in methods)])


def _methods(endpoint: Endpoint, document: Document) -> Iterator[str]:
    if endpoint.name in DOWNLOADED:
        return
    yield _plain(endpoint, document)
    if endpoint.is_paged:
        yield _every(endpoint, document)
    if endpoint.is_tagged and endpoint.verb == "get":
        yield _tagged(endpoint, document)


def _plain(endpoint: Endpoint, document: Document) -> str:
    call = f"return await self._transport.execute({_arguments(endpoint, document)})"
    text = _docstring(sentence(endpoint.summary), endpoint, document)
    return _method(f"async def {endpoint.verb}", _signature(endpoint, document), _answer(endpoint), text, call)


def _every(endpoint: Endpoint, document: Document) -> str:
    """All objects of a list, page by page."""
    others = [parameter for parameter in endpoint.parameters if parameter.name != "page_token"]
    arguments = f"operations.{endpoint.constant}, {_mapping(others)}"
    answer = f"AsyncIterator[schemas.{document.item_of(endpoint.answer)}]"
    text = docstring(f"{sentence(endpoint.summary)[:-1]}, all of them, page by page.")
    call = f"return self._transport.execute_paged({arguments})"
    return _method("def all", _keywords(others), answer, text, call)


def _tagged(endpoint: Endpoint, document: Document) -> str:
    """The object with its ETag."""
    call = f"return await self._transport.execute_tagged({_arguments(endpoint, document)})"
    text = docstring(f"{endpoint.summary.rstrip('.')}; with its ETag, for an If-Match.")
    signature = _signature(endpoint, document)
    return _method(f"async def {endpoint.verb}_tagged", signature, f"Tagged[{_answer(endpoint)}]", text, call)


def _method(head: str, signature: Sequence[str], answer: str, text: str, call: str) -> str:
    body = textwrap.indent(f"{text}\n{call}", "    ")
    return f"{head}({', '.join(['self', *signature])}) -> {answer}:\n{body}\n"


def _answer(endpoint: Endpoint) -> str:
    return f"schemas.{endpoint.answer}" if endpoint.answer else "str"


def _signature(endpoint: Endpoint, document: Document) -> list[str]:
    """What a request must have is positional, what it may have is by keyword, the fields of an object come last."""
    needed, optional, fields = _body(endpoint, document)
    required = [f"{each.argument}: {_hint(each)}" for each in endpoint.parameters if each.required]
    keywords = [*optional, *_keywords([each for each in endpoint.parameters if not each.required])[1:]]
    return [*required, *needed, *(["*", *keywords] if keywords else []), *fields]


def _keywords(parameters: Sequence[Parameter]) -> list[str]:
    texts = (
        f"{each.argument}: {_hint(each)}" + (" | None = None" if each.is_optional else f" = {each.schema['default']!r}")
        for each in parameters
    )
    return ["*", *texts]


def _hint(parameter: Parameter) -> str:
    return annotation(parameter.schema, name=parameter.name, prefix="schemas.")


def _body(endpoint: Endpoint, document: Document) -> tuple[list[str], list[str], list[str]]:
    """Arguments for the body: required ones, optional ones, and `**fields` if it is an object of the resource."""
    if not endpoint.body:
        return [], [], []
    if _takes_fields(endpoint):
        return [], [], [f"**fields: Unpack[schemas.{endpoint.body}]"]
    schema = document.schemas[endpoint.body]
    hints = {
        name: annotation(part, name=name, prefix="schemas.").replace("list[", "Sequence[")
        for name, part in schema["properties"].items()
    }
    required = [name for name in hints if name in schema.get("required", ())]
    optional = [f"{name}: {hint} | None = None" for name, hint in hints.items() if name not in required]
    return [f"{name}: {hints[name]}" for name in required], optional, []


def _takes_fields(endpoint: Endpoint) -> bool:
    return endpoint.method == "PUT" or endpoint.verb == "create"


def _arguments(endpoint: Endpoint, document: Document) -> str:
    parts = [f"operations.{endpoint.constant}"]
    if endpoint.parameters:
        parts.append(_mapping(endpoint.parameters))
    if _takes_fields(endpoint):
        parts.append("body=fields")
    elif endpoint.body:
        names = document.schemas[endpoint.body]["properties"]
        parts.append(f"body=without_none({', '.join(f'{name}={name}' for name in names)})")
    return ", ".join(parts)


def _mapping(parameters: Sequence[Parameter]) -> str:
    return "{" + ", ".join(f'"{each.name}": {each.argument}' for each in parameters) + "}"


def _docstring(summary: str, endpoint: Endpoint, document: Document) -> str:
    described = {each.argument: each.description for each in endpoint.parameters if each.place != "path"}
    if endpoint.body and not _takes_fields(endpoint):
        properties = document.schemas[endpoint.body]["properties"]
        described |= {name: part.get("description", "") for name, part in properties.items()}
    arguments = " ".join(f"`{name}`: {sentence(text)}" for name, text in described.items() if text)
    return docstring(summary, [endpoint.description, arguments])
