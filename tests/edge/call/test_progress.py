"""A call's progress, step by step."""

from dialplane.edge.call.progress import Progress


def test_progress_survives_its_text_form() -> None:
    progress = Progress(current=2, has_rung=True, statuses=[503], branch=3)

    assert Progress.from_text(progress.to_text()) == progress
    assert Progress().statuses == []


def test_each_attempt_starts_at_the_first_address_in_a_branch_of_its_own() -> None:
    progress = Progress()
    progress.begin(1)
    progress.sent()
    progress.sent()
    progress.rang()
    progress.failed(480)

    progress.begin(2)
    assert (progress.has_rung, progress.has_authenticated) == (False, False)
    progress.sent()

    assert (progress.current, progress.branch, progress.hop, progress.statuses) == (2, 2, 0, [480])


def test_credentials_go_to_the_address_that_asked_for_them() -> None:
    progress = Progress()
    progress.begin(1)
    progress.sent()

    progress.authenticating()
    progress.sent()

    assert (progress.branch, progress.hop, progress.has_authenticated) == (1, 0, True)


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
    assert (over.is_under_way(1), over.statuses) == (False, [])
