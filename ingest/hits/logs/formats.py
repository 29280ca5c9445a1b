"""The formats by name, and which one a log is in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ingest.boundary.address import UNKNOWN, Address
from ingest.hits.logs.caddy import read_caddy
from ingest.hits.logs.combined import CombinedReader
from ingest.hits.logs.pattern import PatternError, PatternReader
from ingest.hits.logs.told import Told

NAMES: Final = ("combined", "vhost_combined", "common", "vhost_common", "caddy")
_SAMPLE: Final = 200


@dataclass(frozen=True, slots=True)
class Format:
    """How lines are read, and whether they tell the user agent."""

    name: str
    read: Callable[[bytes], Told | None]
    has_agent: bool = True


def format_of(name: str) -> Format:
    """Return a format by its name, or the one that a pattern describes. Raises PatternError."""
    if name == "caddy":
        return Format(name, read_caddy)
    if name in NAMES:
        has_agent = name.endswith("combined")
        reader = CombinedReader(has_host=name.startswith("vhost_"), has_agent=has_agent)
        return Format(name, reader.read, has_agent)
    if "$" not in name and "%" not in name:
        raise PatternError(f"--format: say {', '.join(NAMES)}, or copy the log_format of the server")
    pattern = PatternReader(name)
    return Format("pattern", pattern.read, pattern.has_agent)


def recognise(lines: Iterable[bytes]) -> Format | None:
    """Return the format that most of these lines are in, or None.

    One that tells more is preferred: half a line of it may be a whole line of one that tells less.
    """
    sample = [line for line, _ in zip(lines, range(_SAMPLE), strict=False)]
    found = [(sum(_fits(told) for line in sample if (told := form.read(line))), form) for form in map(format_of, NAMES)]
    best = max(count for count, _ in found)
    return next(form for count, form in found if count * 2 > best) if best else None


def _fits(told: Told) -> bool:
    """Tell whether the address is one: without it, a host in front reads as one."""
    return Address.read(told.address).network != UNKNOWN
