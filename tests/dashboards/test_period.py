from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.period import (
    EARLIEST,
    NAMES,
    Bucket,
    Period,
    custom_period,
    named_period,
    read_period,
    start_of,
    today_in,
)

DAYS = st.dates(date(2023, 1, 1), date(2040, 12, 31))
PERIODS = st.builds(lambda today, name: named_period(name, today), DAYS, st.sampled_from(list(NAMES)))


@given(PERIODS)
def test_a_period_is_said_by_its_arguments(period: Period | None) -> None:
    assert period is not None
    assert read_period(period.arguments, period.today) == period


@given(DAYS, st.integers(0, 900), st.integers(0, 900))
def test_a_custom_period_is_said_by_its_arguments(today: date, back: int, length: int) -> None:
    until = today - timedelta(days=back)
    since = max(EARLIEST, until - timedelta(days=length))
    period = custom_period(since.isoformat(), until.isoformat(), today)
    assert period is not None
    assert (period.since, period.until) == (since, until)
    assert read_period(period.arguments, today) == period


@given(st.dictionaries(st.sampled_from(["period", "from", "to", "x"]), st.text(max_size=12)), DAYS)
def test_whatever_a_url_says_is_a_period_up_to_today(arguments: dict[str, str], today: date) -> None:
    period = read_period(arguments, today)
    assert EARLIEST <= period.since <= period.until <= today


@given(st.text(max_size=12), st.text(max_size=12), DAYS)
def test_hostile_dates_are_none_or_within(first: str, last: str, today: date) -> None:
    period = custom_period(first, last, today)
    assert period is None or EARLIEST <= period.since <= period.until <= today


@given(PERIODS, st.sampled_from(list(Bucket)))
def test_buckets_cover_every_day_once_and_in_order(period: Period | None, bucket: Bucket) -> None:
    assert period is not None
    starts = period.starts(bucket)
    assert starts == sorted(set(starts))
    assert starts[0] == period.since
    assert all(period.start_of(start, bucket) == start for start in starts)
    assert all(start_of(start, bucket) <= start for start in starts)


@given(PERIODS)
def test_a_chart_has_few_enough_points(period: Period | None) -> None:
    assert period is not None
    assert len(period.starts(period.bucket)) <= 100 or period.name == "all"


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("day", date(2026, 3, 31)),
        ("7d", date(2026, 3, 25)),
        ("28d", date(2026, 3, 4)),
        ("30d", date(2026, 3, 2)),
        ("month", date(2026, 3, 1)),
        ("6mo", date(2025, 10, 1)),
        ("12mo", date(2025, 4, 1)),
        ("year", date(2026, 1, 1)),
    ],
)
def test_named_periods_end_today(name: str, since: date) -> None:
    period = named_period(name, date(2026, 3, 31))
    assert period == Period(name, since, date(2026, 3, 31), date(2026, 3, 31))
    assert period.includes_today


def test_yesterday_does_not_include_today() -> None:
    period = named_period("yesterday", date(2026, 3, 1))
    assert period is not None
    assert (period.since, period.until) == (date(2026, 2, 28), date(2026, 2, 28))
    assert not period.includes_today
    assert period.bucket is Bucket.HOUR


def test_today_is_that_of_the_zone() -> None:
    moment = datetime(2026, 11, 21, 23, 30, tzinfo=UTC).timestamp()
    assert today_in(ZoneInfo("UTC"), moment) == date(2026, 11, 21)
    assert today_in(ZoneInfo("Asia/Tokyo"), moment) == date(2026, 11, 22)
    assert today_in(ZoneInfo("America/New_York"), moment) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-10-25", "2026-11-21", "25 Oct to 21 Nov 2026"),
        ("2025-12-01", "2026-11-21", "1 Dec 2025 to 21 Nov 2026"),
        ("2026-11-09", "2026-11-09", "9 Nov 2026"),
    ],
)
def test_the_span_in_words(first: str, last: str, words: str) -> None:
    period = custom_period(first, last, date(2026, 11, 21))
    assert period is not None
    assert period.span == words
