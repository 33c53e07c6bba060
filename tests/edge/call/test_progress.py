"""A call's progress, step by step."""

from dialplane.edge.call.progress import Progress
from dialplane.edge.sip import Sip
from dialplane.engine.failover import weigh
from tests.edge.fakeksr import FakeKsr


def transaction() -> tuple[dict[str, object], Sip]:
    """The variables of a transaction, and Kamailio's side of it."""
    kept: dict[str, object] = {}
    ksr = FakeKsr(
        {"pvx.avp_sets": kept.__setitem__, "pvx.avp_seti": kept.__setitem__, "pvx.avp_get": lambda name: kept.get(name)}
    )
    return kept, Sip(ksr)


def test_progress_is_what_the_transaction_has_in_its_variables() -> None:
    kept, sip = transaction()
    progress = Progress(current=2, has_rung=1, best=weigh(404), branch=3)

    progress.keep(sip)

    assert Progress.of(sip) == progress
    assert kept == {
        "n": 2,
        "branch": 3,
        "rang": 1,
        "answered": 0,
        "over": 0,
        "final": weigh(404),
        "best_headers": "",
        "retries": "",
    }


def test_only_what_has_changed_is_written_again() -> None:
    kept, sip = transaction()
    Progress(current=1).keep(sip)
    progress = Progress.of(sip)
    kept.clear()

    progress.rang()
    progress.keep(sip)

    assert kept == {"rang": 1}


def test_an_attempt_that_the_script_sent_went_to_the_first_address_without_credentials() -> None:
    kept, sip = transaction()
    progress = Progress()
    progress.begin(1)
    progress.sent()
    progress.authenticating()
    progress.sent()
    progress.keep(sip)
    kept["n"] = 2

    assert (Progress.of(sip).hop, Progress.of(sip).authentications) == (0, 0)
    _, sip = transaction()
    Progress.begin_in_script(sip)
    assert Progress.of(sip) == Progress(current=1)
    assert (Progress.of(sip).hop, Progress.of(sip).authentications) == (0, 0)


def test_each_attempt_starts_at_the_first_address_in_a_branch_of_its_own() -> None:
    progress = Progress()
    progress.begin(1)
    progress.sent()
    progress.sent()
    progress.rang()
    progress.failed(480)

    progress.begin(2)
    assert (progress.has_rung, progress.authentications) == (False, 0)
    progress.sent()

    assert (progress.current, progress.branch, progress.hop, progress.final_status) == (2, 2, 0, 480)


def test_credentials_go_to_the_address_that_asked_for_them() -> None:
    progress = Progress()
    progress.begin(1)
    progress.sent()

    progress.authenticating()
    progress.sent()

    assert (progress.branch, progress.hop, progress.authentications) == (1, 0, 1)


def test_only_the_current_attempt_is_under_way_until_one_has_answered_or_the_call_is_over() -> None:
    progress = Progress()
    progress.begin(1)
    progress.begin(2)
    assert [progress.is_under_way(n) for n in (1, 2, 3)] == [False, True, False]

    progress.answered()
    assert (progress.is_under_way(2), progress.winner) == (False, 2)

    over = Progress()
    over.begin(1)
    over.failed(None)
    over.ended()
    assert (over.is_under_way(1), over.final_status) == (False, 503)
