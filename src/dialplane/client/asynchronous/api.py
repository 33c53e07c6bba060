# Generated from the OpenAPI document of dialplane.api by `python -m tools.generate_client`, not edited by hand.
"""The operations of the REST API, resource by resource. Every method raises ApiError."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, Unpack

from dialplane.client import operations, schemas
from dialplane.client.asynchronous.transport import AsyncTransport
from dialplane.client.connection import Tagged, without_none


class AsyncRoutes:
    """Operations on `/v1.0/routes`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        page_size: int = 100,
        page_token: str | None = None,
        id_: str | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        target: str | None = None,
        target_prefix: str | None = None,
        covers: str | None = None,
        priority: int | None = None,
        enabled: bool | None = None,
        state: Literal["live", "disabled", "not_yet", "expired"] | None = None,
        q: str | None = None,
        filter: str | None = None,
        sort: Literal[
            "target", "-target", "priority", "-priority", "tm_update", "-tm_update", "tm_create", "-tm_create"
        ]
        | None = None,
        count: Literal["estimate"] | None = None,
        expand: str | None = None,
    ) -> schemas.RoutePage:
        """List routes.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, in the same order; without `sort` also an instant as RFC 3339 has it. `id_`: Only those with one of
        these ids. `customer_id`: Only this customer's. `provider_id`: Only those to one of these providers. `target`:
        Only those with exactly this target. `target_prefix`: Only those whose target begins so. `covers`: Only those
        whose target matches this number. `priority`: Only those of this priority. `enabled`: Only those that are
        enabled, or that are not. `state`: Only those that are so now: `live`, `disabled`, `not_yet` valid, `expired`.
        `q`: Only those whose name (in whatever case), target or id begins so; of an id 8 characters at least.
        `filter`: Only those that all its terms mean, like `provider:bics -customer:acme target:+44* priority:<3
        is:disabled updated:<7d`; see the documentation of routes. `sort`: The order; `-` before it: from the greatest
        on. Newest first by default. `count`: Add `count`: exact up to 10,000, about so many beyond. `expand`: Add
        `names`: the names of the objects of these kinds that are referred to, by id; `state`: what each route is now.
        """
        return await self._transport.execute(
            operations.LIST_ROUTES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "id": id_,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "target": target,
                "target_prefix": target_prefix,
                "covers": covers,
                "priority": priority,
                "enabled": enabled,
                "state": state,
                "q": q,
                "filter": filter,
                "sort": sort,
                "count": count,
                "expand": expand,
            },
        )

    def all(
        self,
        *,
        page_size: int = 100,
        id_: str | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        target: str | None = None,
        target_prefix: str | None = None,
        covers: str | None = None,
        priority: int | None = None,
        enabled: bool | None = None,
        state: Literal["live", "disabled", "not_yet", "expired"] | None = None,
        q: str | None = None,
        filter: str | None = None,
        sort: Literal[
            "target", "-target", "priority", "-priority", "tm_update", "-tm_update", "tm_create", "-tm_create"
        ]
        | None = None,
        count: Literal["estimate"] | None = None,
        expand: str | None = None,
    ) -> AsyncIterator[schemas.RouteAnswer]:
        """List routes, all of them, page by page."""
        return self._transport.execute_paged(
            operations.LIST_ROUTES,
            {
                "page_size": page_size,
                "id": id_,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "target": target,
                "target_prefix": target_prefix,
                "covers": covers,
                "priority": priority,
                "enabled": enabled,
                "state": state,
                "q": q,
                "filter": filter,
                "sort": sort,
                "count": count,
                "expand": expand,
            },
        )

    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[schemas.RouteCreate]
    ) -> schemas.RouteAnswer:
        """Create a route.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        """
        return await self._transport.execute(operations.CREATE_ROUTE, {"Idempotency-Key": idempotency_key}, body=fields)

    async def get(self, id_: str) -> schemas.RouteAnswer:
        """Get a route, deleted ones too."""
        return await self._transport.execute(operations.GET_ROUTE, {"id": id_})

    async def get_tagged(self, id_: str) -> Tagged[schemas.RouteAnswer]:
        """Get a route, deleted ones too; with its ETag, for an If-Match."""
        return await self._transport.execute_tagged(operations.GET_ROUTE, {"id": id_})

    async def update(
        self, id_: str, *, if_match: str | None = None, **fields: Unpack[schemas.RouteUpdate]
    ) -> schemas.RouteAnswer:
        """Change a route.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.UPDATE_ROUTE, {"id": id_, "If-Match": if_match}, body=fields)

    async def delete(self, id_: str, *, if_match: str | None = None) -> schemas.RouteAnswer:
        """Delete a route; again answers the same.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.DELETE_ROUTE, {"id": id_, "If-Match": if_match})

    async def move(
        self, id_: str, to: Literal["earlier", "later"], *, past: str | None = None, idempotency_key: str | None = None
    ) -> schemas.RouteAnswer:
        """Try a route earlier or later among those to its target.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        `to`: By one place, which routes of equal priority share. `past`: A route of the same customer to the same
        target: before it, or after it, at once.
        """
        return await self._transport.execute(
            operations.MOVE_ROUTE, {"id": id_, "Idempotency-Key": idempotency_key}, body=without_none(to=to, past=past)
        )


class AsyncCalls:
    """Operations on `/v1.0/calls`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        page_size: int = 100,
        page_token: str | None = None,
        filter: str | None = None,
        customer_id: str | None = None,
        trunk_id: str | None = None,
        provider_id: str | None = None,
        number: str | None = None,
        number_prefix: str | None = None,
        number_suffix: str | None = None,
        caller: str | None = None,
        sip_call_id: str | None = None,
        edge: str | None = None,
        verdict: Literal[
            "answered", "saved", "unanswered", "busy", "noanswer", "cancel", "dialout", "failed", "refused", "lost"
        ]
        | None = None,
        min_attempts: int | None = None,
        reason: str | None = None,
        status: Literal["dialing", "ringing", "progressing", "hangup"] | None = None,
        started_from: str | None = None,
        started_until: str | None = None,
        expand: str | None = None,
    ) -> schemas.CallPage:
        """List calls.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page. `filter`: Only those that all its
        terms mean, like `provider:bics -customer:acme number:+44* verdict:saved started:<1h`: text, or one of
        `number:`, `provider:`, `customer:`, `trunk:`, `caller:`, `is:`, `verdict:`, `attempts:`, `reason:`, `edge:`,
        `callid:`, `started:` with a value; with a minus before it, all others. The documentation of routes has the
        grammar. `customer_id`: Only this customer's. `trunk_id`: Only those that came in here. `provider_id`: Only
        those with an attempt to this provider. `number`: Only those to this number. `number_prefix`: Only those to a
        number that begins so. `number_suffix`: Only those to a number that ends in these digits. `caller`: Only those
        from this caller: the `target` of their `source`. `sip_call_id`: Only those whose INVITE had this Call-ID.
        `edge`: Only those of this edge. `verdict`: Only those of which this became. `min_attempts`: Only those with
        so many INVITEs or more. `reason`: Only those whose `reason` holds this text, in whatever case. `status`: Only
        those in this status. `started_from`: Only those that started then or later. `started_until`: Only those that
        started before. `expand`: Add `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.LIST_CALLS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "filter": filter,
                "customer_id": customer_id,
                "trunk_id": trunk_id,
                "provider_id": provider_id,
                "number": number,
                "number_prefix": number_prefix,
                "number_suffix": number_suffix,
                "caller": caller,
                "sip_call_id": sip_call_id,
                "edge": edge,
                "verdict": verdict,
                "min_attempts": min_attempts,
                "reason": reason,
                "status": status,
                "started_from": started_from,
                "started_until": started_until,
                "expand": expand,
            },
        )

    def all(
        self,
        *,
        page_size: int = 100,
        filter: str | None = None,
        customer_id: str | None = None,
        trunk_id: str | None = None,
        provider_id: str | None = None,
        number: str | None = None,
        number_prefix: str | None = None,
        number_suffix: str | None = None,
        caller: str | None = None,
        sip_call_id: str | None = None,
        edge: str | None = None,
        verdict: Literal[
            "answered", "saved", "unanswered", "busy", "noanswer", "cancel", "dialout", "failed", "refused", "lost"
        ]
        | None = None,
        min_attempts: int | None = None,
        reason: str | None = None,
        status: Literal["dialing", "ringing", "progressing", "hangup"] | None = None,
        started_from: str | None = None,
        started_until: str | None = None,
        expand: str | None = None,
    ) -> AsyncIterator[schemas.CallAnswer]:
        """List calls, all of them, page by page."""
        return self._transport.execute_paged(
            operations.LIST_CALLS,
            {
                "page_size": page_size,
                "filter": filter,
                "customer_id": customer_id,
                "trunk_id": trunk_id,
                "provider_id": provider_id,
                "number": number,
                "number_prefix": number_prefix,
                "number_suffix": number_suffix,
                "caller": caller,
                "sip_call_id": sip_call_id,
                "edge": edge,
                "verdict": verdict,
                "min_attempts": min_attempts,
                "reason": reason,
                "status": status,
                "started_from": started_from,
                "started_until": started_until,
                "expand": expand,
            },
        )

    async def get(self, id_: str, *, expand: str | None = None) -> schemas.CallAnswer:
        """Get a call with its attempts.

        `expand`: Add `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(operations.GET_CALL, {"id": id_, "expand": expand})

    async def get_tagged(self, id_: str, *, expand: str | None = None) -> Tagged[schemas.CallAnswer]:
        """Get a call with its attempts; with its ETag, for an If-Match."""
        return await self._transport.execute_tagged(operations.GET_CALL, {"id": id_, "expand": expand})

    async def erasures(self, *, number: str | None = None, caller: str | None = None) -> schemas.ErasureAnswer:
        """Erase one person's calls.

        Erased are those that are over. What edges report of them later is not stored.

        `number`: Calls to this number. `caller`: Calls from this caller: the `target` of their `source`.
        """
        return await self._transport.execute(operations.ERASE_CALLS, body=without_none(number=number, caller=caller))

    async def timeline(self, id_: str) -> schemas.TimelineAnswer:
        """Get a call as sentences, and as SIP messages."""
        return await self._transport.execute(operations.GET_CALL_TIMELINE, {"id": id_})


class AsyncProviders:
    """Operations on `/v1.0/providers`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self, *, page_size: int = 100, page_token: str | None = None, filter: str | None = None, show: str | None = None
    ) -> schemas.ProviderPage:
        """List providers.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page. `filter`: Only those that all its
        terms mean, like `-is:disabled transport:tls`: text, or one of `is:`, `transport:`, `updated:`, `created:`
        with a value; with a minus before it, all others. The documentation of routes has the grammar. `show`: Add to
        each: `edges`, each edge's view of it; `use`, how much it is used.
        """
        return await self._transport.execute(
            operations.LIST_PROVIDERS,
            {"page_size": page_size, "page_token": page_token, "filter": filter, "show": show},
        )

    def all(
        self, *, page_size: int = 100, filter: str | None = None, show: str | None = None
    ) -> AsyncIterator[schemas.ProviderAnswer]:
        """List providers, all of them, page by page."""
        return self._transport.execute_paged(
            operations.LIST_PROVIDERS, {"page_size": page_size, "filter": filter, "show": show}
        )

    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[schemas.ProviderCreate]
    ) -> schemas.ProviderAnswer:
        """Create a provider.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        """
        return await self._transport.execute(
            operations.CREATE_PROVIDER, {"Idempotency-Key": idempotency_key}, body=fields
        )

    async def get(self, id_: str) -> schemas.ProviderAnswer:
        """Get a provider, deleted ones too."""
        return await self._transport.execute(operations.GET_PROVIDER, {"id": id_})

    async def get_tagged(self, id_: str) -> Tagged[schemas.ProviderAnswer]:
        """Get a provider, deleted ones too; with its ETag, for an If-Match."""
        return await self._transport.execute_tagged(operations.GET_PROVIDER, {"id": id_})

    async def update(
        self, id_: str, *, if_match: str | None = None, **fields: Unpack[schemas.ProviderUpdate]
    ) -> schemas.ProviderAnswer:
        """Change a provider.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.UPDATE_PROVIDER, {"id": id_, "If-Match": if_match}, body=fields)

    async def delete(self, id_: str, *, force: bool = False, if_match: str | None = None) -> schemas.ProviderAnswer:
        """Delete a provider; again answers the same.

        `force`: Delete the routes that use it along with it, in one revision. `if_match`: Carry it out only if the
        object is still at this version.
        """
        return await self._transport.execute(
            operations.DELETE_PROVIDER, {"id": id_, "force": force, "If-Match": if_match}
        )

    async def health(self, id_: str) -> schemas.HealthAnswer:
        """Get each edge's view of a provider."""
        return await self._transport.execute(operations.GET_PROVIDER_HEALTH, {"id": id_})

    async def absence(self, id_: str, *, expand: str | None = None) -> schemas.AbsenceAnswer:
        """What would have become of the last day's calls without a provider.

        By the decisions that are stored with them; the newest 500 calls that had it in their plan.

        `expand`: Add `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(operations.GET_PROVIDER_ABSENCE, {"id": id_, "expand": expand})

    async def invite(
        self, id_: str, *, number: str | None = None, caller: str | None = None, rn: str | None = None
    ) -> schemas.InviteAnswer:
        """Get the INVITE that a provider would get.

        What the provider's settings make of a call; the rest of it is the caller's own.

        `number`: The number that is called, in E.164; an example of the provider's `home_region` by default.
        `caller`: Who calls, in E.164, or `anonymous`. `rn`: The routing number of a ported number.
        """
        return await self._transport.execute(
            operations.GET_PROVIDER_INVITE, {"id": id_, "number": number, "caller": caller, "rn": rn}
        )

    async def targets(
        self,
        id_: str,
        customer_id: str,
        *,
        page_size: int = 100,
        at: str | None = None,
        edge: str | None = None,
        health: Literal["live", "ignore"] = "live",
        down: str | None = None,
        broken: str | None = None,
        full: str | None = None,
        removed: str | None = None,
        codecs: str | None = None,
        page_token: str | None = None,
        expand: str | None = None,
    ) -> schemas.FirstTargetsAnswer:
        """The targets whose calls would try a provider first.

        Which of the targets of a provider's routes those are is decided by the engine that decides live calls, for an
        example number of each. How long a page may take is bounded, not how many targets there are.

        `page_size`: How many at most; 0 and more than 100 are 100. `at`: What if the call came then. `edge`: By this
        edge's view of the providers: its probes and its breakers. `health`: `ignore`: what if all providers were
        healthy, and had room. `down`: What if the probes found these providers unhealthy; ids with commas between.
        `broken`: What if the breakers of these were open. `full`: What if all channels of these were in use.
        `removed`: What if these were disabled. `codecs`: What if the caller offered these alone, `PCMA,G729`.
        `customer_id`: Whose calls; the system default customer's are by its routes alone. `page_token`:
        `next_page_token` of the page before. `expand`: Add `names`: the names of the objects of these kinds that are
        referred to, by id.
        """
        return await self._transport.execute(
            operations.LIST_FIRST_TARGETS,
            {
                "id": id_,
                "page_size": page_size,
                "at": at,
                "edge": edge,
                "health": health,
                "down": down,
                "broken": broken,
                "full": full,
                "removed": removed,
                "codecs": codecs,
                "customer_id": customer_id,
                "page_token": page_token,
                "expand": expand,
            },
        )


class AsyncCustomers:
    """Operations on `/v1.0/customers`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self, *, page_size: int = 100, page_token: str | None = None, filter: str | None = None
    ) -> schemas.CustomerPage:
        """List customers.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page. `filter`: Only those that all its
        terms mean, like `-is:frozen created:<30d`: text, or one of `is:`, `updated:`, `created:` with a value; with a
        minus before it, all others. The documentation of routes has the grammar.
        """
        return await self._transport.execute(
            operations.LIST_CUSTOMERS, {"page_size": page_size, "page_token": page_token, "filter": filter}
        )

    def all(self, *, page_size: int = 100, filter: str | None = None) -> AsyncIterator[schemas.CustomerAnswer]:
        """List customers, all of them, page by page."""
        return self._transport.execute_paged(operations.LIST_CUSTOMERS, {"page_size": page_size, "filter": filter})

    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[schemas.CustomerCreate]
    ) -> schemas.CustomerAnswer:
        """Create a customer.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        """
        return await self._transport.execute(
            operations.CREATE_CUSTOMER, {"Idempotency-Key": idempotency_key}, body=fields
        )

    async def get(self, id_: str) -> schemas.CustomerAnswer:
        """Get a customer, deleted ones too."""
        return await self._transport.execute(operations.GET_CUSTOMER, {"id": id_})

    async def get_tagged(self, id_: str) -> Tagged[schemas.CustomerAnswer]:
        """Get a customer, deleted ones too; with its ETag, for an If-Match."""
        return await self._transport.execute_tagged(operations.GET_CUSTOMER, {"id": id_})

    async def update(
        self, id_: str, *, if_match: str | None = None, **fields: Unpack[schemas.CustomerUpdate]
    ) -> schemas.CustomerAnswer:
        """Change a customer.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.UPDATE_CUSTOMER, {"id": id_, "If-Match": if_match}, body=fields)

    async def delete(self, id_: str, *, if_match: str | None = None) -> schemas.CustomerAnswer:
        """Delete a customer; again answers the same.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.DELETE_CUSTOMER, {"id": id_, "If-Match": if_match})

    async def freeze(self, id_: str) -> schemas.CustomerAnswer:
        """Refuse a customer's people, keys and calls."""
        return await self._transport.execute(operations.FREEZE_CUSTOMER, {"id": id_})

    async def recover(self, id_: str) -> schemas.CustomerAnswer:
        """Serve a frozen customer again."""
        return await self._transport.execute(operations.RECOVER_CUSTOMER, {"id": id_})


class AsyncTrunks:
    """Operations on `/v1.0/trunks`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        page_size: int = 100,
        page_token: str | None = None,
        filter: str | None = None,
        customer_id: str | None = None,
        expand: str | None = None,
    ) -> schemas.TrunkPage:
        """List trunks.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page. `filter`: Only those that all its
        terms mean, like `-customer:acme is:enabled 198.51.100.`: text, or one of `customer:`, `is:`, `region:`,
        `updated:`, `created:` with a value; with a minus before it, all others. The documentation of routes has the
        grammar. `customer_id`: Only this customer's. `expand`: Add `names`: the names of the objects of these kinds
        that are referred to, by id.
        """
        return await self._transport.execute(
            operations.LIST_TRUNKS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "filter": filter,
                "customer_id": customer_id,
                "expand": expand,
            },
        )

    def all(
        self,
        *,
        page_size: int = 100,
        filter: str | None = None,
        customer_id: str | None = None,
        expand: str | None = None,
    ) -> AsyncIterator[schemas.TrunkAnswer]:
        """List trunks, all of them, page by page."""
        return self._transport.execute_paged(
            operations.LIST_TRUNKS,
            {"page_size": page_size, "filter": filter, "customer_id": customer_id, "expand": expand},
        )

    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[schemas.TrunkCreate]
    ) -> schemas.TrunkAnswer:
        """Create a trunk.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        """
        return await self._transport.execute(operations.CREATE_TRUNK, {"Idempotency-Key": idempotency_key}, body=fields)

    async def get(self, id_: str) -> schemas.TrunkAnswer:
        """Get a trunk, deleted ones too."""
        return await self._transport.execute(operations.GET_TRUNK, {"id": id_})

    async def get_tagged(self, id_: str) -> Tagged[schemas.TrunkAnswer]:
        """Get a trunk, deleted ones too; with its ETag, for an If-Match."""
        return await self._transport.execute_tagged(operations.GET_TRUNK, {"id": id_})

    async def update(
        self, id_: str, *, if_match: str | None = None, **fields: Unpack[schemas.TrunkUpdate]
    ) -> schemas.TrunkAnswer:
        """Change a trunk.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.UPDATE_TRUNK, {"id": id_, "If-Match": if_match}, body=fields)

    async def delete(self, id_: str, *, if_match: str | None = None) -> schemas.TrunkAnswer:
        """Delete a trunk; again answers the same.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.DELETE_TRUNK, {"id": id_, "If-Match": if_match})

    async def snippets(self, id_: str) -> schemas.SnippetsAnswer:
        """Get what to write into a switch so that its calls come in by a trunk."""
        return await self._transport.execute(operations.GET_TRUNK_SNIPPETS, {"id": id_})


class AsyncAccessKeys:
    """Operations on `/v1.0/accesskeys`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        page_size: int = 100,
        page_token: str | None = None,
        filter: str | None = None,
        customer_id: str | None = None,
        expand: str | None = None,
    ) -> schemas.AccessKeyPage:
        """List access keys.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page. `filter`: Only those that all its
        terms mean, like `is:expiring -role:edge`: text, or one of `customer:`, `role:`, `is:`, `edge:`, `expires:`,
        `updated:`, `created:` with a value; with a minus before it, all others. The documentation of routes has the
        grammar. `customer_id`: Only this customer's. `expand`: Add `names`: the names of the customers that are
        referred to, by id; `state`: what each key is now; `used`: when, and from where, each was used last.
        """
        return await self._transport.execute(
            operations.LIST_ACCESS_KEYS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "filter": filter,
                "customer_id": customer_id,
                "expand": expand,
            },
        )

    def all(
        self,
        *,
        page_size: int = 100,
        filter: str | None = None,
        customer_id: str | None = None,
        expand: str | None = None,
    ) -> AsyncIterator[schemas.AccessKeyAnswer]:
        """List access keys, all of them, page by page."""
        return self._transport.execute_paged(
            operations.LIST_ACCESS_KEYS,
            {"page_size": page_size, "filter": filter, "customer_id": customer_id, "expand": expand},
        )

    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[schemas.AccessKeyCreate]
    ) -> schemas.AccessKeyAnswer:
        """Create an access key.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        """
        return await self._transport.execute(
            operations.CREATE_ACCESS_KEY, {"Idempotency-Key": idempotency_key}, body=fields
        )

    async def get(self, id_: str) -> schemas.AccessKeyAnswer:
        """Get an access key, deleted ones too."""
        return await self._transport.execute(operations.GET_ACCESS_KEY, {"id": id_})

    async def get_tagged(self, id_: str) -> Tagged[schemas.AccessKeyAnswer]:
        """Get an access key, deleted ones too; with its ETag, for an If-Match."""
        return await self._transport.execute_tagged(operations.GET_ACCESS_KEY, {"id": id_})

    async def update(
        self, id_: str, *, if_match: str | None = None, **fields: Unpack[schemas.AccessKeyUpdate]
    ) -> schemas.AccessKeyAnswer:
        """Change an access key.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(
            operations.UPDATE_ACCESS_KEY, {"id": id_, "If-Match": if_match}, body=fields
        )

    async def delete(self, id_: str, *, if_match: str | None = None) -> schemas.AccessKeyAnswer:
        """Delete an access key; again answers the same.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.DELETE_ACCESS_KEY, {"id": id_, "If-Match": if_match})


class AsyncAgents:
    """Operations on `/v1.0/agents`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        page_size: int = 100,
        page_token: str | None = None,
        filter: str | None = None,
        customer_id: str | None = None,
        expand: str | None = None,
        status: str | None = None,
        tag_ids: str | None = None,
    ) -> schemas.AgentPage:
        """List agents.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page. `filter`: Only those that all its
        terms mean, like `role:customer_admin -customer:acme`: text, or one of `customer:`, `role:`, `updated:`,
        `created:` with a value; with a minus before it, all others. The documentation of routes has the grammar.
        `customer_id`: Only this customer's. `expand`: Add `names`: the names of the customers that are referred to,
        by id; `sessions`: when each agent logged in last, and how many sessions of it last, for administrators.
        `status`: Taken and not looked at: agents have no status here. `tag_ids`: Taken and not looked at: tags have
        no meaning here.
        """
        return await self._transport.execute(
            operations.LIST_AGENTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "filter": filter,
                "customer_id": customer_id,
                "expand": expand,
                "status": status,
                "tag_ids": tag_ids,
            },
        )

    def all(
        self,
        *,
        page_size: int = 100,
        filter: str | None = None,
        customer_id: str | None = None,
        expand: str | None = None,
        status: str | None = None,
        tag_ids: str | None = None,
    ) -> AsyncIterator[schemas.AgentAnswer]:
        """List agents, all of them, page by page."""
        return self._transport.execute_paged(
            operations.LIST_AGENTS,
            {
                "page_size": page_size,
                "filter": filter,
                "customer_id": customer_id,
                "expand": expand,
                "status": status,
                "tag_ids": tag_ids,
            },
        )

    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[schemas.AgentCreate]
    ) -> schemas.AgentAnswer:
        """Create an agent.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        """
        return await self._transport.execute(operations.CREATE_AGENT, {"Idempotency-Key": idempotency_key}, body=fields)

    async def get(self, id_: str) -> schemas.AgentAnswer:
        """Get an agent, deleted ones too."""
        return await self._transport.execute(operations.GET_AGENT, {"id": id_})

    async def get_tagged(self, id_: str) -> Tagged[schemas.AgentAnswer]:
        """Get an agent, deleted ones too; with its ETag, for an If-Match."""
        return await self._transport.execute_tagged(operations.GET_AGENT, {"id": id_})

    async def update(
        self, id_: str, *, if_match: str | None = None, **fields: Unpack[schemas.AgentUpdate]
    ) -> schemas.AgentAnswer:
        """Change an agent.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.UPDATE_AGENT, {"id": id_, "If-Match": if_match}, body=fields)

    async def delete(self, id_: str, *, if_match: str | None = None) -> schemas.AgentAnswer:
        """Delete an agent; again answers the same.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.DELETE_AGENT, {"id": id_, "If-Match": if_match})

    async def password(
        self, id_: str, *, if_match: str | None = None, **fields: Unpack[schemas.AgentPassword]
    ) -> schemas.AgentAnswer:
        """Give an agent a new password.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(
            operations.UPDATE_AGENT_PASSWORD, {"id": id_, "If-Match": if_match}, body=fields
        )

    async def permission(
        self, id_: str, *, if_match: str | None = None, **fields: Unpack[schemas.AgentPermission]
    ) -> schemas.AgentAnswer:
        """Give an agent another permission.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(
            operations.UPDATE_AGENT_PERMISSION, {"id": id_, "If-Match": if_match}, body=fields
        )

    async def sessions(self, id_: str) -> schemas.AgentSessions:
        """List the sessions of an agent that last."""
        return await self._transport.execute(operations.LIST_AGENT_SESSIONS, {"id": id_})

    async def logout(self, id_: str) -> schemas.AgentAnswer:
        """Log an agent out: all of its sessions end.

        As a new password does, but the password stays.
        """
        return await self._transport.execute(operations.LOG_AGENT_OUT, {"id": id_})


class AsyncRevisions:
    """Operations on `/v1.0/revisions`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        page_size: int = 100,
        page_token: str | None = None,
        filter: str | None = None,
        object_id: str | None = None,
        kind: Literal["customer", "provider", "trunk", "route", "accesskey", "agent"] | None = None,
        actor_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> schemas.RevisionPage:
        """List revisions.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page. `filter`: Only those that all its
        terms mean, like `by:dana -kind:route made:<7d`: text, or one of `by:`, `kind:`, `did:`, `objects:`, `made:`
        with a value; with a minus before it, all others. The documentation of routes has the grammar. `object_id`:
        Only those that changed this object. `kind`: Only those that changed an object of this kind. `actor_id`: Only
        those made by this agent or access key. `since`: Only those made then or later. `until`: Only those made
        before.
        """
        return await self._transport.execute(
            operations.LIST_REVISIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "filter": filter,
                "object_id": object_id,
                "kind": kind,
                "actor_id": actor_id,
                "since": since,
                "until": until,
            },
        )

    def all(
        self,
        *,
        page_size: int = 100,
        filter: str | None = None,
        object_id: str | None = None,
        kind: Literal["customer", "provider", "trunk", "route", "accesskey", "agent"] | None = None,
        actor_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> AsyncIterator[schemas.RevisionAnswer]:
        """List revisions, all of them, page by page."""
        return self._transport.execute_paged(
            operations.LIST_REVISIONS,
            {
                "page_size": page_size,
                "filter": filter,
                "object_id": object_id,
                "kind": kind,
                "actor_id": actor_id,
                "since": since,
                "until": until,
            },
        )

    async def get(
        self, number: int, *, page_size: int = 1000, after: int | None = None, expand: str | None = None
    ) -> schemas.RevisionAnswer:
        """Get a revision with what it changed.

        `page_size`: How many changes at most. `after`: `next_after` of the page before. `expand`: Add `names`: the
        names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.GET_REVISION, {"number": number, "page_size": page_size, "after": after, "expand": expand}
        )

    async def get_tagged(
        self, number: int, *, page_size: int = 1000, after: int | None = None, expand: str | None = None
    ) -> Tagged[schemas.RevisionAnswer]:
        """Get a revision with what it changed; with its ETag, for an If-Match."""
        return await self._transport.execute_tagged(
            operations.GET_REVISION, {"number": number, "page_size": page_size, "after": after, "expand": expand}
        )

    async def difference(self, number: int, to: int, *, expand: str | None = None) -> schemas.DifferenceAnswer:
        """Compare two revisions, object by object and field by field.

        `to`: The other revision's number; 0: before the first. `expand`: Add `names`: the names of the objects of
        these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.COMPARE_REVISIONS, {"number": number, "to": to, "expand": expand}
        )

    async def undo(self, number: int, *, idempotency_key: str | None = None) -> schemas.RevisionAnswer:
        """Reverse a revision by a new one.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        """
        return await self._transport.execute(
            operations.UNDO_REVISION, {"number": number, "Idempotency-Key": idempotency_key}
        )


class AsyncAuth:
    """Operations on `/auth/login`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def login(self, username: str, password: str) -> schemas.LoginAnswer:
        """Log in."""
        return await self._transport.execute(operations.LOGIN, body=without_none(username=username, password=password))


class AsyncEdges:
    """Operations on `/v1.0/edges`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, *, page_size: int = 100, page_token: str | None = None) -> schemas.EdgePage:
        """List edges.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page.
        """
        return await self._transport.execute(operations.LIST_EDGES, {"page_size": page_size, "page_token": page_token})

    def all(self, *, page_size: int = 100) -> AsyncIterator[schemas.EdgeAnswer]:
        """List edges, all of them, page by page."""
        return self._transport.execute_paged(operations.LIST_EDGES, {"page_size": page_size})

    async def get(self, name: str) -> schemas.EdgeAnswer:
        """Get an edge."""
        return await self._transport.execute(operations.GET_EDGE, {"name": name})

    async def delete(self, name: str) -> schemas.EdgeAnswer:
        """Delete an edge that is gone."""
        return await self._transport.execute(operations.DELETE_EDGE, {"name": name})

    async def refusals(self, name: str) -> schemas.RefusalsAnswer:
        """The sources that an edge refused last, and why."""
        return await self._transport.execute(operations.LIST_REFUSALS, {"name": name})


class AsyncStats:
    """Operations on `/v1.0/stats`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def providers(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        step: int | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        edge: str | None = None,
        page_size: int = 100,
        sort: Literal["busiest", "unreached"] = "busiest",
        expand: str | None = None,
    ) -> schemas.ProviderStatsWindow:
        """Figures of providers' attempts.

        The busiest first, or as `sort` says. Those with neither an attempt in the window nor a channel in use are
        left out. The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if
        longer than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is
        an array too, with a value for each step.

        `from_`: Begin of the window; an hour before its end by default. `to`: End of the window, itself outside; now
        by default. `step`: Length of the steps to show, in s, a multiple of 60; none by default. The window is
        widened to whole steps. `customer_id`: Only calls of this customer. `provider_id`: Only attempts to this
        provider, or customers' calls with one; not for trunks and edges. `edge`: Only this edge; of edges alone.
        `page_size`: How many. `sort`: Which first: the busiest, or those of which most reached nobody. `expand`: Add
        `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.GET_PROVIDER_STATS,
            {
                "from": from_,
                "to": to,
                "step": step,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "edge": edge,
                "page_size": page_size,
                "sort": sort,
                "expand": expand,
            },
        )

    async def routes(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        step: int | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        edge: str | None = None,
        page_size: int = 100,
        sort: Literal["busiest", "unreached"] = "busiest",
        expand: str | None = None,
    ) -> schemas.RouteStatsWindow:
        """Figures of routes' attempts.

        The busiest first, or as `sort` says. Those with neither an attempt in the window nor a channel in use are
        left out. The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if
        longer than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is
        an array too, with a value for each step.

        `from_`: Begin of the window; an hour before its end by default. `to`: End of the window, itself outside; now
        by default. `step`: Length of the steps to show, in s, a multiple of 60; none by default. The window is
        widened to whole steps. `customer_id`: Only calls of this customer. `provider_id`: Only attempts to this
        provider, or customers' calls with one; not for trunks and edges. `edge`: Only this edge; of edges alone.
        `page_size`: How many. `sort`: Which first: the busiest, or those of which most reached nobody. `expand`: Add
        `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.GET_ROUTE_STATS,
            {
                "from": from_,
                "to": to,
                "step": step,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "edge": edge,
                "page_size": page_size,
                "sort": sort,
                "expand": expand,
            },
        )

    async def targets(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        step: int | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        edge: str | None = None,
        page_size: int = 100,
        sort: Literal["busiest", "unreached"] = "busiest",
        expand: str | None = None,
    ) -> schemas.TargetStatsWindow:
        """Figures of the attempts to targets.

        The busiest first, or as `sort` says. Those with neither an attempt in the window nor a channel in use are
        left out. The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if
        longer than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is
        an array too, with a value for each step.

        `from_`: Begin of the window; an hour before its end by default. `to`: End of the window, itself outside; now
        by default. `step`: Length of the steps to show, in s, a multiple of 60; none by default. The window is
        widened to whole steps. `customer_id`: Only calls of this customer. `provider_id`: Only attempts to this
        provider, or customers' calls with one; not for trunks and edges. `edge`: Only this edge; of edges alone.
        `page_size`: How many. `sort`: Which first: the busiest, or those of which most reached nobody. `expand`: Add
        `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.GET_TARGET_STATS,
            {
                "from": from_,
                "to": to,
                "step": step,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "edge": edge,
                "page_size": page_size,
                "sort": sort,
                "expand": expand,
            },
        )

    async def statuses(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        step: int | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        edge: str | None = None,
        page_size: int = 100,
        sort: Literal["busiest", "unreached"] = "busiest",
        expand: str | None = None,
    ) -> schemas.StatusStatsWindow:
        """Figures of attempts by their final SIP status.

        The busiest first, or as `sort` says. Those with neither an attempt in the window nor a channel in use are
        left out. The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if
        longer than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is
        an array too, with a value for each step.

        `from_`: Begin of the window; an hour before its end by default. `to`: End of the window, itself outside; now
        by default. `step`: Length of the steps to show, in s, a multiple of 60; none by default. The window is
        widened to whole steps. `customer_id`: Only calls of this customer. `provider_id`: Only attempts to this
        provider, or customers' calls with one; not for trunks and edges. `edge`: Only this edge; of edges alone.
        `page_size`: How many. `sort`: Which first: the busiest, or those of which most reached nobody. `expand`: Add
        `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.GET_STATUS_STATS,
            {
                "from": from_,
                "to": to,
                "step": step,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "edge": edge,
                "page_size": page_size,
                "sort": sort,
                "expand": expand,
            },
        )

    async def customers(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        step: int | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        edge: str | None = None,
        page_size: int = 100,
        sort: Literal["busiest", "unreached"] = "busiest",
        expand: str | None = None,
    ) -> schemas.CustomerStatsWindow:
        """Figures of customers' calls.

        The busiest first, or as `sort` says. Those with neither an attempt in the window nor a channel in use are
        left out. The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if
        longer than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is
        an array too, with a value for each step.

        `from_`: Begin of the window; an hour before its end by default. `to`: End of the window, itself outside; now
        by default. `step`: Length of the steps to show, in s, a multiple of 60; none by default. The window is
        widened to whole steps. `customer_id`: Only calls of this customer. `provider_id`: Only attempts to this
        provider, or customers' calls with one; not for trunks and edges. `edge`: Only this edge; of edges alone.
        `page_size`: How many. `sort`: Which first: the busiest, or those of which most reached nobody. `expand`: Add
        `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.GET_CUSTOMER_STATS,
            {
                "from": from_,
                "to": to,
                "step": step,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "edge": edge,
                "page_size": page_size,
                "sort": sort,
                "expand": expand,
            },
        )

    async def trunks(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        step: int | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        edge: str | None = None,
        page_size: int = 100,
        sort: Literal["busiest", "unreached"] = "busiest",
        expand: str | None = None,
    ) -> schemas.TrunkStatsWindow:
        """Figures of trunks' calls.

        The busiest first, or as `sort` says. Those with neither an attempt in the window nor a channel in use are
        left out. The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if
        longer than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is
        an array too, with a value for each step.

        `from_`: Begin of the window; an hour before its end by default. `to`: End of the window, itself outside; now
        by default. `step`: Length of the steps to show, in s, a multiple of 60; none by default. The window is
        widened to whole steps. `customer_id`: Only calls of this customer. `provider_id`: Only attempts to this
        provider, or customers' calls with one; not for trunks and edges. `edge`: Only this edge; of edges alone.
        `page_size`: How many. `sort`: Which first: the busiest, or those of which most reached nobody. `expand`: Add
        `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.GET_TRUNK_STATS,
            {
                "from": from_,
                "to": to,
                "step": step,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "edge": edge,
                "page_size": page_size,
                "sort": sort,
                "expand": expand,
            },
        )

    async def edges(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        step: int | None = None,
        customer_id: str | None = None,
        provider_id: str | None = None,
        edge: str | None = None,
        page_size: int = 100,
        sort: Literal["busiest", "unreached"] = "busiest",
        expand: str | None = None,
    ) -> schemas.EdgeStatsWindow:
        """Figures of edges' calls.

        The busiest first, or as `sort` says. Those with neither an attempt in the window nor a channel in use are
        left out. The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if
        longer than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is
        an array too, with a value for each step.

        `from_`: Begin of the window; an hour before its end by default. `to`: End of the window, itself outside; now
        by default. `step`: Length of the steps to show, in s, a multiple of 60; none by default. The window is
        widened to whole steps. `customer_id`: Only calls of this customer. `provider_id`: Only attempts to this
        provider, or customers' calls with one; not for trunks and edges. `edge`: Only this edge; of edges alone.
        `page_size`: How many. `sort`: Which first: the busiest, or those of which most reached nobody. `expand`: Add
        `names`: the names of the objects of these kinds that are referred to, by id.
        """
        return await self._transport.execute(
            operations.GET_EDGE_STATS,
            {
                "from": from_,
                "to": to,
                "step": step,
                "customer_id": customer_id,
                "provider_id": provider_id,
                "edge": edge,
                "page_size": page_size,
                "sort": sort,
                "expand": expand,
            },
        )

    async def overview(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        step: int | None = None,
        customer_id: str | None = None,
        show: str | None = None,
    ) -> schemas.StatsOverview:
        """Figures of all calls and attempts.

        The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if longer
        than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is an array
        too, with a value for each step.

        `from_`: Begin of the window; an hour before its end by default. `to`: End of the window, itself outside; now
        by default. `step`: Length of the steps to show, in s, a multiple of 60; none by default. The window is
        widened to whole steps. `customer_id`: Only calls of this customer. `show`: Add `before`: the same figures of
        a window before this one, as long as what has passed of it.
        """
        return await self._transport.execute(
            operations.GET_STATS_OVERVIEW,
            {"from": from_, "to": to, "step": step, "customer_id": customer_id, "show": show},
        )


class AsyncJobs:
    """Operations on `/v1.0/jobs`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, *, page_size: int = 100, page_token: str | None = None) -> schemas.JobPage:
        """List jobs.

        `page_size`: How many at most; 0 and more than 100 are 100. `page_token`: `next_page_token` of the page
        before, or the same instant as RFC 3339 has it; empty for the first page.
        """
        return await self._transport.execute(operations.LIST_JOBS, {"page_size": page_size, "page_token": page_token})

    def all(self, *, page_size: int = 100) -> AsyncIterator[schemas.JobAnswer]:
        """List jobs, all of them, page by page."""
        return self._transport.execute_paged(operations.LIST_JOBS, {"page_size": page_size})

    async def create(self, **fields: Unpack[schemas.JobCreate]) -> schemas.JobAnswer:
        """Start a job."""
        return await self._transport.execute(operations.CREATE_JOB, body=fields)

    async def get(self, id_: str) -> schemas.JobAnswer:
        """Get a job, with its progress."""
        return await self._transport.execute(operations.GET_JOB, {"id": id_})

    async def cancel(self, id_: str) -> schemas.JobAnswer:
        """Cancel a job; one that is over stays as it is."""
        return await self._transport.execute(operations.CANCEL_JOB, {"id": id_})


class AsyncApi:
    """All resources, and the operations that belong to none."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self.routes = AsyncRoutes(transport)
        self.calls = AsyncCalls(transport)
        self.providers = AsyncProviders(transport)
        self.customers = AsyncCustomers(transport)
        self.trunks = AsyncTrunks(transport)
        self.accesskeys = AsyncAccessKeys(transport)
        self.agents = AsyncAgents(transport)
        self.revisions = AsyncRevisions(transport)
        self.auth = AsyncAuth(transport)
        self.edges = AsyncEdges(transport)
        self.stats = AsyncStats(transport)
        self.jobs = AsyncJobs(transport)

    async def dialroutes(
        self,
        customer_id: str,
        target: str,
        *,
        at: str | None = None,
        edge: str | None = None,
        health: Literal["live", "ignore"] = "live",
        down: str | None = None,
        broken: str | None = None,
        full: str | None = None,
        removed: str | None = None,
        codecs: str | None = None,
        call_id: str | None = None,
        caller: str | None = None,
        rn: str | None = None,
        explain: bool = False,
        revision: int | None = None,
        expand: str | None = None,
        trunk_id: str | None = None,
    ) -> schemas.DialrouteAnswer:
        """The ordered routes of one call.

        `at`: What if the call came then. `edge`: By this edge's view of the providers: its probes and its breakers.
        `health`: `ignore`: what if all providers were healthy, and had room. `down`: What if the probes found these
        providers unhealthy; ids with commas between. `broken`: What if the breakers of these were open. `full`: What
        if all channels of these were in use. `removed`: What if these were disabled. `codecs`: What if the caller
        offered these alone, `PCMA,G729`. `call_id`: Seeds the weighted draw: the same id gives the same order.
        `caller`: Who calls, in E.164, or `anonymous`: for providers with rules for that. `rn`: The routing number of
        a ported number; routes are chosen by it. `explain`: Add every candidate's place and the reasons for it;
        providers without a free channel are skipped. `revision`: By the table as it was after this revision, under
        the circumstances of now; at most 10,000 changes ago. `expand`: Add `names`: the names of the objects of these
        kinds that are referred to, by id. `customer_id`: Whose call it would be. `target`: The number that is called,
        in E.164. `trunk_id`: The customer's trunk that it would come in by: its `caller_default` holds.
        """
        return await self._transport.execute(
            operations.LIST_DIALROUTES,
            {
                "at": at,
                "edge": edge,
                "health": health,
                "down": down,
                "broken": broken,
                "full": full,
                "removed": removed,
                "codecs": codecs,
                "call_id": call_id,
                "caller": caller,
                "rn": rn,
                "explain": explain,
                "revision": revision,
                "expand": expand,
                "customer_id": customer_id,
                "target": target,
                "trunk_id": trunk_id,
            },
        )

    async def report_events(
        self, edge: str, events: Sequence[Any], *, agent: schemas.AgentReport | None = None
    ) -> schemas.EventsAnswer:
        """Report events.

        `agent`: Shown as metrics. `events`: At most 2000; malformed ones are dropped and counted.
        """
        return await self._transport.execute(
            operations.REPORT_EVENTS, body=without_none(edge=edge, agent=agent, events=events)
        )

    async def customer(self) -> schemas.CustomerAnswer:
        """Get the caller's own customer."""
        return await self._transport.execute(operations.GET_OWN_CUSTOMER)

    async def update_own_customer(
        self, *, if_match: str | None = None, **fields: Unpack[schemas.OwnCustomerUpdate]
    ) -> schemas.CustomerAnswer:
        """Change the caller's own customer.

        `if_match`: Carry it out only if the object is still at this version.
        """
        return await self._transport.execute(operations.UPDATE_OWN_CUSTOMER, {"If-Match": if_match}, body=fields)

    async def me(self) -> schemas.MeAnswer:
        """Who the caller is."""
        return await self._transport.execute(operations.GET_ME)

    async def dialled(
        self,
        trunk_id: str,
        dialled: str,
        *,
        at: str | None = None,
        edge: str | None = None,
        health: Literal["live", "ignore"] = "live",
        down: str | None = None,
        broken: str | None = None,
        full: str | None = None,
        removed: str | None = None,
        codecs: str | None = None,
        call_id: str | None = None,
        caller: str | None = None,
        rn: str | None = None,
        explain: bool = False,
        revision: int | None = None,
        expand: str | None = None,
    ) -> schemas.DialledAnswer:
        """The ordered routes of what a switch dials.

        `at`: What if the call came then. `edge`: By this edge's view of the providers: its probes and its breakers.
        `health`: `ignore`: what if all providers were healthy, and had room. `down`: What if the probes found these
        providers unhealthy; ids with commas between. `broken`: What if the breakers of these were open. `full`: What
        if all channels of these were in use. `removed`: What if these were disabled. `codecs`: What if the caller
        offered these alone, `PCMA,G729`. `call_id`: Seeds the weighted draw: the same id gives the same order.
        `caller`: Who calls, in E.164, or `anonymous`: for providers with rules for that. `rn`: The routing number of
        a ported number; routes are chosen by it. `explain`: Add every candidate's place and the reasons for it;
        providers without a free channel are skipped. `revision`: By the table as it was after this revision, under
        the circumstances of now; at most 10,000 changes ago. `expand`: Add `names`: the names of the objects of these
        kinds that are referred to, by id. `trunk_id`: The trunk that the call would come in by. `dialled`: The user
        part of the request URI.
        """
        return await self._transport.execute(
            operations.LIST_DIALLED_DIALROUTES,
            {
                "at": at,
                "edge": edge,
                "health": health,
                "down": down,
                "broken": broken,
                "full": full,
                "removed": removed,
                "codecs": codecs,
                "call_id": call_id,
                "caller": caller,
                "rn": rn,
                "explain": explain,
                "revision": revision,
                "expand": expand,
                "trunk_id": trunk_id,
                "dialled": dialled,
            },
        )

    async def apply_changes(
        self, changes: Sequence[schemas.ChangeBody], *, idempotency_key: str | None = None, dry_run: bool = False
    ) -> schemas.ChangesAnswer:
        """Carry out many changes, all or none, as one revision.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        `dry_run`: Answer what would change, and change nothing.
        """
        return await self._transport.execute(
            operations.APPLY_CHANGES,
            {"Idempotency-Key": idempotency_key, "dry_run": dry_run},
            body=without_none(changes=changes),
        )

    async def search(self, q: str, *, kinds: str | None = None) -> schemas.SearchAnswer:
        """Find objects and calls.

        `q`: A piece of a name, host, user name or e-mail address; a number; 8 characters of an id; a Call-ID.
        `kinds`: Only these, with commas between; all that the caller may list by default.
        """
        return await self._transport.execute(operations.SEARCH_EVERYTHING, {"q": q, "kinds": kinds})

    async def export(
        self,
        kind: Literal["customer", "provider", "trunk", "route"],
        *,
        customer_id: str | None = None,
        provider_id: str | None = None,
        filter: str | None = None,
    ) -> str:
        """Export all objects of a kind.

        Newline-delimited JSON. The first line is `{"kind", "revision"}`, then one object on each line, as lists have
        it, in the order of their creation, and last `{"end", "count"}`: one that lacks its last line is not whole (an
        error, or a client that reads less than 32 kB a second). All of it is one snapshot, of that revision, which is
        in `X-Revision`, too.

        `kind`: Of which kind. `customer_id`: Only this customer's. `provider_id`: Of routes: only those to this
        provider. `filter`: Of routes: only those that it means, as in their list.
        """
        return await self._transport.execute(
            operations.EXPORT_OBJECTS,
            {"kind": kind, "customer_id": customer_id, "provider_id": provider_id, "filter": filter},
        )

    async def sheet(self, *, id_: str | None = None, filter: str | None = None) -> str:
        """Routes as rows of a spreadsheet.

        CSV (RFC 4180, UTF-8 with a byte order mark) of one snapshot, whose revision is in `X-Revision`. What people
        wrote never is a formula: an apostrophe stands before it then.

        `id_`: Only those with one of these ids. `filter`: Only those that it means, as in their list.
        """
        return await self._transport.execute(operations.EXPORT_SHEET, {"id": id_, "filter": filter})

    async def apply_sheet(
        self,
        text: str,
        *,
        dry_run: bool | None = None,
        leave_out: bool | None = None,
        plan: str | None = None,
        idempotency_key: str | None = None,
    ) -> schemas.SheetAnswer:
        """Carry out the rows of a spreadsheet, as one revision.

        `idempotency_key`: Sent again with the same key and body, the request gets its first answer again (for a day).
        `text`: A line for each row; see the documentation of routes. `dry_run`: Answer what would become of each row,
        and change nothing. `leave_out`: Leave out the rows that are refused; by default one of them refuses all.
        `plan`: That of a dry run: 412 if by now something else would become of the rows.
        """
        return await self._transport.execute(
            operations.APPLY_SHEET,
            {"Idempotency-Key": idempotency_key},
            body=without_none(text=text, dry_run=dry_run, leave_out=leave_out, plan=plan),
        )

    async def settings(self) -> schemas.SettingsAnswer:
        """The settings in effect.

        Of the process that answers: each control node and each edge has its own.
        """
        return await self._transport.execute(operations.GET_SETTINGS)

    async def healthz(self) -> schemas.Health:
        """Is the process alive."""
        return await self._transport.execute(operations.GET_HEALTH)

    async def readyz(self) -> schemas.Readiness:
        """Will requests be carried out."""
        return await self._transport.execute(operations.GET_READINESS)

    async def metrics(self) -> str:
        """Metrics in Prometheus' text format."""
        return await self._transport.execute(operations.GET_METRICS)

    async def testcalls(self, trunk_id: str, number: str) -> schemas.PlannedCall:
        """What a test call would be.

        `trunk_id`: The trunk that the call comes in by. `number`: What to dial, as the trunk does.
        """
        return await self._transport.execute(operations.PLAN_TEST_CALL, {"trunk_id": trunk_id, "number": number})

    async def place_test_call(self, trunk_id: str, number: str, *, caller: str | None = None) -> schemas.PlacedCall:
        """Place a test call.

        `trunk_id`: The trunk that the call comes in by. `number`: What to dial, as the trunk does. `caller`: Who
        calls; the trunk's `caller_default` where it is left away.
        """
        return await self._transport.execute(
            operations.PLACE_TEST_CALL, body=without_none(trunk_id=trunk_id, number=number, caller=caller)
        )
