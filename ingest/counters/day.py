"""One owner's local date, or a week of them: counts in memory until enough people are mixed to write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ingest.counters.amounts import lane, pack
from ingest.counters.cells import (
    CRASH,
    HOURS,
    MARK,
    REFUSED,
    RESTARTED,
    SESSION,
    WHOLE_DAY,
    Key,
    Metric,
)
from ingest.counters.disclosure import Disclosure, Threshold, Who
from ingest.counters.exemplar import Exemplar
from ingest.counters.local_hour import LocalHour
from ingest.counters.remembered import Remembered
from ingest.counters.rules import Rules
from ingest.counters.segment import Change, Lot, Packed, Segment, add_packed, grouped, unpacked
from ingest.counters.slot import Cell, Pending, Seat, Slot, is_rare


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
        self._changed: list[Slot] = []
        self._holding: list[Slot] = []
        self._hours: dict[int, Slot] = {}
        self._told: dict[str, Exemplar] = {}
        self._clock = LocalHour(rules.timezone)

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

    def count(self, key: Key, amounts: int, who: Who, *, free: bool, fallback: Key | None) -> None:
        """Count packed amounts as `add` does."""
        self.add_at(self.seat(key, free=free, fallback=fallback), amounts, who)

    def add_at(self, seat: Seat, amounts: int, who: Who) -> None:
        """Count packed amounts of somebody at a seat of today's."""
        if isinstance(seat, Slot):
            self.bump(seat, amounts)
        else:
            self.wait(seat, amounts, who)

    def seat(self, key: Key, *, free: bool, fallback: Key | None) -> Seat:
        """Return where the amounts of a key go today, for `bump` or `wait`."""
        seat = self._disclosure.seat(key, fallback, free=free)
        if free and isinstance(seat, Pending):
            # Declared since it was first seen.
            return self._name(seat)
        return seat

    def seats(self, cells: list[Cell], who: Who) -> tuple[list[Slot], list[Pending]]:
        """Return where amounts of keys go that somebody has now come to share: the named, and those that wait."""
        named, waiting, ripe = self._disclosure.share(cells, who)
        if ripe:
            named += [self._name(pending) for pending in ripe]
            # Whose sides have just been named waits no longer.
            named += [self._name(pending) for pending in waiting if self._disclosure.is_shared(pending)]
            waiting = [pending for pending in waiting if pending.named is None]
        return named, waiting

    def bump(self, slot: Slot, amounts: int) -> None:
        """Count packed amounts under a key that is named."""
        if not slot.change:
            self._changed.append(slot)
        slot.change += amounts

    def bump_all(self, slots: list[Slot], amounts: int) -> None:
        """Count packed amounts under keys that are named. Budget: 0.1 µs a key; a visit has thirty."""
        changed = self._changed
        for slot in slots:
            if not slot.change:
                changed.append(slot)
            slot.change += amounts

    def bump_pending(self, waiting: list[Pending], amounts: int) -> list[Slot]:
        """Count packed amounts of whom `seats` has been told under what waits; return the slots of what does not.

        What waits no longer has been named since, and its slot has got the amounts.
        """
        changed = self._changed
        named: list[Slot] = []
        for pending in waiting:
            slot = pending.named
            if slot is None and pending.is_ripe and self._disclosure.is_shared(pending):
                slot = self._name(pending)
            if slot is None:
                pending.amounts += amounts
                slot = pending.fallback
            else:
                named.append(slot)
            if not slot.change:
                changed.append(slot)
            slot.change += amounts
        return named

    def wait(self, pending: Pending, amounts: int, who: Who) -> None:
        """Count packed amounts of somebody under what may not be named before this."""
        if self._disclosure.witness(pending, who):
            self.bump(self._name(pending), amounts)
        else:
            pending.amounts += amounts
            self.bump(pending.fallback, amounts)

    def _name(self, pending: Pending) -> Slot:
        """Move the counts of a value from what it stood under to its own name."""
        slot = pending.named = self._disclosure.name(pending.key)
        if pending.amounts:
            self.bump(pending.fallback, -pending.amounts)
            self.bump(slot, pending.amounts)
        return slot

    def hour(self, now: float) -> int:
        """Return the local hour of a moment, or the last one of a day that it is past, or the first of one ahead.

        A visit goes on past midnight; and when the clock jumps back, the newest day stays.
        """
        day, hour = self._clock.at(now)
        if day == self.date:
            return hour
        return 23 if day > self.date else 0

    def total(self, hour: int, amounts: int) -> None:
        """Count packed amounts in the totals of a local hour, which tell no value and so wait for nobody."""
        slot = self._hours.get(hour)
        if slot is None:
            slot = self._hours[hour] = self._disclosure.slot((HOURS, str(hour)))
        self.bump(slot, amounts)

    def refuse(self, reason: str) -> None:
        """Count a submission that is not counted otherwise."""
        self.bump(self._disclosure.slot((REFUSED, reason)), 1)

    def exemplar(self, group: str, exemplar: Exemplar) -> None:
        """Keep one stack for a crash group."""
        self._open.exemplars.setdefault(group, exemplar)
        self._told.setdefault(group, exemplar)

    def mark_restart(self) -> None:
        """Note that the day's keys were lost with a crash."""
        self.bump(self._disclosure.slot((MARK, RESTARTED)), lane(Metric.VISITS))

    def settle(self) -> Change | None:
        """Return what this turn of the loop added, once."""
        groups = self._absorb()
        told, self._told = self._told, {}
        if not groups and not told:
            return None
        return Change(self.owner, self.date, self._open.number, self._open.mixed, groups, told, self.span)

    def _absorb(self) -> dict[int, list[Key]]:
        """Let slots hold what this turn has added, and return it."""
        changed, self._changed = self._changed, []
        holding = self._holding
        groups: dict[int, list[Key]] = {}
        for slot in changed:
            change = slot.change
            # Twice in the list when it came to nothing in between.
            if change:
                slot.change = 0
                if not slot.held:
                    holding.append(slot)
                slot.held += change
                keys = groups.get(change)
                if keys is None:
                    groups[change] = [slot.key]
                else:
                    keys.append(slot.key)
        return groups

    def _pour(self) -> None:
        """Put all that slots hold where it belongs: into the open segment, or beside it what is `(rare)`."""
        holding, self._holding = self._holding, []
        for slot in holding:
            held, slot.held = slot.held, 0
            if held:
                add_packed(self._rare if slot.is_rare else self._open.cells, slot.key, held)

    def ripe(self) -> Lot | None:
        """Return what may be written now, leaving enough people for the last write of the day.

        A segment goes out only when the one after it has mixed as many people, so that whatever is left for the
        close is about no fewer.
        """
        if self._rules.batch == 0:
            return self._take(self._next(), closing=False)
        if self._rules.at_close_only or self._open.mixed < self._rules.batch:
            return None
        return self._take(self._next(sealing=True), closing=False)

    def _next(self, *, sealing: bool = False) -> Segment | None:
        self._absorb()
        self._pour()
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
        self._pour()
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
        for amounts, keys in change.groups.items():
            for key in keys:
                if is_rare(key):
                    add_packed(self._rare, key, amounts)
                else:
                    add_packed(segment.cells, key, amounts)
                    self._disclosure.name(key)
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
        self._pour()
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
        self._pour()
        for segment in (self._sealed, self._open):
            if segment is not None:
                rare = self._rare if segment is self._open else {}
                groups = grouped({**segment.cells, **rare})
                stacks = dict(segment.exemplars)
                yield Change(self.owner, self.date, segment.number, segment.mixed, groups, stacks, self.span)

    def unwritten(self) -> Iterator[tuple[Key, Sequence[int]]]:
        """Yield the named counts that are still in memory."""
        for segment in (self._sealed, self._open):
            if segment is not None:
                yield from unpacked(segment.cells).items()
        # Read only, as whoever counts goes on: what has not been journaled is told too.
        changed = {slot.key: slot.change + slot.held for slot in (*self._holding, *self._changed) if not slot.is_rare}
        yield from unpacked(changed).items()

    def exemplars(self) -> Iterator[tuple[str, Exemplar]]:
        """Yield the stacks that are still in memory."""
        for segment in (self._sealed, self._open):
            if segment is not None:
                yield from segment.exemplars.items()


def _whole_day(cells: Packed) -> Packed:
    kept: Packed = {}
    for key, amounts in cells.items():
        if key[0] == HOURS:
            add_packed(kept, (HOURS, str(WHOLE_DAY)), amounts)
        elif key[0] in {REFUSED, MARK}:
            add_packed(kept, key, amounts)
    return kept
