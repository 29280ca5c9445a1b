"""A page as a table, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  some programs fold these
"""A cell of text that begins so is a formula to a spreadsheet: OWASP, "CSV Injection"."""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of strings and numbers."""

    headings: tuple[str, ...]
    rows: Sequence[Sequence[str | int | float]]


def write_csv(table: Table) -> str:
    """Return a table as RFC 4180 text; formulas are defused with an apostrophe, numbers stay numbers."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.headings)
    writer.writerows([_defused(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def _defused(cell: str | float) -> str | float:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(STARTS) else cell
