"""Different browsers from revisit classes: against a count that knows every browser."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from dashboards_stage import TODAY, Rows
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from dashboards.uniques import EARLIER, NEW, RECENT, SAME_WEEK, Uniques, uniques, week_of
from ingest.site import Site

pytest_plugins = ["dashboards_fixtures"]

FIRST = date(2026, 10, 19)
BEFORE = 8
"""Weeks ahead of the span in which a browser may have been there."""

# A browser is the weeks in which it came, each with the days of that week.
BROWSERS = st.lists(
    st.dictionaries(st.integers(-BEFORE, 7), st.sets(st.integers(0, 6), min_size=1, max_size=3), max_size=6),
    max_size=25,
)


def told(browsers: list[dict[int, set[int]]], span: int) -> list[Counter[str]]:
    """Return the visitor-days of each week by class, as the beacon tells it on the first visit of each day."""
    weeks = [Counter[str]() for _ in range(span)]
    for browser in browsers:
        seen: int | None = None
        for week in sorted(browser):
            for _ in browser[week]:
                if seen is None:
                    name = NEW
                elif seen == week:
                    name = SAME_WEEK
                else:
                    name = RECENT if week - seen <= 4 else EARLIER
                if 0 <= week < span:
                    weeks[week][name] += 1
                seen = week
    return weeks


def count(browsers: list[dict[int, set[int]]], span: int) -> int:
    return sum(any(0 <= week < span for week in browser) for browser in browsers)


def bounds(browsers: list[dict[int, set[int]]], span: int) -> Uniques:
    mondays = [FIRST + timedelta(days=7 * number) for number in range(span)]
    return uniques(week_of(monday, week) for monday, week in zip(mondays, told(browsers, span), strict=True))


@given(BROWSERS)
def test_of_one_week_they_are_known_exactly(browsers: list[dict[int, set[int]]]) -> None:
    found = bounds(browsers, 1)
    assert found.low == found.high == count(browsers, 1)


@given(BROWSERS, st.integers(2, 8))
def test_of_several_weeks_the_truth_lies_between(browsers: list[dict[int, set[int]]], span: int) -> None:
    found = bounds(browsers, span)
    assert found.low <= count(browsers, span) <= found.high


def test_both_bounds_are_reached() -> None:
    always = [{week: {0} for week in range(-2, 4)} for _ in range(10)]
    assert (bounds(always, 4).low, count(always, 4)) == (10, 10)
    # Each was here the week before the span, and within it once: no class says that it is not the same one again.
    once = [{-1: {0}, number % 4: {1}} for number in range(12)]
    assert bounds(once, 4).high == count(once, 4) == 12


@pytest.mark.parametrize(
    "formula",
    [
        # What first comes to mind: whoever says neither `this week` nor `last four weeks` is counted once.
        lambda weeks: sum(week[NEW] + week[EARLIER] for week in weeks),
        lambda weeks: sum(sum(week.values()) - week[SAME_WEEK] for week in weeks),
        lambda weeks: sum(sum(week.values()) for week in weeks),
    ],
)
def test_no_plain_sum_is_the_number(formula: object) -> None:
    loyal = [{week: {0, 3} for week in range(-3, 4)} for _ in range(10)] + [{1: {2}}]
    assert count(loyal, 4) == 11
    assert formula(told(loyal, 4)) != 11  # type: ignore[operator]
    assert bounds(loyal, 4).low == 11


def test_who_tells_no_class_widens_the_bounds_until_they_say_nothing() -> None:
    few = uniques([week_of(FIRST, {NEW: 80, SAME_WEEK: 10, "(unknown)": 10})])
    assert (few.low, few.high, few.is_told) == (80, 90, True)
    assert not uniques([week_of(FIRST, {NEW: 60, "(unknown)": 40})]).is_told
    assert not uniques([]).is_told


def test_the_overview_says_them_of_whole_weeks_alone(member: TestClient, site: Site, rows: Rows) -> None:
    days = [FIRST + timedelta(days=number) for number in range(28)]
    rows.hours(site.id, [(day, 9, [10] * 8) for day in [*days, TODAY]])
    rows.cells(site.id, "revisit", [(day, name, [n] * 8) for day in days for name, n in ((NEW, 3), (RECENT, 2))])
    data = member.get(f"/sites/{site.id}.json").json()
    assert (data["period"]["name"], data["period"]["from"], data["period"]["to"]) == ("4w", "2026-10-19", "2026-11-15")
    assert data["browsers"] == {"at_least": 35 + 3 * 21, "at_most": 4 * 35}
    text = member.get(f"/sites/{site.id}?metric=browsers").text
    assert "98–140" in text  # noqa: RUF001
    assert "Different browsers by week" in text
    week = member.get(f"/sites/{site.id}.json?period=custom&from=2026-10-19&to=2026-10-25").json()
    assert week["browsers"] == {"at_least": 35, "at_most": 35}
    for other in ("period=28d", "period=custom&from=2026-10-20&to=2026-10-26", "f=is,source,x"):
        assert member.get(f"/sites/{site.id}.json?{other}").json()["browsers"] is None


def test_a_young_site_shows_what_came_until_now(member: TestClient, site: Site, rows: Rows) -> None:
    rows.hours(site.id, [(TODAY - timedelta(days=6), 9, [1] * 8)])
    assert member.get(f"/sites/{site.id}.json").json()["period"]["name"] == "28d"
    every = member.get(f"/sites/{site.id}.json?period=all").json()
    assert every["period"]["from"] == str(TODAY - timedelta(days=6))
