"""schemathesis over the served schema: no input that it can think of gets a 5xx, and answers are as documented."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dialplane.api.app import ENDPOINTS
from tests.api.serving import Api, serving, settings_for
from tests.faults.counts import times

OPERATIONS = [(endpoint.path, endpoint.method) for endpoint in ENDPOINTS]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = dict.fromkeys((GenerationMode.POSITIVE, GenerationMode.NEGATIVE), times(6, 100))


@pytest.fixture(scope="module")
def target(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    limits: dict[str, Any] = {"login_failures_per_minute": 10_000, "address_login_failures_per_minute": 10_000}
    with serving(settings_for(tmp_path_factory.mktemp("schema"), database=prepared_file, **limits)) as running:
        yield running


@pytest.fixture(scope="module")
def served(target: Api) -> Any:
    return schemathesis.openapi.from_url(f"{target.base_url}/openapi.json")


@pytest.mark.parametrize("mode", EXAMPLES, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_input_gets_a_5xx_and_every_answer_is_documented(
    target: Api, served: Any, path: str, method: str, mode: GenerationMode
) -> None:
    @settings(
        max_examples=5 if path.endswith("login") else EXAMPLES[mode],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=served[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if path == "/v1.0/feed" and case.query:
            case.query.pop("wait", None)
        case.call_and_validate(base_url=target.base_url, headers=dict(target.admin.headers), checks=CHECKS, timeout=30)

    try:
        check()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "every operation can be called well; some have nothing to get wrong"
