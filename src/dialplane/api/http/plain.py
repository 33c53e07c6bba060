"""The handlers of verbs that a kind has like any other: it says its models, and what else a request may be refused for.

    TRUNKS = Resource.of(TRUNK, TrunkAnswer)
    PLAIN = Plain(TRUNKS, trunks.USE_CASES, present)
    PLAIN.update(TrunkUpdate, refuses=[reasons.TRUNK_ADDRESS_TAKEN])

A verb with steps of its own is a handler of its own, declared by `Resource.verb`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from starlette.responses import Response

from dialplane.api.http.endpoint import Handler
from dialplane.api.http.fields import ObjectBody
from dialplane.api.http.names import names_of
from dialplane.api.http.query import Page
from dialplane.api.http.reasons import Reason
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, created, page, updated
from dialplane.control.lifecycle import UseCases
from dialplane.domain.kinds import T


@dataclass(frozen=True)
class Plain(Generic[T]):
    """Declares verbs of a resource: the use cases carry them out, `present` shows the object."""

    resource: Resource
    use_cases: UseCases[T]
    present: Callable[[T], Mapping[str, Any]]

    def list(self, query_model: type[Page]) -> None:
        """Pages of live objects, newest first, with the names that `expand` asks for."""

        async def list_objects(request: AuthenticatedRequest, query: Page) -> Response:
            async with request.read() as unit:
                found = await self.use_cases.list_(unit, request.actor, **query.listing())
                names = await names_of(unit, request.actor, query.expanded, found)
            return await page(found, self.present, **names)

        self._declare("list", list_objects, query=query_model)

    def create(self, body_model: type[ObjectBody], *, refuses: Iterable[Reason] = ()) -> None:
        """A new object, once for each Idempotency-Key."""

        async def create_object(request: AuthenticatedRequest, body: ObjectBody) -> Response:
            async with request.change() as unit:
                value = await self.use_cases.create(unit, request.actor, body.named_fields())
                return await request.keep(unit, created(self.present(value), unit))

        self._declare("create", create_object, refuses, body=body_model)

    def get(self) -> None:
        """One object, deleted ones too."""

        async def get_object(request: AuthenticatedRequest, id_: ObjectId) -> Response:
            async with request.read() as unit:
                value = await self.use_cases.get(unit, request.actor, id_)
            return JsonResponse(self.present(value), version=unit.version_of(id_))

        self._declare("get", get_object)

    def update(self, body_model: type[ObjectBody], *, refuses: Iterable[Reason] = ()) -> None:
        """The fields that the body names. What it repeats of an answer must be as it is stored."""

        async def update_object(
            request: AuthenticatedRequest, id_: ObjectId, body: ObjectBody, if_version: int | None
        ) -> Response:
            async with request.change() as unit:
                if body.repeats:
                    body.require_as_stored(self.present(await self.use_cases.get(unit, request.actor, id_)))
                fields = body.named_fields()
                value = await self.use_cases.update(unit, request.actor, id_, fields, if_version=if_version)
            return updated(self.present(value), unit)

        self._declare("update", update_object, refuses, body=body_model)

    def delete(self, *, refuses: Iterable[Reason] = ()) -> None:
        """The object as deleted."""

        async def delete_object(request: AuthenticatedRequest, id_: ObjectId, if_version: int | None) -> Response:
            async with request.change() as unit:
                value = await self.use_cases.delete(unit, request.actor, id_, if_version=if_version)
            return updated(self.present(value), unit)

        self._declare("delete", delete_object, refuses)

    def _declare(self, verb: str, handler: Handler, refuses: Iterable[Reason] = (), **models: Any) -> None:
        noun = self.use_cases.storage.kind.cls.__name__ + ("s" if verb == "list" else "")
        handler.__annotations__.update(models)
        self.resource.verb(verb, operation_id=f"{verb}{noun}", refuses=refuses)(handler)
