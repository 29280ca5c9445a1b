"""The open days of one owner.

What is told by week only has a window of its own, whose days are Mondays and last seven days each.
"""

from __future__ import annotations

from datetime import date, timedelta

from ingest.counters.day import Day
from ingest.counters.local_hour import LocalHour
from ingest.counters.rules import Rules


class Window:
    """The open days of one owner. Days only move forward."""

    def __init__(self, owner: str, rules: Rules) -> None:
        self.owner = owner
        self.rules = rules
        self._days: dict[date, Day] = {}
        self._latest: date | None = None
        self._clock = LocalHour(rules.timezone)
        self._told: tuple[date, int] | None = None
        self._today: Day | None = None

    def renew(self, rules: Rules) -> None:
        """Take other rules for the days that open from now on."""
        self.rules = rules
        self._clock, self._today = LocalHour(rules.timezone), None

    def obey(self, rules: Rules) -> None:
        """Take the rules of an owner of whom only refusals were counted so far, on dates that may not be its own."""
        self.renew(rules)
        self._latest = None
        for day in self._days.values():
            day.obey(rules)

    def today(self, now: float) -> Day:
        """Return the day of a moment, opening it; when the clock jumps back, the newest day stays."""
        told = self._clock.at(now)
        if told is not self._told or self._today is None:
            day = self.rules.begin_of(told[0])
            if self._latest is not None and day < self._latest:
                day = self._latest
            self._latest = day
            self._told, self._today = told, self.open(day)
        return self._today

    def open(self, day: date) -> Day:
        """Return an open day by its date, or the span that it is in, opening it."""
        day = self.rules.begin_of(day)
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = Day(self.owner, day, self.rules)
        return found

    def opened(self, day: date) -> Day | None:
        """Return a day by its date if it is open."""
        return self._days.get(day)

    @property
    def is_alone(self) -> bool:
        """Whether no two days are open, as is so for all but two hours of each."""
        return len(self._days) < 2

    def days(self) -> list[Day]:
        """Return the open days, oldest first."""
        return [self._days[day] for day in sorted(self._days)]

    def due(self, now: float) -> list[Day]:
        """Return the open days that must close by now, oldest first."""
        return [day for day in self.days() if now >= self.rules.closing(day.date)]

    def drop(self, day: Day) -> None:
        """Let go of a day that has closed. It does not open again, should the clock jump back."""
        self._today = None
        self._days.pop(day.date, None)
        self._latest = max(self._latest or day.date, day.date + timedelta(days=self.rules.span))
