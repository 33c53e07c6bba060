"""Print the tables of the documents from the code that applies them.

python docs/generate.py           rewrite what stands between the `generated` marks
python docs/generate.py --check   1 when a document differs from the code, or lacks a table
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import getdoc
from pathlib import Path
from typing import Any, get_args

from msgspec import Struct, inspect
from typer.main import get_command

from dialplane.api.console import edges
from dialplane.api.console.limits import LISTS
from dialplane.api.http.reasons import REASONS
from dialplane.api.metrics.registry import Metrics
from dialplane.cli.main import app
from dialplane.control import route_filter
from dialplane.control.permissions import TABLE
from dialplane.domain.call import CALL_VERDICTS
from dialplane.domain.edge_counters import COUNTERS
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import KINDS
from dialplane.domain.permission import PERMISSIONS
from dialplane.edge.call import plan, progress
from dialplane.engine import failover, reasons, refusals
from dialplane.eventlog import kinds
from dialplane.settings import Settings

DOCS = Path(__file__).parent
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def failover_table() -> str:
    """Outcome of an attempt x whether the callee already rang."""
    return table(
        (
            "outcome",
            "meaning",
            "before ringing",
            "after a 18x",
            "verdict",
            "to the caller on stop",
            "its breaker counts",
        ),
        [
            (
                f"`{name}`",
                rule.meaning,
                rule.before_ringing,
                rule.after_ringing,
                f"`{rule.verdict}`",
                rule.caller_status or ("the same status" if "stop" in rule[:2] else ""),
                rule.evidence or "nothing",
            )
            for name, rule in _failover_rows()
        ],
    )


def _failover_rows() -> Sequence[tuple[str, failover.Rule]]:
    return [
        *failover.OUTCOMES.items(),
        *((str(status), rule) for status, rule in failover.STATUSES.items()),
        *((f"{status}xx", rule) for status, rule in failover.CLASSES.items()),
    ]


_NAMED = {"provider": "bics,tata", "customer": "acme*"}
"""Kind of object -> names of some."""


def route_words_table() -> str:
    """The words of a filter of routes."""
    return table(
        ("word", "only routes", "like"),
        [
            (
                f"`{word.name}:`",
                word.says,
                ", ".join(f"`{word.name}:{value}`" for value in word.values or (_NAMED[word.kind],)),
            )
            for word in route_filter.WORDS
        ],
    )


def list_words_table() -> str:
    """The words of the filters of all other lists."""
    rows = [
        (path, f"`{list_.like}`", "; ".join(f"`{word.name}:` {word.says}" for word in list_.words))
        for path, list_ in ((f"`/v1.0/{_PATHS[name]}`", list_) for name, list_ in LISTS.items() if name != "route")
    ]
    return table(("list", "like", "words, and what fits"), rows)


_PATHS = {**{kind.name: kind.collection for kind in KINDS.values()}, "call": "calls", "revision": "revisions"}
"""What a list is of -> its path."""


def call_verdicts_table() -> str:
    """What may have become of a call, as lists are narrowed by it."""
    return table(("`verdict`", "only calls"), [(f"`{word}`", says) for word, says in CALL_VERDICTS.items()])


def call_state_tables() -> str:
    """The variables that hold the state of a call, the columns of its plan, and Python's turns."""
    variables = [(f"`$avp({name})`", writer, meaning) for name, (writer, meaning) in progress.VARIABLES.items()]
    columns = [(column.value, f"`{column.name.lower()}`", meaning) for column, meaning in plan.COLUMNS.items()]
    turns = [(turn.value, f"`{turn.name}`", meaning) for turn, meaning in plan.TURNS.items()]
    return (
        f"{table(('variable', 'written by', 'meaning'), variables)}\n## A row of the plan\n\n"
        f"{table(('column', 'name', 'meaning'), columns)}\n## When it is Python's turn\n\n"
        f"{table(('flag', 'name', 'when'), turns)}"
    )


def edge_installation() -> str:
    """The commands that make a machine an edge."""
    return f"```sh\n{edges.INSTALL.format_map(edges.EXAMPLE)}```\n"


def edge_counters_table() -> str:
    """Counter of an edge, and what it counts."""
    return table(
        ("counter", "what it counts, since `kamailio_started`"),
        [(f"`{name}`", meaning) for name, meaning in COUNTERS.items()],
    )


def refusal_table() -> str:
    """Every answer that no carrier gave."""
    return table(
        ("the caller hears", "why", "code", "what is recorded", "who decides"),
        [
            (
                _heard(answer),
                answer.sentence,
                f"`{refusal}`",
                answer.trace or "nothing",
                answer.decider,
            )
            for refusal, answer in refusals.ANSWERS.items()
        ],
    )


def _heard(answer: refusals.Answer) -> str:
    if answer.status is None:
        return "no answer"
    return f"{answer.status} {_RETRY_AFTER}" if answer.asks_to_retry else str(answer.status)


_RETRY_AFTER = f"(Retry-After: {refusals.RETRY_AFTER_S})"


def ending_table() -> str:
    """What the caller hears once carriers were tried."""
    telling = ", ".join(map(str, failover.MOST_TELLING))
    classes = " and ".join(f"{first}xx" for first in failover.LESS_TELLING_CLASSES)
    headers = ", ".join(failover.TELLING_HEADERS)
    relayed = ", ".join(
        name for name, rule in _failover_rows() if rule.before_ringing == failover.STOP and name.isdigit()
    )
    ringing = [name for name, rule in _failover_rows() if "next stop" == " ".join(rule[:2])]
    own = [(rule.caller_status, rule.meaning) for rule in failover.OUTCOMES.values() if rule.caller_status]
    never = " and ".join(map(str, failover.NEVER_RELAYED))
    return table(
        ("the caller hears", "when"),
        [
            ("the carrier's 2xx", "an attempt is answered"),
            (
                "the carrier's own answer",
                f"an attempt ends with {relayed}, or as the provider's `failover` map stops at",
            ),
            ("the carrier's own answer", f"an attempt ends with {', '.join(ringing)} after a 18x"),
            *own,
            (telling, f"all were tried without success: the first of these that a carrier said, with its {headers}"),
            (f"any other {classes}", "all were tried without success: what a carrier said, with these headers"),
            (f"{failover.ALL_FAILED} {_RETRY_AFTER}", "all were tried, and no carrier said one of these"),
            (f"{failover.ALL_FAILED} {_RETRY_AFTER}", f"the `failover` map stops at a 3xx, {never}: never relayed"),
        ],
    )


def decision_reasons() -> str:
    """Why a candidate stands where it stands."""
    return table(("reason", "what it says"), [(f"`{code}`", row.sentence) for code, row in reasons.REASONS.items()])


def error_reasons() -> str:
    """Every way in which the API refuses a request."""
    return table(
        ("reason", "status", "HTTP", "what it means", "how to mend it"),
        [(f"`{entry.name}`", entry.status, entry.http, entry.meaning, entry.remedy) for entry in REASONS.values()],
    )


def permissions() -> str:
    """Operation x role; `own` is the objects of the role's customer."""
    rows = [
        (f"`{operation}`", *(str(roles[role].value) if role in roles else "" for role in PERMISSIONS))
        for operation, roles in TABLE.items()
    ]
    return table(("operation", *(f"`{role}`" for role in PERMISSIONS)), rows)


def commands() -> str:
    """Every verb of the command line, and what it takes."""
    group: Any = get_command(app)
    rows = [
        (f"`{verb.name}`", verb.help.partition("\n")[0], " ".join(f"`{_taken(one)}`" for one in verb.params))
        for verb in group.commands.values()
    ]
    return table(("`dialplane` ...", "what it does", "takes"), rows)


def _taken(parameter: Any) -> str:
    return parameter.name.upper() if parameter.param_type_name == "argument" else str(parameter.opts[0])


def settings() -> str:
    """Every setting with its default and reason."""
    rows = [
        (f"`DIALPLANE_{name.upper()}`", f"`{_written(field.default)}`", field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return table(("setting", "default", "what for"), rows)


def _written(default: object) -> str:
    """A default as the environment would have it."""
    return ",".join(default) if type(default) is tuple else "" if default is None else str(default)


def metrics() -> str:
    """Every metric of the API process."""
    rows = [
        (f"`{family.name}`", family.type, family.documentation) for family in Metrics(version="").registry.collect()
    ]
    return table(("metric", "type", "what it tells"), rows)


def events() -> str:
    """Every kind of event of the log, and every field of it."""
    structs: list[type[Struct]] = [kinds.Event, *get_args(kinds.AnyEvent), kinds.ConsideredRoute]
    return "\n".join(_fields(struct, but=kinds.Event) for struct in structs)


def _fields(struct: type[Struct], *, but: type[Struct]) -> str:
    """The fields of a struct, without those that it inherits from `but`."""
    common = () if struct is but else but.__struct_fields__
    described: Any = inspect.type_info(struct)
    rows = [
        (f"`{field.name}`", _type(field.type), field.type.extra_json_schema["description"])
        for field in described.fields
        if field.name not in common
    ]
    title = _HEADINGS.get(struct) or f"`{struct.__struct_config__.tag}`"
    return f"### {title}\n{getdoc(struct)}\n\n{table(('field', 'type', 'meaning'), rows)}"


_HEADINGS: Mapping[type[Struct], str] = {kinds.Event: "Every event", kinds.ConsideredRoute: "Entries of `decision`"}


_BOUNDS: Mapping[int, str] = {1 << 62: "2^62", NEVER - 1: "the end of the year 9998"}


def _type(type_: inspect.Type) -> str:
    """A type and its bounds, as a reader of JSON sees it."""
    match type_:
        case inspect.Metadata(type=inner, extra_json_schema={"examples": words}):
            return "one of " + ", ".join(f"`{word}`" for word in words if word) + (" or empty" if "" in words else "")
        case inspect.Metadata(type=inner):
            return _type(inner)
        case inspect.IntType(ge=None, le=None):
            return "integer"
        case inspect.IntType(ge=least, le=most):
            return f"integer, {least} to {_BOUNDS.get(most or 0, most)}"
        case inspect.StrType(pattern=pattern):
            return f"text `{pattern}`" if pattern else "text"
        case inspect.NoneType():
            return "null"
        case inspect.UnionType(types=types):
            return " or ".join(map(_type, types))
        case inspect.VarTupleType(item_type=item):
            return f"list of {_type(item)}"
        case inspect.DictType(key_type=key, value_type=value, max_length=most):
            return f"object of up to {most}: {_type(key)} to {_type(value)}"
        case inspect.StructType():
            return "object"
    raise NotImplementedError(type_)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "call-state": call_state_tables,
    "call-verdicts": call_verdicts_table,
    "route-words": route_words_table,
    "list-words": list_words_table,
    "commands": commands,
    "edge-counters": edge_counters_table,
    "edge-installation": edge_installation,
    "endings": ending_table,
    "errors": error_reasons,
    "events": events,
    "failover": failover_table,
    "metrics": metrics,
    "permissions": permissions,
    "reasons": decision_reasons,
    "refusals": refusal_table,
    "settings": settings,
}


def rendered(text: str) -> str:
    """The document with its tables as the code has them. Raises KeyError for an unknown table."""
    return _BLOCK.sub(lambda block: f"{block[1]}{BLOCKS[block['name']]()}{block[4]}", text)


def main(arguments: Sequence[str]) -> int:
    """Rewrite or check all documents."""
    stale, used = [], set()
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text()
        used |= {block["name"] for block in _BLOCK.finditer(text)}
        new = rendered(text)
        if new != text:
            stale.append(path.name)
            if "--check" not in arguments:
                path.write_text(new)
    if "--check" not in arguments:
        return 0
    missing = set(BLOCKS) - used
    if stale or missing:
        sys.stderr.write(f"differs from the code: {stale}; in no document: {sorted(missing)}; run docs/generate.py\n")
    return 1 if stale or missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
