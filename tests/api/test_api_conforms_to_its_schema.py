"""schemathesis over both OpenAPI documents, on both databases: no input gets a 5xx, and answers are as documented.

Half of the requests are about objects that there are.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dialplane.api.app import ENDPOINTS
from tests.api.serving import Api, serving, settings_for
from tests.api.world import Ids, make_world, noun_of
from tests.databases import KINDS, Server
from tests.faults.counts import FULL, may_take_long, times

OPERATIONS = [(endpoint.path, endpoint.method) for endpoint in ENDPOINTS]
DOCUMENTS = ("/openapi.json", "/openapi-3.0.json")
PAIRS = list(product(KINDS, DOCUMENTS) if FULL else zip(KINDS, DOCUMENTS, strict=True))
"""Each document and each database once, or with FAULTS=full each document on each database."""

TARGETS = [pytest.param(pair, marks=() if pair == PAIRS[0] else pytest.mark.system) for pair in PAIRS]
"""The first of them every day, the others with the tests of the system: reading a document takes most of the time."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = times(3, 100)

SENT_AGAIN = 10
"""How often one request may be told to come again; an input that always is has found a fault."""


@dataclass
class Target:
    """A running API, its document as schemathesis reads it, and the ids of objects that are there."""

    api: Api
    schema: Any
    ids: Ids

    def answer_to(self, case: Any) -> Any:
        """The answer; a request that is told to come again does: on a busy machine a statement may not end in time."""
        for _ in range(SENT_AGAIN):
            answer = case.call(base_url=self.api.base_url, headers=dict(self.api.admin.headers), timeout=30)
            if answer.status_code != 503 or "Retry-After" not in answer.headers:
                break
            time.sleep(float(answer.headers["Retry-After"]))
        return answer

    def about_known_objects(self, case: Any, path: str) -> None:
        """Puts ids of objects that there are in the place of those that were drawn."""
        own = dict.fromkeys(("id", "number", "name"), self.ids.get(noun_of(path), "")) if "{" in path else {}
        references = {f"{noun.removesuffix('s')}_id": id_ for noun, id_ in self.ids.items()}
        for part, ids in ((case.path_parameters, own), (case.query, references), (case.body, references)):
            if isinstance(part, dict):
                part.update({name: ids[name] for name in part.keys() & ids.keys()})


@pytest.fixture(scope="module", params=TARGETS, ids=lambda pair: f"{pair[0]}-{pair[1][1:-5]}")
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    kind, document = request.param
    databases: Server = request.getfixturevalue("sqlite_folder" if kind == "sqlite" else "postgresql_server")
    limits: dict[str, Any] = {"login_failures_per_minute": 10_000, "address_login_failures_per_minute": 10_000}
    with (
        databases.lent("prepared") as url,
        serving(settings_for(tmp_path_factory.mktemp("schema"), url=url, **limits)) as api,
    ):
        yield Target(api, schemathesis.openapi.from_url(f"{api.base_url}{document}"), make_world(api).own)


@may_take_long
@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_input_gets_a_5xx_and_every_answer_is_documented(
    target: Target, path: str, method: str, mode: GenerationMode
) -> None:
    @settings(
        max_examples=min(5, EXAMPLES) if path.endswith("login") else EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=target.schema[path][method].as_strategy(generation_mode=mode), is_known=st.booleans())
    def check(case: Any, is_known: bool) -> None:
        if is_known:
            target.about_known_objects(case, path)
        if path == "/v1.0/stream":
            case.query = {**(case.query or {}), "for_s": "0"}
        if path == "/v1.0/feed" and case.query:
            case.query.pop("wait", None)
        answer = target.answer_to(case)
        case.validate_response(answer, checks=CHECKS, headers=dict(target.api.admin.headers))

    try:
        check()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "every operation can be called well; some have nothing to get wrong"
    assert target.api.admin.get("/v1.0/me").status_code == 200, "requests without an administrator would show little"
