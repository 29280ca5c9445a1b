"""The days that a period is compared with: those before it, or a year before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from dashboards.period import CUSTOM, Period

WEEK = 7
FEWEST = 30
"""Visits of the days before under which a change says nothing."""


class Kind(StrEnum):
    """With what a period is compared."""

    NONE = ""
    BEFORE = "prev"
    YEAR = "yoy"


TITLES = {Kind.NONE: "No comparison", Kind.BEFORE: "The period before", Kind.YEAR: "A year before"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """With what, and whether a Monday is compared with a Monday."""

    kind: Kind = Kind.NONE
    by_weekday: bool = True

    @property
    def arguments(self) -> dict[str, str]:
        """The part of a URL that says this comparison; nothing for none."""
        if self.kind is Kind.NONE:
            return {}
        return {"compare": self.kind.value} | ({} if self.by_weekday else {"match": "date"})

    def shift(self, period: Period) -> timedelta:
        """Return how far back the other days lie."""
        if self.kind is Kind.YEAR:
            return timedelta(days=364 if self.by_weekday else (period.since - _year_before(period.since)).days)
        days = -(-period.days // WEEK) * WEEK if self.by_weekday else period.days
        return timedelta(days=days)

    def other(self, period: Period) -> Period | None:
        """Return the days that a period is compared with, or None when it is compared with none."""
        if self.kind is Kind.NONE:
            return None
        back = self.shift(period)
        return replace(period, name=CUSTOM, since=period.since - back, until=period.until - back)


def read_comparison(compare: str, match: str) -> Comparison:
    """Return the comparison that a URL says; what cannot be read is none."""
    known = {kind.value: kind for kind in Kind}
    return Comparison(known.get(compare, Kind.NONE), match != "date")


def change(now: float, before: float, visits: int, *, is_ratio: bool) -> str:
    """Return a change in words: percent of a number, points of a percentage; a dash where too few came before."""
    if visits < FEWEST or before == 0:
        return "–"  # noqa: RUF001
    if is_ratio:
        points = now - before
        return f"{points:+.1f}".removesuffix(".0").replace("-", "−") + " pt" if abs(points) >= 0.05 else "±0"  # noqa: RUF001
    return in_percent(percent_of(now, before))


def percent_of(now: float, before: float) -> int:
    """Return a change in whole percent of what came before, which must not be 0."""
    return round(100 * (now - before) / before)


def in_percent(percent: int) -> str:
    """Return a change in percent in words: `+12%`."""
    return f"{percent:+d}%".replace("-", "−") if percent else "±0%"  # noqa: RUF001


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
