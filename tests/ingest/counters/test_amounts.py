"""Amounts in one integer add up exactly, negative ones too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.counters.amounts import from_bytes, lane, pack, to_bytes, unpack

amount = st.one_of(st.integers(-3, 3), st.integers(-(2**61), 2**61))
rows = st.lists(amount, min_size=1, max_size=8)


@given(rows)
def test_what_is_packed_comes_out(row: list[int]) -> None:
    assert unpack(pack(row), len(row)) == row
    assert from_bytes(to_bytes(pack(row))) == pack(row)
    assert (pack(row) == 0) == (not any(row))


@given(rows, st.data())
def test_sums_of_rows_are_rows_of_sums(row: list[int], data: st.DataObject) -> None:
    other = data.draw(st.lists(amount, min_size=len(row), max_size=len(row)))
    assert unpack(pack(row) + pack(other), len(row)) == [a + b for a, b in zip(row, other, strict=True)]
    assert unpack(-pack(row), len(row)) == [-a for a in row]


@given(st.integers(0, 7), amount)
def test_a_lane_is_one_of_them(position: int, one: int) -> None:
    assert unpack(lane(position, one), 8) == [one if index == position else 0 for index in range(8)]
