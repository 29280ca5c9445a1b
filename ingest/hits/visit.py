"""One visit as it unfolds, and the amounts that it comes to. All of it lives in memory, and no longer than its day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ingest.counters.amounts import lane
from ingest.counters.cells import RARE, Attribute, Key, Metric
from ingest.counters.disclosure import Who
from ingest.counters.window import Day, Slot

IN_ITS_HOUR: Final = (Metric.PAGEVIEWS, Metric.EVENTS, Metric.SCROLL, Metric.SCROLLS)
"""What counts in the hour in which it happens; the rest is about whole visits and counts where they began."""

MOST_PARTS: Final = 500
"""Pages and events by name that one visit may have; what comes after them is `(rare)`."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Who comes, for one day of one site: a digest of the browser, one of the sender, and the day they live."""

    visitor: bytes = field(repr=False)
    who: Who
    day: Day


class Cell(NamedTuple):
    """Where amounts go: a key, whether it may be named from the first, and what it counts as until it may be."""

    key: Key
    free: bool = False
    fallback: Key | None = None


@dataclass(slots=True)
class Tally:
    """Amounts of a visit, or of one part of it, since they were last folded."""

    cells: tuple[Cell, ...]  # those that may not be named yet, or were not tried
    amounts: int = 0  # packed: see `amounts`
    named: list[Slot] = field(default_factory=list)  # those that may
    first: bool = True
    deepest: int = -1
    by_week: bool = False


@dataclass(slots=True)
class Visit:
    """One visit. The names of its pages and events live as long as it does."""

    visitor: bytes = field(repr=False)
    who: Who
    day: Day
    hour: int
    last: float
    values: dict[str, str]
    tally: Tally
    now: int  # the hour of its day that it has come to; 23 from midnight on
    told: float  # the moment up to which its engagement is told
    hours: dict[int, int] = field(default_factory=dict)  # totals, packed, by hour, since they were last folded
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

    def count(self, metric: Metric, amount: int, *parts: Tally) -> None:
        """Add an amount to the visit, to parts of it, and to the totals of the hour that it belongs to."""
        hour = self.now if metric in IN_ITS_HOUR else self.hour
        packed = lane(metric, amount)
        self.hours[hour] = self.hours.get(hour, 0) + packed
        self.tally.amounts += packed
        for part in parts:
            part.amounts += packed
            self.changed.append(part)

    def add(self, part: Tally, metric: Metric, amount: int) -> None:
        """Add an amount to a part of the visit alone."""
        part.amounts += lane(metric, amount)
        self.changed.append(part)

    def part(self, *cells: Cell, by_week: bool = False) -> Tally:
        """Return the tally of something that this visit has, by its first cell, opening it if need be."""
        key = cells[0].key
        tally = self.parts.get(key)
        if tally is None and len(self.parts) >= MOST_PARTS:
            cells = (Cell((*key[:-1], RARE), free=True),)
            tally = self.parts.get(cells[0].key)
        if tally is None:
            tally = self.parts[cells[0].key] = Tally(cells, by_week=by_week)
            self.add(tally, Metric.VISITS, 1)
        return tally

    def page(self, name: str) -> Tally | None:
        """Return the tally of a page that it has viewed; of one that came after too many others, theirs."""
        return self.pages.get(name) or (self.pages.get(RARE) if len(self.pages) > MOST_PARTS else None)

    def open_page(self, name: str, cells: tuple[Cell, ...]) -> Tally:
        """Open the tally of a page that is viewed for the first time, and return it."""
        if len(self.pages) >= MOST_PARTS:
            name, cells = RARE, (Cell((Attribute.PAGE.value, RARE), free=True),)
        tally = self.pages[name] = Tally(cells)
        self.add(tally, Metric.VISITS, 1)
        return tally
