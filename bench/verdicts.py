"""The failover table of the engine as a route of Kamailio's own language, for the native script that does the same."""

from dialplane.engine import failover

_NUMBERS = {
    failover.TRANSPORT_ERROR: 1,
    failover.NO_RESPONSE: 2,
    failover.NO_PROGRESS: 3,
    failover.NO_ANSWER: 4,
    failover.CANCELLED: 5,
}
"""same.cfg, failure_route ATTEMPT, tells by these what came instead of a SIP status."""


def verdicts() -> str:
    """`route[VERDICT]`: from $var(outcome) and $avp(rings) to $var(action), $var(verdict) and $var(caller_status)."""
    cases = [
        *(
            f"        case {_NUMBERS[outcome]}: {_row(rule, failover.ALL_FAILED)} return;"
            for outcome, rule in failover.OUTCOMES.items()
        ),
        *(f"        case {status}: {_row(rule, status)} return;" for status, rule in failover.STATUSES.items()),
    ]
    classes = [
        f"    if ($var(outcome) / 100 == {first}) {{ {_row(rule, '$var(outcome)')} return; }}"
        for first, rule in failover.CLASSES.items()
        if first > 2
    ]
    return "\n".join(
        ("route[VERDICT] {", "    switch ($var(outcome)) {", *cases, "    }", *classes, "}"),
    )


def _row(rule: failover.Rule, status: int | str) -> str:
    if rule.before_ringing == rule.after_ringing:
        action = f'$var(action) = "{rule.before_ringing}";'
    else:
        action = (
            f'if ($avp(rings) == 1) $var(action) = "{rule.after_ringing}"; else $var(action) = "{rule.before_ringing}";'
        )
    return f'{action} $var(verdict) = "{rule.verdict}"; $var(caller_status) = {rule.caller_status or status};'
