"""All open windows, settled once per turn of the event loop.

Whoever counts calls `day(...)`, adds to it, and awaits `settled()` before answering: by then what was counted
is in the journal. Lots that may leave memory are shipped to the writer with a sequence number, which the
journal holds until the store has them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from functools import partial
from hashlib import blake2b
from typing import Final

from ingest.app import App
from ingest.counters.amounts import from_bytes, pack, to_bytes
from ingest.counters.cells import UNKNOWN_OWNER, Key, Refusal
from ingest.counters.day import Day
from ingest.counters.exemplar import Exemplar
from ingest.counters.journal import Counted, Done, Entry, Journal, Named, Salt, Sent, Shut, Taken, Unjournaled
from ingest.counters.remembered import Remembered
from ingest.counters.rules import DAY, WEEK, Rules
from ingest.counters.segment import Change, Lot, grouped
from ingest.counters.window import Window
from ingest.site import Site

_HOUR: Final = 3600
_UNKNOWN: Final = Rules(timezone=UTC, k=1, batch=1, fewest=0, at_close_only=True)


@dataclass(frozen=True, slots=True)
class Batch:
    """A lot on its way to the store, and whom to tell when it is there."""

    sequence: int
    lot: Lot
    done: Callable[[], None]
    more: tuple[Lot, ...] = ()  # lots that go with it: all of them or none
    spooled_first: bool = False  # it stands in no journal: it must be on disk, whole, before its first table is written


def rules_of(owner: Site | App, values: int) -> Rules:
    """Return what an owner's profile asks for."""
    profile = owner.profile
    if isinstance(owner, App):
        # Names of code are kept from the first report on, so a day of few reports is written whole at its close.
        return Rules(owner.timezone, owner.k, profile.batch, 0, profile.at_close_only, values)
    return Rules(owner.timezone, profile.k, profile.batch, profile.batch, profile.at_close_only, values)


def weekly(rules: Rules) -> Rules:
    """Return what holds for counts that are told by week: they are written once, unless nothing is held back."""
    return replace(rules, span=WEEK, at_close_only=rules.batch > 0)


class Ledger:
    """The open windows of every site and app of one node."""

    def __init__(
        self,
        journal: Journal | Unjournaled,
        ship: Callable[[Batch], None],
        sequence: Iterator[int],
        *,
        values: int = 50_000,
        is_full: Callable[[], bool] = lambda: False,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Take where to keep acknowledged counts, where lots go, and the numbers that batches bear."""
        self._journal = journal
        self._ship = ship
        self._sequence = sequence
        self._values = values
        self._rules: dict[str, Rules] = {UNKNOWN_OWNER: _UNKNOWN}
        self._windows: dict[tuple[str, int], Window] = {}
        self._touched: dict[int, Day] = {}
        self._shipped: dict[int, Lot] = {}
        self._unsent: deque[int] = deque()
        self._folds: list[Callable[[], None]] = []
        self._settling: list[Callable[[BaseException | None], None]] = []
        self._salt = random_bytes(32)
        self._taken: dict[int, set[bytes]] = {}
        self._fresh: list[bytes] = []
        self._hour = 0
        self._jammed = False
        self._is_full = is_full

    @property
    def full(self) -> bool:
        """Whether nothing more can be acknowledged: the journal cannot be written, or too much waits for the store."""
        return self._jammed or self._is_full()

    def on_settle(self, fold: Callable[[], None]) -> None:
        """Call `fold` at the end of every turn in which something was counted, before it is journaled."""
        self._folds.append(fold)

    def day(self, owner: Site | App, now: float) -> Day:
        """Return the open day of a moment, in the owner's time zone."""
        name = owner.owner
        if name not in self._rules:
            self._learn(owner)
        day = self._window(name).today(now)
        self._touched[id(day)] = day
        return day

    def _learn(self, owner: Site | App) -> None:
        rules = rules_of(owner, self._values)
        window = self._windows.get((owner.owner, DAY))
        if window is not None and owner.owner not in self._rules:
            window.obey(rules)
        elif window is not None:
            window.renew(rules)
        if (owner.owner, WEEK) in self._windows:
            self._windows[owner.owner, WEEK].renew(weekly(rules))
        self._rules[owner.owner] = rules

    def _window(self, owner: str, span: int = DAY) -> Window:
        window = self._windows.get((owner, span))
        if window is None:
            rules = self._rules.get(owner, _UNKNOWN)
            window = self._windows[owner, span] = Window(owner, weekly(rules) if span == WEEK else rules)
        return window

    def _days(self, owner: str) -> Iterator[Day]:
        """Yield the open days and weeks of an owner, oldest first."""
        for span in (DAY, WEEK):
            window = self._windows.get((owner, span))
            yield from window.days() if window is not None else ()

    def day_before(self, owner: Site | App, day: Day) -> Day | None:
        """Return the day before one, while it is still open: for two hours, what began there goes on there."""
        window = self._windows.get((day.owner, day.span))
        if window is None or window.is_alone:
            return None
        return self.opened(owner.owner, day.date - timedelta(days=1))

    def opened(self, owner: str, day: date) -> Day | None:
        """Return an open day of an owner by its date."""
        window = self._windows.get((owner, DAY))
        return window.opened(day) if window is not None else None

    def week(self, day: Day) -> Day:
        """Return the open week that an open day is in: for what is told by week only. Touch it when it changes."""
        return self._window(day.owner, WEEK).open(day.date)

    def touch(self, day: Day) -> None:
        """Note that a day changes in this turn."""
        self._touched[id(day)] = day

    def renew(self, owners: Iterable[Site | App]) -> None:
        """Take new owners, and changed profiles and time zones for the days that open from now on."""
        for owner in owners:
            self._learn(owner)

    def refuse(self, owner: str, reason: Refusal, now: float) -> None:
        """Count a refusal by reason. `owner` is that of a tracked site or app, or UNKNOWN_OWNER."""
        day = self._window(owner).today(now)
        day.refuse(reason.value)
        self.touch(day)

    def has_seen(self, owner: str, event_id: bytes, now: float) -> bool:
        """Return whether a crash event id was taken in this hour or the last, and remember it."""
        hour = int(now) // _HOUR
        if hour > self._hour:
            self._hour = hour
            self._taken = {kept: self._taken.get(kept, set()) for kept in (hour - 1, hour)}
        digest = blake2b(owner.encode() + b"\0" + event_id, key=self._salt, digest_size=8).digest()
        if any(digest in digests for digests in self._taken.values()):
            return True
        self._taken.setdefault(self._hour, set()).add(digest)
        self._fresh.append(digest)
        return False

    def settled(self) -> Awaitable[None]:
        """Return what resolves once everything counted in this turn is in the journal. Raises OSError."""
        # Each submission of a turn has a future of its own: a client that goes away must not cancel the others'.
        future = asyncio.get_running_loop().create_future()
        self.when_settled(partial(_resolve, future))
        return future

    def when_settled(self, done: Callable[[BaseException | None], None]) -> None:
        """Call `done` once everything counted in this turn is in the journal, or with what kept it from being there.

        It must not raise: others wait behind it.
        """
        if not self._settling:
            asyncio.get_running_loop().call_soon(self._settle_turn)
        self._settling.append(done)

    def _settle_turn(self) -> None:
        waiting, self._settling = self._settling, []
        failure: BaseException | None = None
        try:
            self.settle()
        except BaseException as error:
            failure = error
            if not isinstance(error, OSError):
                raise
        finally:
            for done in waiting:
                done(failure)

    def settle(self) -> None:
        """Fold what changed and journal it, in one write. Raises OSError; then `full` holds until it can be written."""
        for fold in self._folds:
            fold()
        touched, self._touched = self._touched, {}
        entries: list[Entry] = []
        for day in touched.values():
            change = day.settle()
            if change is not None:
                entries.append(_counted(change))
        if self._fresh:
            entries.append(Taken(self._hour, self._fresh))
            self._fresh = []
        self._append(entries)

    def _append(self, entries: Sequence[Entry]) -> None:
        # What failed to be journaled stands in memory only: then all that stands is written anew.
        try:
            if self._jammed:
                self._rewrite()
            elif entries:
                self._journal.append(entries)
        except OSError:
            self._jammed = True
            raise

    def _rewrite(self) -> None:
        # What this turn has added so far stands in the new file: it must not be told a second time.
        for window in self._windows.values():
            for day in window.days():
                day.settle()
        self._journal.rewrite(self.standing())
        self._jammed = False
        self._fresh = []
        self._ship_unsent()

    def flush(self, *, eager: bool = True) -> None:
        """Ship what is ripe; of days whose profile holds nothing back only when eager.

        When the journal cannot be written, nothing is shipped, and the next call tries again.
        """
        try:
            self.settle()
        except OSError:
            return
        if self._journal.wants_rewrite:
            with contextlib.suppress(OSError):
                self._rewrite()
        for window in self._windows.values():
            if eager or window.rules.batch > 0:
                for day in window.days():
                    self._send(day.ripe())

    def close_due(self, now: float) -> list[Day]:
        """Close and ship the days whose time has come, and return them: none while the journal cannot be written."""
        try:
            self.settle()
        except OSError:
            return []
        return [self._close(window, day) for window in list(self._windows.values()) for day in window.due(now)]

    def close_all(self) -> list[Day]:
        """Close and ship every open day: time has ended, as at the end of a replay. Raises OSError."""
        self.settle()
        return [self._close(window, day) for window in list(self._windows.values()) for day in window.days()]

    def _close(self, window: Window, day: Day) -> Day:
        lot = day.close()
        window.drop(day)
        if lot is None:
            with contextlib.suppress(OSError):
                self._append([Shut(day.owner, day.date.toordinal(), day.span)])
        self._send(lot)
        return day

    def _send(self, lot: Lot | None) -> None:
        if lot is None:
            return
        sequence = next(self._sequence)
        self._shipped[sequence] = lot
        self._unsent.append(sequence)
        # A lot waits until the journal says that it went: so it is neither lost nor sent twice.
        with contextlib.suppress(OSError):
            self._append([_sent(sequence, lot, list(lot.segments))])
            self._ship_unsent()

    def _ship_unsent(self) -> None:
        while self._unsent:
            sequence = self._unsent.popleft()
            self._ship(Batch(sequence, self._shipped[sequence], partial(self.arrived, sequence)))

    def arrived(self, sequence: int) -> None:
        """Let go of a batch that the store or the spool has."""
        self._shipped.pop(sequence, None)
        with contextlib.suppress(OSError):
            self._append([Done(sequence)])

    def standing(self) -> Iterator[Entry]:
        """Yield entries for all that is still in memory and may be journaled."""
        yield Salt(self._salt)
        for hour, digests in self._taken.items():
            yield Taken(hour, sorted(digests))
        for sequence, lot in sorted(self._shipped.items()):
            # Written already, so that a recalled close leaves the cells as they are: its rows must come out the same.
            yield Named(lot.owner, lot.date.toordinal(), [], written=True, span=lot.span)
            groups = grouped({key: pack(amounts) for key, amounts in lot.cells.items()})
            yield _counted(Change(lot.owner, lot.date, lot.segments[-1], 0, groups, dict(lot.exemplars), lot.span))
            yield _sent(sequence, lot, [lot.segments[-1]])
        for window in self._windows.values():
            for day in window.days():
                yield Named(day.owner, day.date.toordinal(), sorted(day.named), day.written, day.span)
                for change in day.standing():
                    yield _counted(change)

    def remember(self) -> list[Remembered]:
        """Return what memory knows and the journal may not hold, for a process that recalls that journal."""
        return [day.remember() for window in self._windows.values() for day in window.days()]

    def recall(self, owners: Collection[Site | App], remembered: Sequence[Remembered] | None = None) -> list[Batch]:
        """Take back what the journal holds, and return the batches that the store may lack, oldest first.

        The journal then starts afresh. Counts of owners that are configured no longer are passed over. `remembered`
        is what the process before handed over; without it, the keys of the day are lost, and each day is marked.
        Raises OSError.
        """
        self.renew(owners)
        waiting: dict[int, Lot] = {}
        for entry in self._journal.read():
            self._recall_entry(entry, waiting)
        self._taken = {hour: digests for hour, digests in self._taken.items() if hour >= self._hour - 1}
        self._shipped = dict(waiting)
        for known in remembered or ():
            if known.owner in self._rules:
                self._window(known.owner, known.span).open(date.fromordinal(known.day)).resume(known)
        for owner in owners if remembered is None else ():
            window = self._windows.get((owner.owner, DAY))
            for day in window.days() if window and isinstance(owner, Site) else ():
                day.mark_restart()
                self.touch(day)
        self._rewrite()
        return [Batch(number, lot, partial(self.arrived, number)) for number, lot in sorted(waiting.items())]

    def _recall_entry(self, entry: Entry, waiting: dict[int, Lot]) -> None:
        match entry:
            case Salt(key):
                self._salt = key
            case Taken(hour, digests):
                self._taken.setdefault(hour, set()).update(digests)
                self._hour = max(self._hour, hour)
            case Done(sequence):
                waiting.pop(sequence, None)
            case Counted() | Named() | Sent() | Shut() if entry.owner in self._rules:
                window = self._window(entry.owner, entry.span)
                day = window.open(date.fromordinal(entry.day))
                if isinstance(entry, Counted):
                    day.recall(_change(entry))
                elif isinstance(entry, Named):
                    day.rename((tuple(key) for key in entry.keys), written=entry.written)
                elif isinstance(entry, Shut) or entry.closing:
                    lot = day.close()
                    window.drop(day)
                    if lot is not None and isinstance(entry, Sent):
                        waiting[entry.sequence] = lot
                else:
                    taken = day.retake(entry.segments[0])
                    if taken is not None:
                        waiting[entry.sequence] = taken
            case _:
                pass

    def unwritten(self, owner: str) -> Iterator[tuple[date, Key, Sequence[int]]]:
        """Yield the named counts of an owner that the store has not got yet."""
        for lot in self._shipped.values():
            if lot.owner == owner:
                yield from ((lot.date, key, amounts) for key, amounts in lot.cells.items())
        for day in self._days(owner):
            yield from ((day.date, key, amounts) for key, amounts in day.unwritten())

    def exemplars(self, owner: str) -> dict[str, Exemplar]:
        """Return the stacks of an owner that the store has not got yet."""
        found: dict[str, Exemplar] = {}
        for lot in self._shipped.values():
            if lot.owner == owner:
                found.update(lot.exemplars)
        for day in self._days(owner):
            found.update(day.exemplars())
        return found

    def discard(self, owner: str) -> None:
        """Let go of all that is in memory of an owner whose counters are deleted. Raises OSError.

        What has been shipped already is the writer's: wait for it before the partitions are dropped.
        """
        for day in self._days(owner):
            day.closed = True
            self._touched.pop(id(day), None)
        for span in (DAY, WEEK):
            self._windows.pop((owner, span), None)
        self.settle()
        self._rewrite()

    def close(self) -> None:
        """Settle what was counted and close the journal; its counts stay for the next start. Raises OSError."""
        try:
            self.settle()
        finally:
            self._journal.close()


def _resolve(future: asyncio.Future[None], failure: BaseException | None) -> None:
    if not future.done():
        future.set_result(None) if failure is None else future.set_exception(failure)


def _counted(change: Change) -> Counted:
    exemplars = [(group, e.algorithm, e.type, e.function, e.stack) for group, e in change.exemplars.items()]
    day = change.date.toordinal()
    groups = [(to_bytes(amounts), keys) for amounts, keys in change.groups.items()]
    return Counted(change.owner, day, change.segment, change.mixed, groups, exemplars, change.span)


def _sent(sequence: int, lot: Lot, segments: list[int]) -> Sent:
    return Sent(sequence, lot.owner, lot.date.toordinal(), segments, lot.closing, lot.span)


def _change(entry: Counted) -> Change:
    return Change(
        entry.owner,
        date.fromordinal(entry.day),
        entry.segment,
        entry.mixed,
        {from_bytes(amounts): keys for amounts, keys in entry.groups},
        {group: Exemplar(version, kind, function, stack) for group, version, kind, function, stack in entry.exemplars},
        entry.span,
    )
