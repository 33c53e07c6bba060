"""The stream's topics and its query."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from dialplane.api.http.fields import Id, longest, optional
from dialplane.api.http.query import Query, decimal, several


class Topic(NamedTuple):
    """`permission`: what its events show needs it. `meaning`: of one event, and of its data."""

    permission: str
    event: str
    meaning: str


CALLS, HEALTH, BREAKERS, EDGES, REVISIONS, JOBS = TOPICS = ("calls", "health", "breakers", "edges", "revisions", "jobs")

MEANINGS: Mapping[str, Topic] = {
    CALLS: Topic("call.list", "call", "a call is new or has changed: the call as lists have it"),
    HEALTH: Topic(
        "provider.get", "health", "an edge has probed a provider: provider_id, edge, hostname, status, detail"
    ),
    BREAKERS: Topic("provider.get", "breaker", "a breaker has changed: provider_id, edge, hostname, state, detail"),
    EDGES: Topic("edge.list", "edge", "an edge has another revision, or has told of itself: the edge as lists have it"),
    REVISIONS: Topic("revision.list", "revision", "something was changed: the revision as lists have it"),
    JOBS: Topic("job.list", "job", "a job has come further: the job as lists have it"),
}
"""Topic -> what one needs to watch it, the name of its events, and what they say."""

MOST_SECONDS = 86_400

READY, RESET = "ready", "reset"
"""Events of the stream itself: it goes on from here; events are missing, so what is shown must be loaded anew."""


class StreamQuery(Query):
    """What is watched."""

    topics: Annotated[tuple[str, ...], several(*TOPICS)] = optional(
        "Only these; all that the caller may see by default."
    )
    customer_id: Id = optional("Of calls, only this customer's.")
    for_s: Annotated[int, decimal(0, MOST_SECONDS)] = optional(
        "Seconds after which it ends; 0: after what is new. For clients that ask now and then."
    )
    last_event_id: Annotated[str, longest(64)] = optional("As the header `Last-Event-ID`, for the first connection.")
