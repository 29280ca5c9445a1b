"""What a planned restart hands on of visits: from the memory of one process to that of the next, and to no file."""

from __future__ import annotations

import msgspec

from ingest.counters.disclosure import Who
from ingest.counters.window import Day
from ingest.hits.visit import Cell, Tally, Visit


def _all_cells(tally: Tally) -> list[Cell]:
    """Return the cells of a tally; what has been named is tried again, and found to be."""
    return [*(Cell(slot.key) for slot in tally.named), *tally.cells]


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
    parts: list[tuple[list[Cell], bool]]  # cells, by week
    entry: str
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
            cells=_all_cells(visit.tally),
            pages=[(name, _all_cells(tally), tally.deepest) for name, tally in visit.pages.items()],
            parts=[(_all_cells(tally), tally.by_week) for tally in visit.parts.values()],
            entry=visit.entry,
            exit=visit.exit,
            counted_there=visit.counted_there,
            steps=visit.steps,
            views=visit.views,
            seconds=visit.seconds,
            bounces=visit.bounces,
            acted=visit.acted,
        )

    def visit(self, day: Day) -> Visit:
        """Return the visit that goes on."""
        return Visit(
            visitor=self.visitor,
            who=Who(self.sender, self.network),
            day=day,
            hour=self.hour,
            last=self.last,
            told=self.told,
            values=self.values,
            tally=Tally(tuple(self.cells), first=False),
            now=self.now,
            pages={name: Tally(tuple(cells), first=False, deepest=deepest) for name, cells, deepest in self.pages},
            parts={cells[0].key: Tally(tuple(cells), first=False, by_week=by_week) for cells, by_week in self.parts},
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
