"""One visit as it unfolds, and the amounts that it comes to. All of it lives in memory, and no longer than its day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ingest.counters.cells import RARE, Key
from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.counters.slot import Cell, Pending, Slot

MOST_PARTS: Final = 500
"""Pages and events by name that one visit may have; what comes after them is `(rare)`."""


@dataclass(slots=True)
class Presence:
    """Who comes, for one day of one site: a digest of the browser, one of the sender, and the day they live."""

    visitor: bytes = field(repr=False)
    who: Who
    day: Day


@dataclass(slots=True)
class Tally:
    """Amounts of a visit, or of one part of it, since they were last folded, and where they go."""

    named: list[Slot]
    waiting: list[Pending]
    amounts: int = 0  # packed: see `amounts`
    deepest: int = -1
    by_week: bool = False

    def pour(self, day: Day, amounts: int) -> None:
        """Count packed amounts where they go."""
        day.bump_all(self.named, amounts)
        if self.waiting:
            named = day.bump_pending(self.waiting, amounts)
            if named:
                self.named += named
                self.waiting = [pending for pending in self.waiting if pending.named is None]


@dataclass(slots=True)
class Visit:
    """One visit. The names of its pages and events live as long as it does."""

    visitor: bytes = field(repr=False)
    who: Who
    day: Day
    hour: int
    last: float
    values: dict[str, str]
    is_first: bool  # of its visitor today
    now: int  # the hour of its day that it has come to; 23 from midnight on
    told: float  # the moment up to which its engagement is told
    tally: Tally = field(default_factory=lambda: Tally([], []))
    pages: dict[str, Tally] = field(default_factory=dict)
    parts: dict[Key, Tally] = field(default_factory=dict)  # events, goals, links, steps of funnels: whatever it has
    changed: list[Tally] = field(default_factory=list)  # since they were last folded; one may stand here twice
    entry: str = ""
    exit: Cell | None = None  # the page that it is on
    left: Cell | None = None  # the page that is counted as its exit
    counted_there: bool = False  # whether it was the first of its visitor today that is counted as left from there
    steps: dict[str, int] = field(default_factory=dict)  # how many steps of a funnel it has made
    views: int = 0
    seconds: int = 0
    bounces: bool = False
    acted: bool = False

    def count(self, amounts: int, *parts: Tally | None) -> None:
        """Add packed amounts to the visit, to those parts of it that there are, and to the totals of this hour."""
        self._count(self.now, amounts, parts)

    def count_begun(self, amounts: int, *parts: Tally | None) -> None:
        """Do the same with what is about a visit as a whole: it counts in the hour in which the visit began."""
        self._count(self.hour, amounts, parts)

    def _count(self, hour: int, amounts: int, parts: tuple[Tally | None, ...]) -> None:
        self.day.total(hour, amounts)
        self.tally.amounts += amounts
        for part in parts:
            if part is not None:
                part.amounts += amounts
                self.changed.append(part)

    def add(self, part: Tally, amounts: int) -> None:
        """Add packed amounts to a part of the visit alone."""
        part.amounts += amounts
        self.changed.append(part)

    def page(self, name: str) -> Tally | None:
        """Return the tally of a page that it has viewed; of one that came after too many others, theirs."""
        return self.pages.get(name) or (self.pages.get(RARE) if len(self.pages) > MOST_PARTS else None)
