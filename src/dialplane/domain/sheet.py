"""Rows of a spreadsheet as text: read from what was copied out of one or from CSV, and written as CSV.

What people have written is never a formula when a spreadsheet opens it: an apostrophe stands before it then, and is
taken away when it is read again.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dialplane.domain.errors import InvalidValue

MAX_ROWS = 5_000
"""Rows that are read at once."""

MAX_LINES = 20_000
"""Lines of a text, those without anything in them, too."""

DELIMITERS = "\t;,"
"""Between cells: the first of these that the first line has."""

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


class Row(NamedTuple):
    """The cells of a row, and the line of the text on which it begins, from 1 on."""

    line: int
    cells: Sequence[str]


def read(text: str) -> list[Row]:
    """The rows that have anything in them, cells without the blanks around them. Raises InvalidValue."""
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = next((sign for sign in DELIMITERS if sign in first), "\t")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, line = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(line, [unguarded(cell.strip()) for cell in cells]))
            line = reader.line_num + 1
            if len(rows) > MAX_ROWS + 1 or reader.line_num > MAX_LINES:
                rule = f"must have at most {MAX_ROWS} rows on {MAX_LINES} lines"
                raise InvalidValue("text", "too_many", rule)
    except csv.Error:
        raise InvalidValue("text", "invalid_text", f"has a cell on line {line} that cannot be read") from None
    return rows


def written(rows: Iterable[Sequence[str]]) -> str:
    """The rows as CSV (RFC 4180)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that such a cell stands for."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
