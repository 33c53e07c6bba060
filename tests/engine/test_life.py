"""Whether a side of a call is still in it."""

import pytest

from dialplane.engine.life import Look, Side


def looks(*seen: tuple[int | None, bool], answers_options: bool) -> list[Look]:
    """What follows from each look: the status that came to the last OPTIONS, and whether the side has spoken."""
    side = Side()
    return [
        side.look(answer=answer, has_spoken=spoken, answers_options=answers_options, most_silences=2)
        for answer, spoken in seen
    ]


SILENT = (None, False)
SPOKE = (None, True)


@pytest.mark.parametrize(
    ("seen", "answers_options", "end"),
    [
        ([SILENT, SILENT, SILENT], True, Look.LOST),
        ([SILENT] * 9, False, Look.ASK),
        ([SILENT, SILENT, SPOKE, SILENT, SILENT], True, Look.ASK),
        ([SILENT, SILENT, (200, False), SILENT], True, Look.ASK),
        ([SILENT, (481, False), (481, False)], False, Look.LOST),
        ([SILENT, (481, False), (500, False), (481, False)], False, Look.ASK),
        ([SILENT, (405, False), (405, False), (405, False)], True, Look.ASK),
        ([SILENT, (408, False), (408, False)], True, Look.LOST),
        ([SILENT, (408, False), (408, False)], False, Look.ASK),
        ([SPOKE, SPOKE], True, Look.LIVES),
        ([SPOKE, SILENT, SILENT], True, Look.ASK),
    ],
)
def test_a_side_is_lost_by_what_it_says_and_by_silence_where_it_used_to_answer(
    seen: list[tuple[int | None, bool]], answers_options: bool, end: Look
) -> None:
    assert looks(*seen, answers_options=answers_options)[-1] is end
