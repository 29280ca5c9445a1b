from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.unusual import LEAST, SILENT_DAYS, TIMES, WEEKS, Trend, find_unusual

TODAY = date(2026, 11, 21)
MONDAY = date(2026, 11, 9)
SUNDAY = date(2026, 11, 15)


def steady(amount: int = 120, **changed: int) -> dict[date, int]:
    """Return eight weeks of the same number, but for days such as `d1110`."""
    days = {TODAY - timedelta(days=back): amount for back in range(56)}
    return days | {date(2026, int(name[1:3]), int(name[3:])): count for name, count in changed.items()}


def trends(visits: Mapping[date, int], since: date = MONDAY, until: date = SUNDAY) -> list[tuple[str, int, int]]:
    return [(one.trend.value, one.day.day, one.usual) for one in find_unusual(visits, since, until, TODAY)]


def test_a_steady_site_has_nothing_to_tell() -> None:
    assert trends(steady()) == []


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        (steady(d1110=360), [("spike", 10, 120)]),
        (steady(d1110=359), []),
        (steady(d1110=40), [("drop", 10, 120)]),
        (steady(d1110=41), []),
        (steady(d1110=0), [("drop", 10, 120)]),
        (steady(d1110=0, d1111=0), [("silent", 10, 120)]),
        (
            steady(d1109=0, d1110=0, d1112=0, d1113=0, d1115=360),
            [("silent", 9, 120), ("silent", 12, 120), ("spike", 15, 120)],
        ),
        (steady(20, d1110=99), []),
        (steady(20, d1110=100), [("spike", 10, 20)]),
        (steady(20, d1110=0), []),
        (steady(20, d1110=0, d1111=0), [("silent", 10, 20)]),
        (steady(9, d1110=0, d1111=0), []),
        ({}, []),
        ({TODAY: 5000}, []),
    ],
)  # fmt: skip
def test_what_is_unusual(visits: Mapping[date, int], expected: list[tuple[str, int, int]]) -> None:
    assert trends(visits) == expected


def test_a_day_is_compared_with_its_weekday() -> None:
    weekend = {day: (10 if day.weekday() > 4 else 200) for day in steady()}
    assert trends(weekend) == []
    assert trends(weekend | {date(2026, 11, 14): 150}) == [("spike", 14, 10)]


def test_one_odd_week_before_does_not_become_the_usual() -> None:
    assert trends(steady(d1103=5000)) == []
    assert trends(steady(d1103=5000, d1110=400)) == [("spike", 10, 120)]


def test_today_may_be_a_spike_and_is_no_drop_before_it_is_over() -> None:
    quiet = steady(d1121=3)
    assert trends(quiet, TODAY, TODAY) == []
    assert trends(steady(d1121=0, d1120=0), date(2026, 11, 20), TODAY) == [("drop", 20, 120)]
    assert trends(steady(d1121=360), TODAY, TODAY) == [("spike", 21, 120)]
    assert trends(steady(d1121=360), TODAY, TODAY + timedelta(days=9)) == [("spike", 21, 120)]


def test_a_site_that_has_just_begun_is_not_judged() -> None:
    young = {day: count for day, count in steady(d1110=5000).items() if day > date(2026, 10, 14)}
    assert trends(young) == []


def test_each_is_a_sentence() -> None:
    found = find_unusual(steady(d1109=0, d1110=0, d1112=1200, d1114=1), MONDAY, SUNDAY, TODAY)
    assert [one.sentence for one in found] == [
        "Nothing was counted from 9 Nov 2026 on: usually 120 a day",
        "More than usual on 12 Nov 2026: 1,200 visits, usually 120",
        "Fewer than usual on 14 Nov 2026: 1 visit, usually 120",
    ]


@given(st.dictionaries(st.integers(0, 70), st.integers(0, 2000)))
def test_what_is_found_is_what_the_rules_say(counts: dict[int, int]) -> None:
    visits = {TODAY - timedelta(days=back): count for back, count in counts.items()}
    found = find_unusual(visits, MONDAY, TODAY, TODAY)
    assert found == sorted(found, key=lambda one: one.day)
    for one in found:
        assert MONDAY <= one.day <= TODAY
        assert any(day <= one.day - timedelta(weeks=WEEKS) for day, count in visits.items() if count)
        if one.trend is Trend.SPIKE:
            assert one.visits >= max(LEAST, TIMES * one.usual)
        elif one.trend is Trend.DROP:
            assert TIMES * one.visits <= one.usual
            assert one.day < TODAY
        else:
            days = [one.day + timedelta(days=number) for number in range(SILENT_DAYS)]
            assert not any(visits.get(day, 0) for day in days)
