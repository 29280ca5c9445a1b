"""Numbers as people read them."""

from __future__ import annotations


def whole(number: float) -> str:
    """Return an integer with thousands apart: `18,204`."""
    return f"{number:,.0f}"


def ratio(number: float) -> str:
    """Return a ratio to two places at most: `1.9`."""
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def percent(number: float) -> str:
    """Return a percentage: `48%`."""
    return f"{number:.0f}%"


def duration(seconds: float) -> str:
    """Return seconds as `1h 02m`, `1m 12s` or `9s`."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60}h {minutes % 60:02d}m"
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"


def size(count: int) -> str:
    """Return bytes as `1.2 MB`, in powers of ten."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def many(count: int, noun: str) -> str:
    """Return a count with its noun: `1 page`, `3 days`, `2 countries`, `4 classes`."""
    return f"1 {noun}" if count == 1 else f"{whole(count)} {_plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in set("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
