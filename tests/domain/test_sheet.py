"""Rows of a spreadsheet as text: what is written is read again, and nothing that people wrote is a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain import sheet
from dialplane.domain.errors import InvalidValue
from dialplane.domain.sheet import Row, guarded, read, unguarded, written

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
signs = st.text("'=+-@\t\rx", max_size=5)


@given(texts | signs)
def test_no_text_is_a_formula_and_each_comes_back(text: str) -> None:
    cell = guarded(text)
    assert cell[:1] not in tuple("=+-@\t\r") or not cell
    assert unguarded(cell) == text


@given(st.lists(st.lists(texts.map(str.strip), min_size=2, max_size=4).filter(any), max_size=5))
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    first = ["a", "b"]
    found = read(written([first, *([guarded(cell) for cell in row] for row in rows)]))
    assert [row.cells for row in found] == [first, *rows]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("\n \t \n", []),
        ("a\tb, c\n\nd\te;\n", [(1, "a", "b, c"), (3, "d", "e;")]),
        ("\na;b,c\nd", [(2, "a", "b,c"), (3, "d")]),
        ('a,"b\nb"\r\nc, d ', [(1, "a", "b\nb"), (3, "c", "d")]),
        ('a\t"say ""so"""', [(1, "a", 'say "so"')]),
        ("'+44\t'name", [(1, "+44", "'name")]),
        ("alone", [(1, "alone")]),
    ],
)
def test_rows_begin_on_the_lines_that_an_editor_counts(text: str, rows: list[tuple[int, str]]) -> None:
    assert read(text) == [Row(line, list(cells)) for line, *cells in rows]


@pytest.mark.parametrize("text", ["x\n" * (sheet.MAX_ROWS + 2), "\n" * (sheet.MAX_LINES + 1), "y" * 200_000])
def test_what_is_too_much_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        read(text)
