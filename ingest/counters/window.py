"""The open days of one owner: counts in memory until enough people are mixed to write them.

What is told by week only has a window of its own, whose days are Mondays and last seven days each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

import msgspec

from ingest.counters.amounts import lane, pack, unpack
from ingest.counters.cells import (
    CRASH,
    HOURS,
    MARK,
    RARE,
    REFUSED,
    RESTARTED,
    SESSION,
    WHOLE_DAY,
    Key,
    Metric,
    metrics_of,
)
from ingest.counters.disclosure import Disclosure, Threshold, Waiting, Who
from ingest.counters.exemplar import Exemplar

CLOSES_AFTER_MIDNIGHT: Final = timedelta(hours=2)
DAY: Final = 1
WEEK: Final = 7
"""Days that a window's counts are about."""

Cells = dict[Key, list[int]]


def add_amounts(cells: Cells, key: Key, amounts: Sequence[int]) -> None:
    """Add amounts to a cell, opening it if need be."""
    present = cells.get(key)
    if present is None:
        cells[key] = list(amounts)
    else:
        for index, amount in enumerate(amounts):
            present[index] += amount


Packed = dict[Key, int]
"""Cells with their amounts packed: see `amounts`."""


def add_packed(cells: Packed, key: Key, amounts: int) -> None:
    """Add packed amounts to a cell, opening it if need be."""
    cells[key] = cells.get(key, 0) + amounts


def unpacked(cells: Packed) -> Cells:
    """Return cells with their amounts apart, without those that come to nothing."""
    return {key: unpack(amounts, len(metrics_of(key))) for key, amounts in cells.items() if amounts}


def is_rare(key: Key) -> bool:
    """Whether the key is a `(rare)` row, which is written once, when the day closes."""
    return key[-1] == RARE


@dataclass(frozen=True, slots=True)
class Rules:
    """What an owner's profile asks for."""

    timezone: tzinfo
    k: int
    batch: int  # people that a write mixes; 0: every write goes out at the next chance
    fewest: int  # people that a day must have had to be written with its cells
    at_close_only: bool = False
    values: int = 50_000
    span: int = DAY

    def date_of(self, now: float) -> date:
        """Return the local date of a moment in seconds since the epoch; of a week, its Monday."""
        return self.begin_of(datetime.fromtimestamp(now, self.timezone).date())

    def begin_of(self, day: date) -> date:
        """Return the first date of the span that a date is in."""
        return day - timedelta(days=day.weekday()) if self.span == WEEK else day

    def closing(self, day: date) -> float:
        """Return the moment at which a day closes, in seconds since the epoch."""
        midnight = datetime.combine(day + timedelta(days=self.span), time(0), self.timezone)
        return midnight.timestamp() + CLOSES_AFTER_MIDNIGHT.total_seconds()


@dataclass(slots=True)
class Segment:
    """Counts that are written together, and the people whom they mix.

    `known` is how many people the journal remembers of a segment begun before a crash; their digests are gone,
    so the larger of the two counts is taken, never the sum.
    """

    number: int
    cells: Packed = field(default_factory=dict)
    exemplars: dict[str, Exemplar] = field(default_factory=dict)
    people: set[bytes] = field(default_factory=set, repr=False)
    known: int = 0

    @property
    def mixed(self) -> int:
        """Return how many people are mixed here, counted low."""
        return max(self.known, len(self.people))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.cells and not self.exemplars


@dataclass(slots=True)
class Change:
    """What one turn of the loop added to a day, in the form that the journal may hold."""

    owner: str
    date: date
    segment: int
    mixed: int
    cells: Packed
    exemplars: dict[str, Exemplar]
    span: int = DAY


@dataclass(frozen=True, slots=True)
class Lot:
    """Counts that leave memory in one write: rows of one owner and day."""

    owner: str
    date: date
    segments: tuple[int, ...]
    cells: Cells
    exemplars: dict[str, Exemplar]
    closing: bool = False
    span: int = DAY


class Slot:
    """A cell that may be named, and what this turn of the loop has added to it."""

    __slots__ = ("change", "key")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.change = 0


class Remembered(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What memory knows of a day and the journal may not: a planned restart hands it from memory to memory."""

    owner: str
    day: int  # ordinal of the date
    span: int
    people: list[tuple[int, list[bytes]]]  # segment, and who is mixed into it
    waiting: list[Waiting]


class Day:
    """One owner's local date, or a week of them, from its first submission to its close."""

    def __init__(self, owner: str, day: date, rules: Rules) -> None:
        self.owner = owner
        self.date = day
        self.closed = False
        self._rules = rules
        self._disclosure = Disclosure(Threshold(rules.k, rules.values))
        self._sealed: Segment | None = None
        self._open = Segment(0)
        self._rare: Packed = {}
        self._written = False
        self._slots: dict[Key, Slot] = {}
        self._changed: list[Slot] = []
        self._told: dict[str, Exemplar] = {}

    @property
    def span(self) -> int:
        """How many days this is about."""
        return self._rules.span

    def obey(self, rules: Rules) -> None:
        """Take other rules, as long as nothing but refusals has been counted."""
        self._rules = rules
        self._disclosure = Disclosure(Threshold(rules.k, rules.values))

    def begin(self, person: bytes) -> None:
        """Note that somebody is mixed into what is written next."""
        if self._open.mixed <= self._rules.batch:
            self._open.people.add(person)

    def add(
        self, key: Key, amounts: Sequence[int], who: Who, *, free: bool = False, fallback: Key | None = None
    ) -> None:
        """Count amounts under a key, or under its fallback until the key may be named.

        Without a fallback it is `(rare)` of the same kind. A fallback other than `(rare)` must be free.
        """
        if key[0] in {CRASH, SESSION}:
            self.begin(who.sender)
        self.count(key, pack(amounts), who, free=free, fallback=fallback)

    def count(self, key: Key, amounts: int, who: Who, *, free: bool, fallback: Key | None) -> Slot | None:
        """Count packed amounts as `add` does; return the key's slot once it is named, for `bump`."""
        for named, change in self._disclosure.place(key, amounts, who, fallback or rare_of(key), free=free):
            self._put(named, change)
        return self._slots[key] if self._disclosure.is_named(key) else None

    def bump(self, slots: Iterable[Slot], amounts: int) -> None:
        """Count packed amounts under keys that are named. Budget: 0.1 µs a key; a visit has forty."""
        changed = self._changed
        for slot in slots:
            if not slot.change:
                changed.append(slot)
            slot.change += amounts

    def total(self, hour: int, amounts: int) -> None:
        """Count packed amounts in the totals of a local hour, which tell no value and so wait for nobody."""
        self._put((HOURS, str(hour)), amounts)

    def refuse(self, reason: str) -> None:
        """Count a submission that is not counted otherwise."""
        self._put((REFUSED, reason), 1)

    def exemplar(self, group: str, exemplar: Exemplar) -> None:
        """Keep one stack for a crash group."""
        self._open.exemplars.setdefault(group, exemplar)
        self._told.setdefault(group, exemplar)

    def mark_restart(self) -> None:
        """Note that the day's keys were lost with a crash."""
        self._put((MARK, RESTARTED), lane(Metric.VISITS))

    def _put(self, key: Key, amounts: int) -> None:
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = Slot(key)
        self.bump((slot,), amounts)

    def settle(self) -> Change | None:
        """Return what this turn of the loop added, once."""
        cells = self._absorb()
        told, self._told = self._told, {}
        if not cells and not told:
            return None
        return Change(self.owner, self.date, self._open.number, self._open.mixed, cells, told, self.span)

    def _absorb(self) -> Packed:
        """Add what this turn has added to the open segment, and return it."""
        changed, self._changed = self._changed, []
        cells: Packed = {}
        for slot in changed:
            # Twice in the list when it came to nothing in between.
            if slot.change:
                cells[slot.key] = slot.change
                add_packed(self._rare if is_rare(slot.key) else self._open.cells, slot.key, slot.change)
                slot.change = 0
        return cells

    def ripe(self) -> Lot | None:
        """Return what may be written now, leaving enough people for the last write of the day.

        A segment goes out only when the one after it has mixed as many people, so that whatever is left for the
        close is about no fewer.
        """
        self._absorb()
        if self._rules.batch == 0:
            return self._take(self._next(), closing=False)
        if self._rules.at_close_only or self._open.mixed < self._rules.batch:
            return None
        return self._take(self._next(sealing=True), closing=False)

    def _next(self, *, sealing: bool = False) -> Segment | None:
        opened = self._open
        if not sealing and opened.empty:
            return None
        self._open = Segment(opened.number + 1)
        if not sealing:
            return opened
        out, self._sealed = self._sealed, opened
        return out

    def _take(self, segment: Segment | None, *, closing: bool) -> Lot | None:
        if segment is None:
            return None
        self._written = True
        cells = unpacked(segment.cells)
        return Lot(self.owner, self.date, (segment.number,), cells, segment.exemplars, closing, self.span)

    def close(self) -> Lot | None:
        """End the day and return what is left of it.

        A day that never had enough people keeps one row of totals, without hours, and its refusals.
        """
        self.closed = True
        self._absorb()
        left = [segment for segment in (self._sealed, self._open) if segment is not None]
        mixed = sum(segment.mixed for segment in left)
        sums: Packed = {}
        exemplars: dict[str, Exemplar] = {}
        for segment in left:
            for key, amounts in segment.cells.items():
                add_packed(sums, key, amounts)
            exemplars.update(segment.exemplars)
        if not self._written and mixed < self._rules.fewest:
            sums = _whole_day(sums)
        else:
            sums.update(self._rare)
        cells = unpacked(sums)
        if not cells and not exemplars:
            return None
        numbers = tuple(segment.number for segment in left)
        return Lot(self.owner, self.date, numbers, cells, exemplars, closing=True, span=self.span)

    def recall(self, change: Change) -> None:
        """Take a change back from the journal after a crash. Its people are known by number only."""
        segment = self._segment(change.segment)
        segment.known = max(segment.known, change.mixed)
        for key, amounts in change.cells.items():
            if is_rare(key):
                add_packed(self._rare, key, amounts)
            else:
                add_packed(segment.cells, key, amounts)
                self._disclosure.name(key)
                # A key that is named has a slot: `count` hands it out.
                self._slots.setdefault(key, Slot(key))
        segment.exemplars.update(change.exemplars)

    def _segment(self, number: int) -> Segment:
        if number > self._open.number:
            if self._open.empty and not self._open.mixed:
                self._open = Segment(number)
            else:
                self._sealed, self._open = self._open, Segment(number)
        if self._sealed is not None and self._sealed.number == number:
            return self._sealed
        return self._open

    def retake(self, number: int) -> Lot | None:
        """Take a segment out as the journal says it was taken before a crash."""
        segment = self._segment(number)
        if segment is self._sealed:
            self._sealed = None
        else:
            self._open = Segment(number + 1)
        return self._take(segment, closing=False)

    def remember(self) -> Remembered:
        """Return what the journal may not hold of this day."""
        segments = [segment for segment in (self._sealed, self._open) if segment is not None]
        people = [(segment.number, list(segment.people)) for segment in segments]
        return Remembered(self.owner, self.date.toordinal(), self.span, people, self._disclosure.remember())

    def resume(self, remembered: Remembered) -> None:
        """Go on from what the process before knew, once its journal has been recalled."""
        for number, people in remembered.people:
            self._segment(number).people.update(people)
        self._disclosure.resume(remembered.waiting)

    def rename(self, keys: Iterable[Key], *, written: bool) -> None:
        """Take back from the journal which keys have been named today, and whether anything was written."""
        for key in keys:
            self._disclosure.name(key)
            self._slots.setdefault(key, Slot(key))
        self._written = self._written or written

    @property
    def written(self) -> bool:
        """Whether anything of this day has left memory."""
        return self._written

    @property
    def named(self) -> frozenset[Key]:
        """Keys that have been named today and may be kept in the journal."""
        return self._disclosure.disclosed

    def standing(self) -> Iterator[Change]:
        """Yield all that the day still holds, for a fresh journal."""
        for segment in (self._sealed, self._open):
            if segment is not None:
                rare = self._rare if segment is self._open else {}
                cells = {**segment.cells, **rare}
                stacks = dict(segment.exemplars)
                yield Change(self.owner, self.date, segment.number, segment.mixed, cells, stacks, self.span)

    def unwritten(self) -> Iterator[tuple[Key, Sequence[int]]]:
        """Yield the named counts that are still in memory."""
        for segment in (self._sealed, self._open):
            if segment is not None:
                yield from unpacked(segment.cells).items()
        yield from unpacked({slot.key: slot.change for slot in self._changed if not is_rare(slot.key)}).items()

    def exemplars(self) -> Iterator[tuple[str, Exemplar]]:
        """Yield the stacks that are still in memory."""
        for segment in (self._sealed, self._open):
            if segment is not None:
                yield from segment.exemplars.items()


def rare_of(key: Key) -> Key:
    """Return the `(rare)` row of a key's kind: of both sides of a pair, of the value of anything else."""
    if key[0] == CRASH:
        return (*key[:-1], RARE)
    return (key[0], *(RARE for _ in key[1:]))


def _whole_day(cells: Packed) -> Packed:
    kept: Packed = {}
    for key, amounts in cells.items():
        if key[0] == HOURS:
            add_packed(kept, (HOURS, str(WHOLE_DAY)), amounts)
        elif key[0] in {REFUSED, MARK}:
            add_packed(kept, key, amounts)
    return kept


class Window:
    """The open days of one owner. Days only move forward."""

    def __init__(self, owner: str, rules: Rules) -> None:
        self.owner = owner
        self.rules = rules
        self._days: dict[date, Day] = {}
        self._latest: date | None = None

    def obey(self, rules: Rules) -> None:
        """Take the rules of an owner of whom only refusals were counted so far, on dates that may not be its own."""
        self.rules = rules
        self._latest = None
        for day in self._days.values():
            day.obey(rules)

    def today(self, now: float) -> Day:
        """Return the day of a moment, opening it; when the clock jumps back, the newest day stays."""
        day = self.rules.date_of(now)
        if self._latest is not None and day < self._latest:
            day = self._latest
        self._latest = day
        return self.open(day)

    def open(self, day: date) -> Day:
        """Return an open day by its date, or the span that it is in, opening it."""
        day = self.rules.begin_of(day)
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = Day(self.owner, day, self.rules)
        return found

    def opened(self, day: date) -> Day | None:
        """Return a day by its date if it is open."""
        return self._days.get(day)

    def days(self) -> list[Day]:
        """Return the open days, oldest first."""
        return [self._days[day] for day in sorted(self._days)]

    def due(self, now: float) -> list[Day]:
        """Return the open days that must close by now, oldest first."""
        return [day for day in self.days() if now >= self.rules.closing(day.date)]

    def drop(self, day: Day) -> None:
        """Let go of a day that has closed. It does not open again, should the clock jump back."""
        self._days.pop(day.date, None)
        self._latest = max(self._latest or day.date, day.date + timedelta(days=self.rules.span))
