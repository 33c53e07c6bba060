"""Schemas of edges."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import among
from dialplane.api.http.query import Page
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import AnsweredInstant, Presenter
from dialplane.control.edges import LOAD_WINDOW_S, SILENT_AFTER_S, STATES, Edge, RefusedSource
from dialplane.domain import edge_checks
from dialplane.domain.edge_counters import RATE_OVER_S
from dialplane.engine.refusals import FAULTS

EXAMPLE: dict[str, Any] = {
    "name": "edge-1",
    "revision": 4711,
    "lag_revisions": 0,
    "last_contact": "2022-10-22 16:16:16.874761",
    "silent_s": 1.25,
    "state": "in_step",
    "state_detail": "in step",
    "agent_version": "0.1.0",
    "kamailio_version": "5.6.3",
    "kamailio_started": "2022-10-20 08:01:00.000000",
    "max_call_s": 14400,
    "calls_shed": 0,
    "shed_percent": 0,
    "events_lost": 0,
    "counters": {"script_errors": 0, "strangers": 12, "replica_damages": 0},
    "counters_per_hour": {"script_errors": 0.0, "strangers": 0.2},
    "counters_over_s": 300.0,
    "clock_ahead_s": -0.004,
    "certificates": [{"subject": "CN=edge-1", "until": "2032-10-17 08:01:00.000000"}],
    "checks": [
        {"check": "clock", "state": "good", "detail": "its clock agrees with this control plane's, to 2 ms"},
        {"check": "certificate", "state": "good", "detail": "its certificate (CN=edge-1) holds until 2032-10-17"},
    ],
    "calls_in_progress": 118,
    "cps": 12.4,
    "tm_status": "2022-10-22 16:16:14.120001",
    "tm_create": "2022-10-20 08:00:58.000001",
}


class EdgeList(Page):
    """Which part of the list of edges."""


class HeldCertificate(BaseModel):
    """A certificate that an edge shows over TLS."""

    subject: str
    until: AnsweredInstant


class EdgeCheck(BaseModel):
    """What is judged of an edge beside its calls."""

    check: Annotated[str, among(*edge_checks.CHECKS)]
    state: Annotated[str, among(*edge_checks.STATES), Field(description="`not_reported`: its version does not tell.")]
    detail: Annotated[str, Field(description="The same for people, with what it means and what to do.")]


class EdgeAnswer(BaseModel):
    """An edge: what it has, what runs there, what it carries."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: str
    revision: Annotated[int | None, Field(description="That of its table at its last poll; null before the first.")]
    lag_revisions: Annotated[int | None, Field(description="How many revisions the database is ahead of it.")]
    last_contact: Annotated[AnsweredInstant, Field(description="When it last polled, or reported events.")]
    silent_s: Annotated[float | None, Field(description="Seconds since then.")]
    state: Annotated[
        str,
        among(*STATES),
        Field(
            description=f"`silent`: not heard for {SILENT_AFTER_S} s. `behind`: its table is older than the database. "
            "`unheard`: it has not polled yet. An edge routes calls in each of them, once it has a table."
        ),
    ]
    state_detail: Annotated[str, Field(description="The same for people, with what it means for calls.")]
    agent_version: Annotated[str | None, Field(description="Null until the edge has told.")]
    kamailio_version: Annotated[str | None, Field(description="Null until it has told; empty where there is none.")]
    kamailio_started: Annotated[AnsweredInstant, Field(description="Since when; never where Kamailio does not run.")]
    max_call_s: Annotated[int | None, Field(description="Seconds after which the edge ends an answered call.")]
    calls_shed: Annotated[
        int | None, Field(description="New calls it refused because it was too busy, since kamailio_started.")
    ]
    shed_percent: Annotated[int | None, Field(description="Of the new calls, how many it refuses as it last told.")]
    events_lost: Annotated[
        int | None, Field(description="Events of calls that its disk had no room for, since kamailio_started.")
    ]
    counters: Annotated[
        dict[str, int],
        Field(description="What else it counts, by name; empty until it has told. See the documentation of edges."),
    ]
    counters_per_hour: Annotated[
        dict[str, float],
        Field(description="Those that count since kamailio_started, by the rate of the last reports; empty of one."),
    ]
    counters_over_s: Annotated[
        float | None, Field(description=f"Seconds that this rate is over, {RATE_OVER_S} once it has told for so long.")
    ]
    clock_ahead_s: Annotated[
        float | None,
        Field(
            description="How far its clock is ahead of the control plane's, less than 0 behind; null if not reported."
        ),
    ]
    certificates: Annotated[
        list[HeldCertificate] | None, Field(description="Those it shows over TLS, its own first; null if not reported.")
    ]
    checks: Annotated[list[EdgeCheck], Field(description="Whether its clock is right and its certificates hold.")]
    calls_in_progress: Annotated[int, Field(description="Calls it has reported that have not ended.")]
    cps: Annotated[float, Field(description=f"Calls per second, over the last {LOAD_WINDOW_S} s.")]
    tm_status: Annotated[AnsweredInstant, Field(description="When it last told of itself; events before are all here.")]
    tm_create: Annotated[AnsweredInstant, Field(description="When it was first heard of.")]


class RefusedSourceAnswer(BaseModel):
    """A source that comes in by no trunk, and why its last request was refused."""

    address: str
    count: Annotated[int, Field(description="Refused requests from tm_first to tm_last.")]
    reason: Annotated[str, Field(description="Stable code.")]
    why: Annotated[str, Field(description="The same as a sentence.")]
    dialled: Annotated[str, Field(description="What was dialled last.")]
    banned: Annotated[bool, Field(description="It gets no answer for a while: it asked too much.")]
    tm_first: AnsweredInstant
    tm_last: AnsweredInstant


class RefusalsAnswer(BaseModel):
    """The sources that an edge refused last; it keeps 64 of them."""

    result: Annotated[list[RefusedSourceAnswer], Field(description="The last one first.")]


_present = Presenter(EdgeAnswer, Edge)
_present_refused = Presenter(RefusedSourceAnswer, RefusedSource)


def present(edge: Edge) -> dict[str, Any]:
    """An edge with what is judged of it."""
    held = edge.certificates
    return _present(
        edge,
        certificates=None
        if held is None
        else [{"subject": one.subject, "until": timestamp(one.until)} for one in held],
        checks=[check._asdict() for check in edge.checks],
    )


def present_refused(source: RefusedSource) -> dict[str, Any]:
    """A refused source with the sentence for its reason."""
    return _present_refused(source, why=FAULTS.get(source.reason, source.reason))
