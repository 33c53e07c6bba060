"""`/v1.0/sheet`: CSV out, rows in."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.http.streamed import CSV, Streamed, read_in_time
from dialplane.api.sheet.schemas import SheetAnswer, SheetBody, SheetQuery, present, require_all
from dialplane.control import export, sheets
from dialplane.control.export import Begin
from dialplane.control.sheets import CHANGED, NEW, Known
from dialplane.control.units import EXPORTS
from dialplane.domain.errors import StaleVersion
from dialplane.domain.kinds import ROUTE
from dialplane.domain.sheet import written
from dialplane.system.clock import now_us
from dialplane.system.turns import in_turns

SHEET = Resource("/v1.0/sheet", tag="routes")

_MARK = "\ufeff"
"""By which spreadsheets know UTF-8."""


@SHEET.endpoint(
    "GET",
    summary="Routes as rows of a spreadsheet",
    description="CSV (RFC 4180, UTF-8 with a byte order mark) of one snapshot, whose revision is in `X-Revision`. "
    "What people wrote never is a formula: an apostrophe stands before it then.",
    permission="export.read",
    media_type=CSV,
    work=EXPORTS,
)
async def export_sheet(request: AuthenticatedRequest, query: SheetQuery) -> Response:
    async with request.read() as unit:
        names = await sheets.known(unit, request.actor)
    parts = export.parts(
        request.services.db, request.actor, ROUTE.name, {}, text=query.filter or "", ids=query.id or ()
    )
    begin = await anext(parts)
    assert isinstance(begin, Begin)
    headers = {"X-Revision": str(begin.revision), "Content-Disposition": 'attachment; filename="routes.csv"'}
    head = (_MARK + written([list(sheets.COLUMNS)])).encode()
    return Streamed(head, read_in_time(_chunks(parts, names)), media_type=CSV, headers=headers)


async def _chunks(parts: AsyncGenerator[export.Part, None], names: Known) -> AsyncGenerator[bytes, None]:
    async with aclosing(parts):
        async for routes in parts:
            yield written(await in_turns(routes, lambda route: sheets.cells(route, names))).encode()


@SHEET.endpoint(
    "POST",
    summary="Carry out the rows of a spreadsheet, as one revision",
    permission="changes.apply",
    answer=SheetAnswer,
    is_repeatable=True,
    refuses=[reasons.VERSION_MISMATCH],
)
async def apply_sheet(request: AuthenticatedRequest, body: SheetBody) -> Response:
    actor, text = request.actor, body.text.removeprefix(_MARK)
    if body.dry_run:
        async with request.read() as reading:
            names = await sheets.known(reading, actor)
            planned = await sheets.plan(reading, actor, text, names, stamp=now_us)
        return JsonResponse(await present(planned, names, plan=sheets.digest(planned), revision=None))
    async with request.change() as unit:
        names = await sheets.known(unit, actor)
        planned = await sheets.plan(unit, actor, text, names, stamp=unit.next_instant)
        plan = sheets.digest(planned)
        if body.plan not in (None, plan):
            raise StaleVersion
        if not body.leave_out:
            require_all(planned)
        await sheets.carry_out(unit, planned)
        revision = unit.revision if any(one.verdict in (NEW, CHANGED) for one in planned) else None
        answer = await present(planned, names, plan=plan, revision=revision)
        return await request.keep(unit, JsonResponse(answer, revision=revision))
