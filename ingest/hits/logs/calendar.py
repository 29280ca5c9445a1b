"""Which days of a log are taken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from ingest.counters.rules import CLOSES_AFTER_MIDNIGHT
from ingest.hits.logs.told import Passed


@dataclass(slots=True)
class Calendar:
    """The days of a site, in its time zone. A day is taken whole or not at all."""

    timezone: tzinfo
    now: float
    """The real time, in seconds since the epoch: what has not closed by then may still be counted live."""
    held: Collection[date] = ()
    until: date = date.max
    first: date = date.min
    _begin: float = 0.0
    _end: float = 0.0
    _passed: Passed | None = None
    found: dict[date, Passed | None] = field(default_factory=dict)
    """The days that were asked about, and why they are passed over."""

    def passed(self, moment: float) -> Passed | None:
        """Return why lines of a moment are passed over, if they are. Lines come in order, so the day is remembered."""
        if not self._begin <= moment < self._end:
            day = datetime.fromtimestamp(moment, self.timezone).date()
            self._begin, self._end = self.bounds(day)
            self._passed = self.found[day] = self._judge(day)
        return self._passed

    def bounds(self, day: date) -> tuple[float, float]:
        """Return the moments at which a local day begins and ends."""
        begin, end = (datetime.combine(each, time(0), self.timezone) for each in (day, day + timedelta(days=1)))
        return begin.timestamp(), end.timestamp()

    def closing(self, day: date) -> float:
        """Return the moment at which a day closes."""
        return self.bounds(day)[1] + CLOSES_AFTER_MIDNIGHT.total_seconds()

    def _judge(self, day: date) -> Passed | None:
        if day >= self.until:
            return Passed.AFTER_UNTIL
        if self.closing(day) > self.now:
            return Passed.NOT_OVER
        if day < self.first:
            return Passed.EXPIRED
        return Passed.HELD if day in self.held else None
