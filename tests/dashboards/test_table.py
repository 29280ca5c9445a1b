from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from dashboards.table import STARTS, Table, write_csv

CELLS = st.one_of(st.text(), st.sampled_from(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", 'a"b,c\nd']))  # noqa: RUF001


@given(st.lists(st.tuples(CELLS, st.integers()), max_size=8))
def test_no_text_is_a_formula_and_nothing_else_changes(rows: list[tuple[str, int]]) -> None:
    written = list(csv.reader(io.StringIO(write_csv(Table(("value", "count"), rows)), newline="")))
    assert written[0] == ["value", "count"]
    assert len(written) == len(rows) + 1
    for (text, number), (cell, amount) in zip(rows, written[1:], strict=True):
        assert not cell.startswith(STARTS)
        assert cell in (text, f"'{text}")
        assert (cell != text) == text.startswith(STARTS)
        assert amount == str(number)


def test_the_check_above_would_see_a_formula() -> None:
    assert "=1+1".startswith(STARTS)
    assert write_csv(Table(("value",), [("=1+1",)])) == "value\r\n'=1+1\r\n"


def test_a_negative_number_stays_a_number() -> None:
    assert write_csv(Table(("value",), [(-3,)])) == "value\r\n-3\r\n"
