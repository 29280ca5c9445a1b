"""What a planned restart hands on of visits: from the memory of one process to that of the next, and to no file."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.counters.slot import Cell
from ingest.hits.visit import Tally, Visit


def _cells_of(tally: Tally) -> list[Cell]:
    """Return what to ask of the next process for the seats of a tally."""
    named: list[Cell] = [(slot.key, True, None) for slot in tally.named]
    return named + [(pending.key, False, pending.fallback.key) for pending in tally.waiting]


class Underway(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A visit between two hits, as a planned restart hands it from memory to memory. Nothing of it is unfolded."""

    site: str
    day: int  # ordinal of the date
    visitor: bytes
    sender: bytes
    network: str
    hour: int
    now: int
    last: float
    told: float
    values: dict[str, str]
    cells: list[Cell]
    pages: list[tuple[str, list[Cell], int]]  # name, cells, deepest percent
    parts: list[tuple[tuple[str, ...], list[Cell], bool]]  # key, cells, by week
    entry: str
    is_first: bool
    exit: Cell | None
    counted_there: bool
    steps: dict[str, int]
    views: int
    seconds: int
    bounces: bool
    acted: bool

    @classmethod
    def of(cls, site: str, visit: Visit) -> Underway:
        """Write down a visit that has been folded."""
        return cls(
            site=site,
            day=visit.day.date.toordinal(),
            visitor=visit.visitor,
            sender=visit.who.sender,
            network=visit.who.network,
            hour=visit.hour,
            now=visit.now,
            last=visit.last,
            told=visit.told,
            values=visit.values,
            cells=_cells_of(visit.tally),
            pages=[(name, _cells_of(tally), tally.deepest) for name, tally in visit.pages.items()],
            parts=[(key, _cells_of(tally), tally.by_week) for key, tally in visit.parts.items()],
            entry=visit.entry,
            is_first=visit.is_first,
            exit=visit.exit,
            counted_there=visit.counted_there,
            steps=visit.steps,
            views=visit.views,
            seconds=visit.seconds,
            bounces=visit.bounces,
            acted=visit.acted,
        )

    def visit(self, day: Day, week_of: Callable[[Day], Day]) -> Visit:
        """Return the visit that goes on."""
        who = Who(self.sender, self.network)

        def tally(cells: list[Cell], *, deepest: int = -1, by_week: bool = False) -> Tally:
            named, waiting = (week_of(day) if by_week else day).seats(cells, who)
            return Tally(named, waiting, deepest=deepest, by_week=by_week)

        return Visit(
            visitor=self.visitor,
            who=who,
            day=day,
            hour=self.hour,
            last=self.last,
            told=self.told,
            values=self.values,
            is_first=self.is_first,
            tally=tally(self.cells),
            now=self.now,
            pages={name: tally(cells, deepest=deepest) for name, cells, deepest in self.pages},
            parts={key: tally(cells, by_week=by_week) for key, cells, by_week in self.parts},
            entry=self.entry,
            exit=self.exit,
            left=self.exit,
            counted_there=self.counted_there,
            steps=self.steps,
            views=self.views,
            seconds=self.seconds,
            bounces=self.bounces,
            acted=self.acted,
        )


class Counted(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Who has been counted under which key on one day of a site: see `firsts`."""

    site: str
    day: int  # ordinal of the date
    salt: bytes
    marks: bytes


class Handover(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """All visits that go on, and who has been counted today."""

    visits: list[Underway]
    counted: list[Counted]
