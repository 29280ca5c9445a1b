from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.counters.cells import HOURS, METRICS, REFUSED, UNKNOWN_OWNER
from ingest.counters.exemplar import Exemplar
from ingest.counters.segment import Lot
from ingest.store.blocks import DAY_COLUMN, OWNER_COLUMN, TABLES, blocks_of, marker, monday
from store.lots import lot_of


@given(st.integers(0, 5000))
def test_every_cell_is_one_row_of_one_block_a_table(number: int) -> None:
    lot = lot_of(number)
    blocks = blocks_of(lot)
    assert len({block.table for block in blocks}) == len(blocks)
    assert sum(len(block.rows) for block in blocks) == len(lot.cells) + len(lot.exemplars)
    for block in blocks:
        columns = list(TABLES[block.table])
        for row in block.rows:
            named = dict(zip(columns, row, strict=True))
            assert (named["node"], named["sequence"]) == ("", 0)
            day = named[DAY_COLUMN[block.table]]
            assert isinstance(day, date)
            assert day.replace(day=1) == block.month
            assert named[OWNER_COLUMN[block.table]] == block.owner


@given(st.integers(0, 5000), st.integers(1, 2**60))
def test_a_marker_bears_owner_node_number_and_month_and_nothing_else(number: int, sequence: int) -> None:
    for block in blocks_of(lot_of(number)):
        named = dict(zip(TABLES[block.table], marker(block, "node-a", sequence), strict=True))
        assert named.pop(OWNER_COLUMN[block.table]) == block.owner
        assert (named.pop("node"), named.pop("sequence")) == ("node-a", sequence)
        assert set(named.values()) <= {"", 0, block.month}
        assert block.month.day == 1


def test_refusals_of_an_app_are_filed_under_its_owner_name() -> None:
    lot = Lot("app:6", date(2026, 11, 30), (0,), {(REFUSED, "bot"): [2]}, {})
    [block] = blocks_of(lot)
    assert (block.table, block.owner, block.rows[0][0]) == ("refusals", "app:6", "app:6")
    [block] = blocks_of(Lot(UNKNOWN_OWNER, date(2026, 11, 30), (0,), {(REFUSED, "bot"): [2]}, {}))
    assert block.owner == UNKNOWN_OWNER


def test_a_stack_is_filed_under_the_month_of_its_monday() -> None:
    lot = Lot("app:6", date(2026, 11, 1), (0,), {}, {"g": Exemplar(1, "T", "f", "{}")})
    [block] = blocks_of(lot)
    assert block.month == date(2026, 10, 1)
    assert block.rows == [(6, "g", date(2026, 10, 26), "", 1, "T", "f", "{}", lot.date, lot.date, 0)]


def test_a_whole_day_has_the_hour_minus_one() -> None:
    amounts = list(range(len(METRICS)))
    [block] = blocks_of(Lot("example.org", date(2026, 11, 30), (0,), {(HOURS, "-1"): amounts}, {}))
    assert block.rows == [("example.org", date(2026, 11, 30), -1, "", *amounts, 0)]


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_monday_is_the_monday_on_or_before(day: date) -> None:
    found = monday(day)
    assert found.weekday() == 0
    assert timedelta(0) <= day - found < timedelta(days=7)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_ends_with_the_number_of_the_batch(table: str) -> None:
    assert list(TABLES[table])[-1] == "sequence"
    assert "node" in TABLES[table]


def test_lots_that_go_together_are_one_block_for_each_table_and_month() -> None:
    days = (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 2))
    amounts = [1, 2, 3, 4, 0, 0, 0, 0]
    lots = [Lot("example.org", day, (0,), {(HOURS, "-1"): amounts, (REFUSED, "bot"): [2]}, {}) for day in days]
    blocks = blocks_of(*lots)
    assert [(block.table, block.month.month, [row[1] for row in block.rows]) for block in blocks] == [
        ("hours", 10, [days[0]]),
        ("refusals", 10, [days[0]]),
        ("hours", 11, list(days[1:])),
        ("refusals", 11, list(days[1:])),
    ]
