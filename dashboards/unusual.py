"""Days on which a site had far more visits than usual, far fewer, or none: a pure function of totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from dashboards.numbers import many, whole
from dashboards.period import in_words

WEEKS: Final = 4
"""Weeks before whose same weekday is the usual of a day."""

TIMES: Final = 3
"""A spike is so many times the usual, a drop that part of it."""

LEAST: Final = 100
"""Visits below which a day is too small to be called unusual."""

QUIET: Final = 10
"""Usual visits of a day from which on its silence says something."""

SILENT_DAYS: Final = 2


class Trend(StrEnum):
    """What is unusual."""

    SPIKE = "spike"
    DROP = "drop"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Unusual:
    """A day that is unusual. Of a silence it is the first day."""

    trend: Trend
    day: date
    visits: int
    usual: int

    @property
    def sentence(self) -> str:
        """The day in words."""
        day, usual = in_words(self.day), f"usually {whole(self.usual)}"
        if self.trend is Trend.SILENT:
            return f"Nothing was counted from {day} on: {usual} a day"
        visits = many(self.visits, "visit")
        return f"{'More' if self.trend is Trend.SPIKE else 'Fewer'} than usual on {day}: {visits}, {usual}"


def find_unusual(visits: Mapping[date, int], since: date, until: date, today: date) -> list[Unusual]:
    """Return what is unusual between two days, both within, the earliest first.

    A day is compared with the median of its weekday in the WEEKS before; one that has no such past is not judged.
    Today can only be a spike: it is not over. Of days without any visit, SILENT_DAYS in a row are a silence.
    """
    first = min((day for day, count in visits.items() if count), default=None)
    if first is None:
        return []
    days = [since + timedelta(days=number) for number in range((min(until, today) - since).days + 1)]
    judged = [(day, _usual(visits, day)) for day in days if day - timedelta(weeks=WEEKS) >= first]
    silences = list(_silences(visits, judged, today))
    silent = {day for silence in silences for day in silence}
    found = [Unusual(Trend.SILENT, silence[0], 0, _usual(visits, silence[0])) for silence in silences]
    for day, usual in judged:
        count = visits.get(day, 0)
        if count >= LEAST and count >= TIMES * usual:
            found.append(Unusual(Trend.SPIKE, day, count, usual))
        elif day < today and day not in silent and usual >= LEAST and TIMES * count <= usual:
            found.append(Unusual(Trend.DROP, day, count, usual))
    return sorted(found, key=lambda one: one.day)


def _usual(visits: Mapping[date, int], day: date) -> int:
    return round(median(visits.get(day - timedelta(weeks=back), 0) for back in range(1, WEEKS + 1)))


def _silences(visits: Mapping[date, int], judged: Iterable[tuple[date, int]], today: date) -> Iterable[list[date]]:
    """Yield runs of days on which nothing was counted although something should have been."""
    run: list[date] = []
    for day, usual in judged:
        if day < today and usual >= QUIET and not visits.get(day, 0):
            run.append(day)
            continue
        if len(run) >= SILENT_DAYS:
            yield run
        run = []
    if len(run) >= SILENT_DAYS:
        yield run
