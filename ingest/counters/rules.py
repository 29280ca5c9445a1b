"""What an owner's profile asks for of the days that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

CLOSES_AFTER_MIDNIGHT: Final = timedelta(hours=2)
DAY: Final = 1
WEEK: Final = 7
"""Days that a window's counts are about."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an owner's profile asks for."""

    timezone: tzinfo
    k: int
    batch: int  # people that a write mixes; 0: every write goes out at the next chance
    fewest: int  # people that a day must have had to be written with its cells
    at_close_only: bool = False
    values: int = 50_000
    span: int = DAY

    def begin_of(self, day: date) -> date:
        """Return the first date of the span that a date is in."""
        return day - timedelta(days=day.weekday()) if self.span == WEEK else day

    def closing(self, day: date) -> float:
        """Return the moment at which a day closes, in seconds since the epoch."""
        midnight = datetime.combine(day + timedelta(days=self.span), time(0), self.timezone)
        return midnight.timestamp() + CLOSES_AFTER_MIDNIGHT.total_seconds()
