"""`logless import`: the lines of a web server's log, counted as hits are, under the clock of the log.

A day is taken whole or not at all: days that the store has, or that may still be counted live, are passed over by name.
Days that have closed are brought to the spool, whole, before they go to the store; so after a crash each of them is
there once, or not at all, and the same command goes on with the days that are missing. Of a site with goals, whose
crossings are told by week, the days of a week go together.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from collector.log_files import STOPPED, LogError, Logs
from collector.pipeline import limits_of
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Batch, Ledger
from ingest.counters.rules import WEEK
from ingest.counters.segment import Lot
from ingest.hits.logs.calendar import Calendar
from ingest.hits.logs.intake import Intake, Means
from ingest.hits.logs.told import Passed
from ingest.site import Site
from ingest.store.held import held_days

if TYPE_CHECKING:
    from collector.app import Collector

_WAIT: Final = 600.0
_CELLS: Final = 30_000
"""Cells that are brought to the store at once: a write costs a disk some tenths of a second, however few they are."""

_TELL_EVERY: Final = 0.1
_YOUNG: Final = (100_000, 50, 1 << 30)
"""Of the collector of garbage: new objects before the first generation is looked at, rounds to the others."""

_SWITCH_AFTER: Final = 0.001
"""Seconds for which the thread that imports may hold up the one that answers."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported."""

    site: Site
    files: tuple[tuple[str, Path], ...]  # how each is called, and where it is
    form: str = ""  # to be recognised
    until: date = date.max
    dry_run: bool = False


class Imports:
    """The imports of one collector: one at a time, since two would not see each other's days."""

    def __init__(self) -> None:
        self._busy = asyncio.Lock()
        self._stopping = threading.Event()

    async def stop(self) -> None:
        """Have a running import end where it is, and wait for it."""
        self._stopping.set()
        async with self._busy:
            pass

    async def run(self, collector: Collector, order: Order, progress: Callable[[int], None]) -> dict[str, Any]:
        """Import a log and return what became of its lines. Raises LogError, StoreError."""
        if self._busy.locked():
            raise LogError("another import is running: wait until it is done")
        async with self._busy:
            held = set() if order.dry_run and collector.writer.away else await _held(collector, order.site)
            run = _Run(collector, order, held, self._stopping, asyncio.get_running_loop(), progress)
            working = asyncio.ensure_future(asyncio.to_thread(run.do))
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                run.cancelled.set()
                await asyncio.wait([working])
                raise


async def _held(collector: Collector, site: Site) -> set[date]:
    """Return the days of a site that the store has, or will have of what is in memory. Raises LogError, StoreError."""
    await asyncio.to_thread(collector.writer.wait, _WAIT)
    if collector.writer.away or len(collector.spool):
        raise LogError("the store does not answer, so nobody knows which days it has: try again when it does")
    in_memory = {day for day, _, _ in collector.ledger.unwritten(site.owner)}
    return in_memory | await asyncio.to_thread(held_days, collector.connection, site.id)


class _Run:
    """One import, in a thread of its own: files may be slow, and who answers visitors must not wait for them."""

    def __init__(
        self,
        collector: Collector,
        order: Order,
        held: set[date],
        stopping: threading.Event,
        loop: asyncio.AbstractEventLoop,
        progress: Callable[[int], None],
    ) -> None:
        self._collector = collector
        self._order = order
        self._held = held
        self._stopping = stopping
        self.cancelled = threading.Event()
        self._loop = loop
        self._progress = progress
        self._told = 0.0
        self._lots: list[Lot] = []

    def do(self) -> dict[str, Any]:
        """Count every line."""
        with ExitStack() as closing:
            closing.enter_context(_at_ease())
            logs = Logs.open(self._order.files, self._order.form, closing, self._is_stopped)
            intake = self._intake(logs)
            for file in logs.files:
                for lines in file.blocks():
                    for line in lines:
                        intake.take(line)
                    self._go_on(intake)
            intake.close()
            self._hand_over()
        return self._report(logs, intake)

    def _intake(self, logs: Logs) -> Intake:
        collector, site = self._collector, self._order.site
        settings, means, limits = collector.settings, collector.means, limits_of(collector.settings)
        now = collector.clock()
        month = settings.retention.keep.first_month("cells", datetime.fromtimestamp(now, UTC).date())
        calendar = Calendar(
            site.timezone, now, self._held, self._order.until, date(month // 100, month % 100, 1)
        )  # fmt: skip
        values = settings.limits.values_per_attribute
        ledger = Ledger(Unjournaled(), lambda batch: self._lots.append(batch.lot), itertools.count(1), values=values)
        ledger.renew([site])
        told = Means(
            means.countries,
            means.hosting,
            means.catalogue,
            means.attributes,
            per_minute=limits.per_minute,
            frequent=limits.frequent,
            truncate_first=settings.privacy.address == "truncate_first",
        )
        return Intake(site, logs.form, ledger, calendar, told)

    def _is_stopped(self) -> bool:
        return self._stopping.is_set() or self.cancelled.is_set()

    def _go_on(self, intake: Intake) -> None:
        """Hand over the days that closed, and say how far this has come."""
        if self._is_stopped():
            raise LogError(STOPPED)
        # What is told by week goes with the days of that week.
        is_whole = not self._order.site.goals or any(lot.span == WEEK for lot in self._lots)
        if is_whole and sum(len(lot.cells) for lot in self._lots) >= _CELLS:
            self._hand_over()
        if time.monotonic() - self._told > _TELL_EVERY:
            self._told = time.monotonic()
            self._loop.call_soon_threadsafe(self._progress, intake.lines)

    def _hand_over(self) -> None:
        """Bring the days that closed to the store, and wait until they are there. Raises LogError."""
        lots, self._lots = self._lots, []
        if self._order.dry_run or not lots:
            return
        submitted: Future[None] = asyncio.run_coroutine_threadsafe(self._submit(lots), self._loop)
        submitted.result()
        writer = self._collector.writer
        if not writer.wait(_WAIT) or writer.away:
            raise LogError(
                f"the store went away: {lots[-1].date} and the days before it are safe; give the import again later"
            )

    async def _submit(self, lots: list[Lot]) -> None:
        # On the thread that counts: batches go to the writer in the order of their numbers.
        sequence = next(self._collector.means.sequence)
        batch = Batch(sequence, lots[0], lambda: None, more=tuple(lots[1:]), spooled_first=True)
        self._collector.writer.submit(batch)

    def _report(self, logs: Logs, intake: Intake) -> dict[str, Any]:
        days = intake.days()
        held = intake.days(Passed.HELD)
        if held and not days:
            site = self._order.site.id
            raise LogError(f"nothing was imported: of {held[0]} to {held[-1]} the store has counts of {site} already")
        return {
            "site": self._order.site.id,
            "format": logs.form.name,
            "dry_run": self._order.dry_run,
            "lines": intake.lines,
            "pageviews": intake.views,
            "missing": intake.missing,
            "refused": {reason.value: count for reason, count in intake.refused.most_common()},
            "passed_over": {reason.value: count for reason, count in intake.passed.most_common()},
            "days": [day.isoformat() for day in days],
            "held": [day.isoformat() for day in held],
            "not_over": [day.isoformat() for day in intake.days(Passed.NOT_OVER)],
        }


@contextmanager
def _at_ease() -> Iterator[None]:
    """Look for cycles seldom, since an import makes none, and change threads often, for those who are served."""
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(*_YOUNG)
    sys.setswitchinterval(_SWITCH_AFTER)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*threshold)
