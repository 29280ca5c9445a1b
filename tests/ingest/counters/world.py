"""A ledger that is killed again and again, a store, and the truth about what was acknowledged."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from errno import ENOSPC
from pathlib import Path
from zoneinfo import ZoneInfo

from counters.crowd import HOUR, NOON, summed, who
from ingest.app import App
from ingest.counters.amounts import from_bytes, pack, unpack
from ingest.counters.cells import CRASH, HOURS, MARK, METRICS, RARE, REFUSED, WHOLE_DAY, Key, Refusal, metrics_of
from ingest.counters.day import Day
from ingest.counters.exemplar import Exemplar
from ingest.counters.journal import Counted, Entry, Journal
from ingest.counters.ledger import Batch, Ledger
from ingest.counters.segment import Lot
from ingest.site import Profile, Site

WIDTH = len(METRICS)
PLAIN = Site(id="plain.example", hosts=(), profile=Profile.PLAIN)
STANDARD = Site(id="standard.example", hosts=(), timezone=ZoneInfo("America/New_York"))
STRICT = Site(id="strict.example", hosts=(), profile=Profile.STRICT, timezone=ZoneInfo("Asia/Tokyo"))
DESKTOP = App(id=6, name="desktop", key="0" * 32)
BETA = App(id=7, name="beta", key="1" * 32, profile=Profile.PLAIN)
OWNERS = (PLAIN, STANDARD, STRICT, DESKTOP, BETA)
WEEKLY = ("goal*source",)
THIN = (HOURS, str(WHOLE_DAY))

Fact = tuple[str, date, Key]
Facts = dict[Fact, list[int]]


class KilledError(BaseException):
    """The process ends here: nothing may catch it."""


class MortalJournal(Journal):
    """A journal whose process may be killed before or after any write, and whose file system may be full."""

    def __init__(self, path: Path, written: Callable[[], None]) -> None:
        super().__init__(path)
        self._written = written
        self.is_full = False
        self.writes_left = 1 << 30
        self.dies_after = False

    @property
    def wants_rewrite(self) -> bool:
        return self.size > 4000

    def append(self, entries: Sequence[Entry]) -> None:
        self._write(lambda: super(MortalJournal, self).append(entries), any(isinstance(e, Counted) for e in entries))

    def rewrite(self, entries: Iterable[Entry]) -> None:
        self._write(lambda: super(MortalJournal, self).rewrite(entries), holds_turn=True)

    def _write(self, write: Callable[[], None], holds_turn: bool) -> None:
        if self.is_full:
            raise OSError(ENOSPC, "full")
        self.writes_left -= 1
        if self.writes_left <= 0 and not self.dies_after:
            raise KilledError
        write()
        if holds_turn:
            self._written()
        if self.writes_left <= 0:
            raise KilledError


class Shop:
    """A store that takes each batch once, by its number, as partitions with markers do."""

    def __init__(self) -> None:
        self.lots: dict[int, Lot] = {}
        self.queue: list[Batch] = []

    def put(self, batch: Batch) -> None:
        known = self.lots.get(batch.sequence)
        if known is None:
            assert batch.sequence > max(self.lots, default=0), "a partition would pass this batch over"
            self.lots[batch.sequence] = batch.lot
            return
        # Some tables of it may be there and some not: what comes again must be the same in each cell.
        assert (batch.lot.owner, batch.lot.date) == (known.owner, known.date)
        assert summed([batch.lot.cells]) == summed([known.cells])
        assert batch.lot.exemplars == known.exemplars


class World:
    """Counts at random under fixed seeds; `check` compares all that came out with all that was acknowledged."""

    def __init__(self, path: Path, seed: int, make: type[Ledger] = Ledger) -> None:
        self.path = path
        self.draw = random.Random(seed)
        self.now = NOON
        self.shop = Shop()
        self.truth: Facts = {}
        self.stacks: set[tuple[str, date, str]] = set()
        self.turn: list[tuple[Fact, Sequence[int]]] = []
        self.turn_stacks: set[tuple[str, date, str]] = set()
        self.begun: dict[tuple[str, date, int, int], set[int]] = {}
        self.turn_begun: set[tuple[tuple[str, date, int, int], int]] = set()
        self.deaths = self.full = 0
        self._make = make
        self.start()

    def start(self) -> None:
        self.turn.clear()
        self.turn_stacks.clear()
        self.turn_begun.clear()
        self.journal = MortalJournal(self.path, self.commit)
        newest = max(max(self.shop.lots, default=0), self.journal.newest_sequence())
        self.ledger = self._make(self.journal, self.ship, itertools.count(newest + 1))
        self.shop.queue[:] = self.ledger.recall(OWNERS)

    def ship(self, batch: Batch) -> None:
        lot = batch.lot
        begun = (self.begun.get((lot.owner, lot.date, number, lot.span), set()) for number in lot.segments)
        people: set[int] = set().union(*begun)
        is_whole = lot.closing and (THIN in lot.cells or lot.owner == DESKTOP.owner)
        if lot.owner in {STANDARD.owner, STRICT.owner, DESKTOP.owner} and not is_whole:
            assert len(people) >= 20, "a write about too few"
        self.shop.queue.append(batch)

    def commit(self) -> None:
        for fact, amounts in self.turn:
            present = self.truth.setdefault(fact, [0] * len(amounts))
            present[:] = [a + b for a, b in zip(present, amounts, strict=True)]
        self.turn.clear()
        self.stacks |= self.turn_stacks
        self.turn_stacks.clear()
        for segment, person in self.turn_begun:
            self.begun.setdefault(segment, set()).add(person)
        self.turn_begun.clear()

    def run(self, steps: int) -> None:
        for _ in range(steps):
            try:
                self._step()
            except KilledError:
                self.kill()

    def kill(self) -> None:
        self.deaths += 1
        self.journal.close()
        if self.draw.random() < 0.3:
            with self.path.open("ab") as file:
                file.write(self.draw.randbytes(self.draw.randrange(1, 30)))
        self.shop.queue.clear()
        self.start()

    def _step(self) -> None:
        match self.draw.choices("cfdtkmj", (60, 20, 12, 3, 1, 2, 1))[0]:
            case "c":
                self._count_turn()
            case "f":
                self.ledger.flush()
            case "d":
                self._deliver()
            case "t":
                self.now += self.draw.random() * 6 * HOUR
                self.ledger.close_due(self.now)
            case "k":
                raise KilledError
            case "m":
                self.journal.writes_left = self.draw.randrange(1, 9)
                self.journal.dies_after = self.draw.random() < 0.5
            case _:
                self._fill_up()

    def _count_turn(self) -> None:
        for _ in range(self.draw.randrange(1, 16)):
            self._count()
        if self.draw.random() < 0.2:
            self._deliver()  # a batch arrives in mid-turn
        self.ledger.settle()
        assert not self.turn, "acknowledged, and not in the journal"

    def _fill_up(self) -> None:
        """Let the memory file system be full for a while: nothing is acknowledged, and nothing is lost by it."""
        self.full += 1
        self.journal.is_full = True
        for _ in range(self.draw.randrange(1, 6)):
            self._count()
            try:
                self.ledger.settle()
            except OSError:
                assert self.ledger.full
            self.ledger.flush()
            self._deliver()
            self.now += self.draw.random() * HOUR
            self.ledger.close_due(self.now)
        self.journal.is_full = False

    def _deliver(self) -> None:
        """Let the store take some of what is on its way; now and then the news of it comes late or never."""
        for _ in range(self.draw.randrange(4)):
            if not self.shop.queue:
                return
            batch = self.shop.queue[0]
            self.shop.put(batch)
            if self.draw.random() < 0.2:
                return
            self.shop.queue.pop(0)
            batch.done()

    def _count(self) -> None:
        owner = self.draw.choices(OWNERS, (1, 5, 1, 5, 1))[0]
        person = self.draw.randrange(60)
        sender = who(person, person % 4)
        if self.draw.random() < 0.1:
            day = self.ledger.day(owner, self.now)
            self.ledger.refuse(owner.owner, Refusal.BOT, self.now)
            self._note(owner.owner, day.date, (REFUSED, "bot"), (1,))
            return
        day = self.ledger.day(owner, self.now)
        self._begin(day, person)
        if isinstance(owner, App):
            for attribute, value, free in (("release", "1.0", True), ("model", f"M{person % 9}", False)):
                key: Key = (CRASH, "g", attribute, value)
                day.add(key, (1,), sender, free=free)
                self._note(owner.owner, day.date, key, (1,))
            day.exemplar(f"g{person % 3}", Exemplar(1, "ValueError", "run", "{}"))
            self.turn_stacks.add((owner.owner, day.date, f"g{person % 3}"))
            return
        amounts = [self.draw.randrange(-1, 3) for _ in range(WIDTH - 1)] + [1]
        hour = self.draw.randrange(24)
        day.begin(sender.sender)
        day.total(hour, pack(amounts))
        self._note(owner.owner, day.date, (HOURS, str(hour)), amounts)
        for key in (("page", f"/{self.draw.randrange(12)}"), ("country", "AT"), ("page*country", "/1", "AT")):
            day.add(key, amounts, sender, free=key == ("page", "/1"))
            self._note(owner.owner, day.date, key, amounts)
        week = self.ledger.week(day)
        self.ledger.touch(week)
        self._begin(week, person)
        week.begin(sender.sender)
        key = ("goal*source", "Buy", f"{self.draw.randrange(9)}.example")
        week.add(key, amounts, sender, fallback=("goal*source", "Buy", RARE))
        self._note(owner.owner, week.date, key, amounts)

    def _begin(self, day: Day, person: int) -> None:
        self.turn_begun.add(((day.owner, day.date, day._open.number, day.span), person))

    def _note(self, owner: str, day: date, key: Key, amounts: Sequence[int]) -> None:
        self.turn.append((fact_of(owner, day, key), amounts))

    def check(self) -> None:
        """Bring all that is on its way to the store, and compare."""
        self.journal.writes_left = 1 << 30
        self.ledger.flush()
        for batch in self.shop.queue:
            self.shop.put(batch)
            batch.done()
        self.shop.queue.clear()
        found: Facts = {}
        stacks = {(lot.owner, lot.date, group) for lot in self.shop.lots.values() for group in lot.exemplars}
        for lot in self.shop.lots.values():
            _add(found, lot.owner, lot.date, lot.cells)
        for entry in self.ledger.standing():
            if isinstance(entry, Counted):
                cells = {key: amounts for amounts, keys in entry.groups for key in keys}
                _add(found, entry.owner, date.fromordinal(entry.day), cells)
                stacks |= {(entry.owner, date.fromordinal(entry.day), stack[0]) for stack in entry.exemplars}
        thin = {(lot.owner, lot.date) for lot in self.shop.lots.values() if THIN in lot.cells}
        told = {name: amounts for name, amounts in self.truth.items() if not self._is_of_thin_week(name)}
        assert _without_zeros(found) == _without_zeros(_as_thin_days_tell(told, thin))
        assert stacks >= self.stacks

    def _is_of_thin_week(self, fact: Fact) -> bool:
        """Tell whether a week closed with too few people to be written, as far as the ledger knew of them."""
        owner, monday, key = fact
        if key != WEEKLY or (owner, monday) in {
            (lot.owner, lot.date) for lot in self.shop.lots.values() if lot.span > 1
        }:
            return False
        if (owner, monday) in {(day.owner, day.date) for day in self.ledger._days(owner) if day.span > 1}:
            return False
        begun = [people for name, people in self.begun.items() if name[::3] == (owner, 7) and name[1] == monday]
        # People of before a crash are known by number only, and counted low.
        assert self.deaths or len(set().union(*begun)) < 20
        assert owner in {STANDARD.owner, STRICT.owner}
        return True


def _add(facts: Facts, owner: str, day: date, cells: Mapping[Key, Sequence[int] | bytes]) -> None:
    for key, given in cells.items():
        amounts = unpack(from_bytes(given), len(metrics_of(key))) if isinstance(given, bytes) else given
        if key[0] != MARK:
            fact = fact_of(owner, day, key)
            present = facts.setdefault(fact, [0] * len(amounts))
            present[:] = [a + b for a, b in zip(present, amounts, strict=True)]


def fact_of(owner: str, day: date, key: Key) -> Fact:
    """Return what a cell is about without its value, which may go from `(rare)` to its own name."""
    if key[0] in {HOURS, REFUSED}:
        return owner, day, key
    return owner, day, key[:-1] if key[0] == CRASH else key[:1]


def _as_thin_days_tell(truth: Facts, thin: set[tuple[str, date]]) -> Facts:
    found: Facts = {}
    for (owner, day, key), amounts in truth.items():
        if (owner, day) not in thin or key[0] == REFUSED or key == WEEKLY:
            found[owner, day, key] = amounts
        elif key[0] == HOURS:
            _add(found, owner, day, {THIN: amounts})
    return found


def _without_zeros(facts: Facts) -> Facts:
    return {fact: amounts for fact, amounts in facts.items() if any(amounts)}
