"""The times that logs write."""

from __future__ import annotations

from calendar import timegm
from datetime import UTC, datetime
from typing import Final

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_YEARS: Final = (1971, 2148)  # what a Date of ClickHouse can hold
_MILLISECONDS: Final = 1e11  # seconds since 1970 have fewer digits for three thousand years
_KNOWN: Final = 64
_LENGTH: Final = len("10/Oct/2000:13:55:36 -0700")


class Moments:
    """Reads `10/Oct/2000:13:55:36 -0700`, ISO 8601, and seconds or milliseconds since 1970."""

    def __init__(self) -> None:
        self._days: dict[bytes, int] = {}

    def read(self, stamp: bytes) -> float | None:
        """Return seconds since the epoch, or None when this is no time."""
        if stamp[2:3] == b"/":
            return self._read_local(stamp)
        try:
            text = stamp.decode("ascii")
            return _of_number(float(text)) if text.replace(".", "", 1).isdigit() else _of_text(text)
        except (ValueError, OverflowError):
            return None

    def _read_local(self, stamp: bytes) -> float | None:
        """Read Apache's %t and nginx's $time_local; days and zones are few, so each is worked out once."""
        digits = stamp[12:14] + stamp[15:17] + stamp[18:20]
        if len(stamp) != _LENGTH or not digits.isdigit() or stamp[14:15] + stamp[17:18] != b"::":
            return None
        name = stamp[:12] + stamp[20:]
        midnight = self._days.get(name)
        if midnight is None:
            found = _midnight(stamp)
            if found is None:
                return None
            if len(self._days) >= _KNOWN:
                self._days.clear()
            midnight = self._days[name] = found
        clock = int(digits)
        hour, minute, second = clock // 10_000, clock // 100 % 100, clock % 100
        if hour > 23 or minute > 59 or second > 60:  # ISO 9899, 7.27.1: 60 is a leap second
            return None
        return float(midnight + hour * 3600 + minute * 60 + second)


def _midnight(stamp: bytes) -> int | None:
    """Return the moment at which the day of a stamp begins, in its own zone."""
    day, month, year, zone = stamp[:2], _MONTHS.get(stamp[3:6]), stamp[7:11], stamp[22:26]
    sound = day.isdigit() and year.isdigit() and zone.isdigit() and month is not None
    if not sound or stamp[6:7] + stamp[11:12] + stamp[20:21] != b"/: " or stamp[21:22] not in {b"+", b"-"}:
        return None
    assert month is not None
    try:
        date = datetime(int(year), month, int(day), tzinfo=UTC)
    except ValueError:
        return None
    if not _YEARS[0] <= date.year <= _YEARS[1] or int(zone[:2]) > 15 or int(zone[2:]) > 59:
        return None
    offset = int(zone[:2]) * 3600 + int(zone[2:]) * 60
    return timegm(date.timetuple()) - (offset if stamp[21:22] == b"+" else -offset)


def _of_number(number: float) -> float | None:
    seconds = number / 1000 if number > _MILLISECONDS else number
    return seconds if _YEARS[0] <= datetime.fromtimestamp(seconds, UTC).year <= _YEARS[1] else None


def _of_text(text: str) -> float | None:
    """Read ISO 8601; Caddy's `wall` times have slashes. Without a zone it is UTC."""
    moment = datetime.fromisoformat(text.replace("/", "-"))
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.timestamp() if _YEARS[0] <= aware.year <= _YEARS[1] else None
