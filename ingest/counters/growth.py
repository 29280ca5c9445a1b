"""What a submission would add to a cell, for whoever asks what would be counted."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.counters.cells import Key


@dataclass(frozen=True, slots=True)
class Growth:
    """A cell that a submission would make grow, by METRICS. One that `waits` is named once enough people share it."""

    key: Key
    amounts: tuple[int, ...]
    waits: bool
