"""The span of days that a page is about, as its URL says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

import re2


class Bucket(StrEnum):
    """How a chart cuts its period."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


FOUR_WEEKS: Final = "4w"

NAMES: Final = {
    FOUR_WEEKS: "4 full weeks",
    "day": "Today",
    "yesterday": "Yesterday",
    "7d": "7 days",
    "28d": "28 days",
    "30d": "30 days",
    "91d": "91 days",
    "month": "This month",
    "last_month": "Last month",
    "6mo": "6 months",
    "12mo": "12 months",
    "year": "This year",
    "all": "All time",
}
"""The periods that have a name: every one ends today, but `4w` (last Sunday), `yesterday` and `last_month`."""

OFFERED: Final = ("day", "7d", FOUR_WEEKS, "28d", "month", "12mo")
KEYS: Final = {
    "day": "D",
    "yesterday": "E",
    "7d": "W",
    FOUR_WEEKS: "U",
    "28d": "F",
    "30d": "T",
    "91d": "N",
    "month": "M",
    "last_month": "P",
    "6mo": "S",
    "12mo": "L",
    "year": "Y",
    "all": "A",
}
"""The letters that lead to a period: Plausible's, which people know; `U` is ours."""
DEFAULT: Final = "28d"
CUSTOM: Final = "custom"
EARLIEST: Final = date(2020, 1, 1)
"""Nothing was counted before."""
LATEST: Final = date(2148, 12, 31)
"""The last whole year of the store's dates."""

_DATE: Final = re2.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, both within, in the time zone of a site or app."""

    name: str
    since: date
    until: date
    today: date
    default: str = DEFAULT
    """The name of the period that a URL means which says none."""

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.until - self.since).days + 1

    @property
    def is_one_day(self) -> bool:
        """Whether visitors of the period are visitors, and no sum over days."""
        return self.since == self.until

    @property
    def includes_today(self) -> bool:
        """Whether the period is still being counted."""
        return self.since <= self.today <= self.until

    @property
    def bucket(self) -> Bucket:
        """The cut that leaves a chart between a dozen and a hundred points."""
        if self.is_one_day:
            return Bucket.HOUR
        if self.days <= 92:
            return Bucket.DAY
        return Bucket.WEEK if self.days <= 366 // 2 else Bucket.MONTH

    @property
    def arguments(self) -> dict[str, str]:
        """The part of a URL that says this period; nothing for the default."""
        if self.name == CUSTOM:
            return {"period": CUSTOM, "from": self.since.isoformat(), "to": self.until.isoformat()}
        return {} if self.name == self.default else {"period": self.name}

    @property
    def title(self) -> str:
        """The period in words."""
        return NAMES.get(self.name, "Custom")

    @property
    def span(self) -> str:
        """The days in words: `13 Oct to 9 Nov 2026`."""
        if self.is_one_day:
            return in_words(self.until)
        if self.since.year == self.until.year:
            return f"{self.since.day} {self.since:%b} to {in_words(self.until)}"
        return f"{in_words(self.since)} to {in_words(self.until)}"

    @property
    def is_whole_weeks(self) -> bool:
        """Whether it begins on a Monday and ends on a Sunday that is over."""
        return self == self.whole_weeks and self.until < self.today

    @property
    def earlier(self) -> Period | None:
        """The days before, as many; of a month the month before. None before EARLIEST."""
        until = self.since - timedelta(days=1)
        since = until.replace(day=1) if self._is_month else until - timedelta(days=self.days - 1)
        return None if since < EARLIEST else replace(self, name=CUSTOM, since=since, until=until)

    @property
    def later(self) -> Period | None:
        """The days after, as many; of a month the month after; no later than today. None when that is all ahead."""
        since = self.until + timedelta(days=1)
        until = months_before(since, -1) - timedelta(days=1) if self._is_month else self.until + timedelta(self.days)
        return None if since > self.today else replace(self, name=CUSTOM, since=since, until=min(until, self.today))

    @property
    def _is_month(self) -> bool:
        end = months_before(self.since, -1) - timedelta(days=1)
        return self.since.day == 1 and (self.until == end or (self.until == self.today < end))

    @property
    def whole_weeks(self) -> Period:
        """The weeks, from Monday to Sunday, that this period is in or reaches into."""
        since, until = start_of(self.since, Bucket.WEEK), start_of(self.until, Bucket.WEEK) + timedelta(days=6)
        return replace(self, name=CUSTOM, since=since, until=until) if (since, until) != self.ends else self

    @property
    def ends(self) -> tuple[date, date]:
        """The first and the last day."""
        return self.since, self.until

    def start_of(self, day: date, bucket: Bucket) -> date:
        """Return the first day of the bucket that a day is in, cut to the period."""
        return max(self.since, start_of(day, bucket))

    def starts(self, bucket: Bucket) -> list[date]:
        """Return the first day of every bucket of the period, in order."""
        days = (self.since + timedelta(days=number) for number in range(self.days))
        return list(dict.fromkeys(self.start_of(day, bucket) for day in days))


def start_of(day: date, bucket: str) -> date:
    """Return the first day of the bucket that a day is in, as the queries do; without a bucket always 1970-01-01."""
    if bucket in {Bucket.DAY, Bucket.HOUR}:
        return day
    if bucket == Bucket.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if bucket == Bucket.MONTH else date(1970, 1, 1)


def in_words(day: date) -> str:
    """Return a day as people write it: `9 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def in_short(day: date, today: date) -> str:
    """Return a day without its year, if that is this year: `9 Nov`."""
    return f"{day.day} {day:%b}" if day.year == today.year else in_words(day)


def in_minutes(moment: float, timezone: tzinfo) -> str:
    """Return a moment in seconds since 1970 as people write it, without its seconds: `9 Nov 2026, 14:05`."""
    local = datetime.fromtimestamp(moment, timezone)
    return f"{in_words(local.date())}, {local:%H:%M}"


def today_in(timezone: tzinfo, now: float) -> date:
    """Return the local date of a moment, in seconds since 1970."""
    return datetime.fromtimestamp(now, timezone).date()


def named_period(name: str, today: date) -> Period | None:
    """Return the period of a name of NAMES, or None for any other."""
    firsts = {
        FOUR_WEEKS: start_of(today, Bucket.WEEK) - timedelta(days=28),
        "last_month": months_before(today, 1),
        "day": today,
        "yesterday": today - timedelta(days=1),
        "7d": today - timedelta(days=6),
        "28d": today - timedelta(days=27),
        "30d": today - timedelta(days=29),
        "91d": today - timedelta(days=90),
        "month": today.replace(day=1),
        "6mo": months_before(today.replace(day=1), 5),
        "12mo": months_before(today.replace(day=1), 11),
        "year": today.replace(month=1, day=1),
        "all": EARLIEST,
    }
    if name not in firsts:
        return None
    lasts = {
        FOUR_WEEKS: firsts[FOUR_WEEKS] + timedelta(days=27),
        "yesterday": firsts["yesterday"],
        "last_month": today.replace(day=1) - timedelta(days=1),
    }
    return Period(name, firsts[name], lasts.get(name, today), today)


def custom_period(first: str, last: str, today: date) -> Period | None:
    """Return the period between two dates `YYYY-MM-DD`, or None when they are none or in the wrong order.

    It ends today at the latest and begins at EARLIEST at the earliest.
    """
    since, until = read_date(first), read_date(last)
    if since is None or until is None or since > until or since > today or until < EARLIEST:
        return None
    return Period(CUSTOM, max(since, EARLIEST), min(until, today), today)


def read_period(arguments: Mapping[str, str], today: date, default: str = DEFAULT) -> Period:
    """Return the period that a URL says. What cannot be read is the default: a page is no place for a 400."""
    name = arguments.get("period", default)
    period = named_period(name, today)
    if name == CUSTOM:
        period = custom_period(arguments.get("from", ""), arguments.get("to", ""), today)
    period = period or named_period(default, today)
    assert period is not None, default
    return replace(period, default=default)


def read_period_since(beginning: date | None, arguments: Mapping[str, str], today: date) -> Period:
    """Return the period that a URL says of a site which is counted since a day; None: not yet.

    It means the last four full weeks where it says none, once the newest of them has been counted in full; before
    that the 28 days up to now, so that a first visit shows.
    """
    weeks = named_period(FOUR_WEEKS, today)
    assert weeks is not None
    is_old_enough = beginning is not None and beginning <= weeks.until - timedelta(days=6)
    period = read_period(arguments, today, FOUR_WEEKS if is_old_enough else DEFAULT)
    if period.name == "all" and beginning is not None:
        return replace(period, since=max(period.since, beginning))
    return period


def read_date(text: str) -> date | None:
    """Return the date of `YYYY-MM-DD`, or None."""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def months_before(first: date, months: int) -> date:
    """Return the first day of the month that lies some months before the month of `first`."""
    count = first.year * 12 + first.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)
