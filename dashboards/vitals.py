"""How the server is: what its pages show of its health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check of the machine and the configuration found."""

    check: str
    is_good: bool
    is_warning: bool
    """Whether it may stay as it is."""
    found: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """The state of the server at one moment. Nothing of it is about visitors."""

    version: str
    is_store_away: bool
    is_full: bool
    """Whether submissions are refused until the store is back."""
    batches_written: int
    batches_waiting: int
    spool_bytes: int
    spool_bound: int
    journal_bytes: int
    retained: date | None
    """The day on which old partitions were last looked for, since the start."""
    dropped: int
    """Partitions that were dropped then."""
    findings: Sequence[Finding]
