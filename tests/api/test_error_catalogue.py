"""One catalogue of reasons: complete, unique, and the only source of refusals."""

import re
from pathlib import Path
from types import ModuleType

import pytest

import dialplane.api
from dialplane.api.http import errors, reasons
from dialplane.control.permissions import PermissionDenied
from dialplane.domain import errors as domain_errors
from dialplane.domain.errors import DialplaneError
from dialplane.domain.kinds import KINDS

STATUS_OF = {
    "INVALID_ARGUMENT": {400, 405, 413, 415, 431},
    "UNAUTHENTICATED": {401},
    "PERMISSION_DENIED": {403},
    "NOT_FOUND": {404},
    "ALREADY_EXISTS": {409},
    "FAILED_PRECONDITION": {409, 412, 422},
    "RESOURCE_EXHAUSTED": {429},
    "UNAVAILABLE": {408, 503},
    "INTERNAL": {500},
}


@pytest.mark.parametrize("name", reasons.REASONS)
def test_a_reason_says_what_happened_and_how_to_remedy_it(name: str) -> None:
    reason = reasons.REASONS[name]
    assert re.fullmatch(r"[A-Z][A-Z_]+[A-Z]", name)
    assert reason.name == name
    assert reason.http in STATUS_OF[reason.status]
    assert reason.meaning.endswith(".")
    assert reason.remedy.endswith(".")


@pytest.mark.parametrize("name", reasons.REASONS)
def test_a_reason_is_used_somewhere(name: str) -> None:
    folder = Path(str(dialplane.api.__file__)).parent
    texts = [file.read_text() for file in folder.rglob("*.py") if file.name != "reasons.py"]
    used = any(f"reasons.{name}" in text for text in texts)
    assert used or reasons.REASONS[name] in reasons.NOT_FOUND_OF_KIND.values()


def _raised(module: ModuleType) -> list[type[DialplaneError]]:
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, DialplaneError)]
    return [kind for kind in found if kind is not DialplaneError]


@pytest.mark.parametrize("kind", [*_raised(domain_errors), PermissionDenied])
def test_every_error_of_the_domain_has_a_translation(kind: type[DialplaneError]) -> None:
    assert any(base in errors.TRANSLATIONS for base in kind.__mro__)


@pytest.mark.parametrize("kind", [*KINDS, "call", "revision", "edge"])
def test_every_kind_of_object_has_its_own_not_found(kind: str) -> None:
    refused = errors.api_error_of(domain_errors.NotFound(kind))
    assert refused.reason.name == f"{kind.upper()}_NOT_FOUND"


def test_an_error_that_is_no_refusal_is_a_fault_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="x"):
        errors.api_error_of(RuntimeError("x"))
