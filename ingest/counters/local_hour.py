"""The local date and hour of moments that follow each other: asked of the time zone once a quarter of an hour."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Final

_QUARTER: Final = 900
"""Seconds. Time zones change their offset at a full quarter hour of UTC, whatever they are."""

_HOUR: Final = 3600


class LocalHour:
    """Tells dates and hours of one time zone, and remembers the last answer for as long as it holds."""

    __slots__ = ("_from", "_told", "_until", "timezone")

    def __init__(self, timezone: tzinfo) -> None:
        self.timezone = timezone
        self._from = self._until = 0.0
        self._told = date.min, 0

    def at(self, now: float) -> tuple[date, int]:
        """Return the local date and hour of a moment in seconds since the epoch; the same object while it holds."""
        if not self._from <= now < self._until:
            local = datetime.fromtimestamp(now, self.timezone)
            self._told = local.date(), local.hour
            into_hour = local.minute * 60 + local.second + local.microsecond / 1e6
            self._from = now
            self._until = min(now // _QUARTER * _QUARTER + _QUARTER, now + _HOUR - into_hour)
        return self._told
