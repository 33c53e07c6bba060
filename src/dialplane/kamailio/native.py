"""The parts of Kamailio's script that are printed from the engine's tables, and the events that it writes.

`call.cfg` has a place for each of them. So a rule stands once, in Python; what the script makes of it is compared with
the engine by a real Kamailio in tests/sip/test_native_table.py.
"""

from collections.abc import Mapping, Sequence

from dialplane.domain.sip_status import CLASSES as PHRASE_CLASSES
from dialplane.domain.sip_status import PHRASES, phrase
from dialplane.edge.call.plan import Column, Turn
from dialplane.engine import failover
from dialplane.engine.dialroute import MOST_ATTEMPTS
from dialplane.engine.failover import Evidence, Outcome, Rule
from dialplane.eventlog.kinds import AttemptAnswered, AttemptEnded, AttemptRinging, AttemptSent, CallEnded, Event
from dialplane.eventlog.native import xlog_text

OUTCOME_NUMBERS: Mapping[str, int] = {outcome: number for number, outcome in enumerate(failover.OUTCOMES, 1)}
"""The script's numbers for outcomes that are no SIP status; `#!define`d under the outcome's name in capitals."""

_FINAL_CLASSES = (3, 4, 5, 6)
_AT = "$(TV(Sn){s.rm,.})"
_ATTEMPT = {"at": _AT, "call": "$avp(call)", "n": "$avp(n)"}
_END = {"at": _AT, "hangup_by": "$var(hangup_by)"}
_EVENTS: Mapping[str, tuple[type[Event], str, Mapping[str, str]]] = {
    "attempt_ringing": (AttemptRinging, "$var(at)", {**_ATTEMPT, "status": "$rs"}),
    "attempt_answered": (AttemptAnswered, "$var(at)", {**_ATTEMPT, "status": "$rs", "tag": "$tt"}),
    "attempt_ended": (
        AttemptEnded,
        "$var(at)",
        {
            **{**_ATTEMPT, "status": "$var(status)", "reason": "$var(reason)"},
            **{"verdict": "$var(verdict)", "action": "$var(action)"},
        },
    ),
    "attempt_sent": (
        AttemptSent,
        "$var(next_at)",
        {**_ATTEMPT, "n": "$var(next)", "provider_id,route_id,uri,why,identity": "$var(tail)"},
    ),
    "call_ended": (
        CallEnded,
        "100",
        {**_END, "call": "$avp(call)", "status": "$var(caller_status)", "reason": "$var(phrase)"},
    ),
    "call_hung_up": (CallEnded, "100", {**_END, "call": "$dlg_var(call)", "status": "200", "reason": phrase(200)}),
}
"""The script's events: the kind, the place within its call for the id, and the script's expression for each field."""

_SECOND = ("attempt_sent", "call_ended")
"""Written behind the end of an attempt, in the same write."""

_MEANINGS: Mapping[Evidence, str] = {
    Evidence.FAILURE: "$var(is_failure) = 1;",
    Evidence.FAILURE_BEFORE_RINGING: "if ($avp(rang) == 1) $var(is_failure) = 0; else $var(is_failure) = 1;",
    Evidence.WORKS: "$var(is_failure) = 0;",
    Evidence.NOTHING: "$var(is_failure) = -1;",
}
_REPLY_ROUTE = """onreply_route[ATTEMPT_{n}] {{
    if ($rs == 100) return 1;
    route(RESTORE_VIAS);
    if ($avp(trusted) != 1) route(PRIVATE);
    if ($avp(raised) == {n}) route(CSEQ_BACK);
    if ($rs < 180 || $rs > 299) return 1;
    $var(n) = {n};
    route(REPLIED);
    if ($rs >= 200) unlock("$ci");
}}"""


def parts(edge: str, *, mark: str, most_branches: int) -> Mapping[str, object]:
    """Texts for the places in `call.cfg`: columns of plan rows, routes, and the events of an edge of this name."""
    return {
        **{column.name.lower(): column.value for column in Column},
        **_events(edge),
        "mark": f"{mark}$var(writing) ",
        "numbers": _numbers(most_branches),
        "never_relayed": "".join(f" || $var(caller_status) == {status}" for status in failover.NEVER_RELAYED),
        "verdicts": _verdicts(),
        "weights": _weights(),
        "best_headers": _best_headers(),
        "phrases": _phrases(),
        "listen": _switch("LISTEN", "$avp(n)", {n: f't_on_reply("ATTEMPT_{n}");' for n in range(1, MOST_ATTEMPTS + 1)}),
        "reply_routes": "\n".join(_REPLY_ROUTE.format(n=n) for n in range(1, MOST_ATTEMPTS + 1)),
    }


def _events(edge: str) -> Mapping[str, str]:
    """The texts that xlog prints, each behind the clocks; those that stand second in a write have these from `mark`."""
    texts = {}
    for number, (name, (kind, place, values)) in enumerate(_EVENTS.items(), 1):
        text = xlog_text(kind, edge, {"id": _id(values["call"], number, place), **values})
        texts[name] = text if name in _SECOND else f"$var(writing) {text}"
    return texts


def _id(call: str, kind: int, place: str) -> str:
    """A UUID: the call's first 24 characters, the kind of event, and a place of three digits within the call.

    So an event has the same id, whichever worker may write it again.
    """
    return f"$({call.removeprefix('$')}{{s.substr,0,24}})0000000{kind}0{place}"


def _numbers(most_branches: int) -> str:
    values = {
        **{outcome.upper(): number for outcome, number in OUTCOME_NUMBERS.items()},
        **{str(turn.name): turn.value for turn in Turn},
        "ALL_FAILED": failover.ALL_FAILED,
        "NOTHING_TOLD": failover.NOTHING_TOLD,
        "MOST_BRANCHES": most_branches,
    }
    return "\n".join(f"#!define {name} {value}" for name, value in values.items())


def _verdicts() -> str:
    """`route[VERDICT]`: what `failover.after` and the breakers make of $var(outcome) and $avp(rang)."""
    cases: dict[int, str] = {OUTCOME_NUMBERS[word]: _row(word, rule) for word, rule in failover.OUTCOMES.items()}
    cases |= {status: _row(status, rule) for status, rule in failover.STATUSES.items()}
    classes = {first: _row(None, rule) for first, rule in failover.CLASSES.items() if first in _FINAL_CLASSES}
    return _switch("VERDICT", "$var(outcome)", cases, classes)


def _row(outcome: Outcome | None, rule: Rule) -> str:
    """The statements for one row; `outcome` is None in a row for a whole class."""
    if rule.before_ringing == rule.after_ringing:
        action = f'$var(action) = "{rule.before_ringing}";'
    else:
        action = (
            f'if ($avp(rang) == 1) $var(action) = "{rule.after_ringing}"; else $var(action) = "{rule.before_ringing}";'
        )
    word = isinstance(outcome, str)
    status = rule.caller_status or (failover.ALL_FAILED if word else "$var(outcome)")
    return " ".join(
        (
            action,
            f'$var(verdict) = "{rule.verdict}";',
            f"$var(caller_status) = {status};",
            f'$var(hangup_by) = "{failover.hangup_by(outcome or 0)}";',
            f'$var(word) = "{outcome}";' if word else "$var(word) = $_s($var(outcome));",
            _MEANINGS[rule.evidence],
        )
    )


def _weights() -> str:
    """`route[WEIGH]`: $var(weight) is `failover.weigh` of $var(outcome)."""
    weighed = (*failover.MOST_TELLING, *failover.NEVER_RELAYED)
    cases = {status: f"$var(weight) = {failover.weigh(status)};" for status in weighed}
    classes = {
        first: f"$var(weight) = {failover.weigh(100 * first + 99) - 100 * first - 99} + $var(outcome);"
        for first in failover.LESS_TELLING_CLASSES
    }
    return _switch("WEIGH", "$var(outcome)", cases, classes, first="$var(weight) = NOTHING_TOLD;")


def _best_headers() -> str:
    """The statements that keep the headers of an answer for the caller."""
    lines = []
    for name in failover.TELLING_HEADERS:
        body = f"$T_rpl($hdr({name}))"
        lines.append(
            f'    if ({body} != $null) $var(best_headers) = $var(best_headers) + "{name}: " + {body} + "\\r\\n";'
        )
    return "\n".join(lines)


def _phrases() -> str:
    """`route[PHRASE]`: the phrase for $var(caller_status)."""
    cases = {status: f'$var(phrase) = "{text}";' for status, text in PHRASES.items() if status >= 300}
    classes = {first: f'$var(phrase) = "{text}";' for first, text in PHRASE_CLASSES.items()}
    return _switch("PHRASE", "$var(caller_status)", cases, classes)


def _switch(
    name: str, variable: str, cases: Mapping[int, str], classes: Mapping[int, str] | None = None, *, first: str = ""
) -> str:
    """A route with statements for values of a variable, and for the others by their hundreds."""
    lines: Sequence[str] = [
        f"route[{name}] {{",
        *([f"    {first}"] if first else []),
        f"    switch ({variable}) {{",
        *(f"        case {value}: {statements} return;" for value, statements in cases.items()),
        "    }",
        *(
            f"    if ({variable} / 100 == {hundreds}) {{ {text} return; }}"
            for hundreds, text in (classes or {}).items()
        ),
        "}",
    ]
    return "\n".join(lines)
