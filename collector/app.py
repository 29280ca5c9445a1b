"""Everything that a running Logless is made of, built once and closed once."""

from __future__ import annotations

import asyncio
import gc
import itertools
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import dashboards.app
from collector.account import Reporter
from collector.alerts import watch
from collector.diagnostics import LiveDiagnostics
from collector.doctor import glance
from collector.errors import Watched, reported
from collector.handover import Handover
from collector.hit_protocol import HitProtocol
from collector.imports import Imports
from collector.live import LiveWindow
from collector.operations import Health, operations
from collector.pipeline import Means, Pipeline
from collector.replay import Line, ReplayClock, replay
from collector.runtime import runtime_folder
from collector.settings import Settings, read_settings
from collector.snippet import snippet
from collector.values import read_size
from dashboards.desk import AlertMeans
from dashboards.hosts import Hosts
from dashboards.vitals import Finding
from dashboards.way_in import WayIn
from ingest.app import App, Apps
from ingest.boundary.geo import Countries
from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import UNFOLDING, Breakdown
from ingest.counters.journal import Journal, Unjournaled
from ingest.crashes.grouping import ALGORITHM
from ingest.crashes.strings import ReleaseStrings
from ingest.crashes.tally import CHANGEOVER
from ingest.crashes.watch import Watch
from ingest.hits.attributes import visit_attributes
from ingest.hits.catalogue import Catalogue
from ingest.hits.recent import Recent
from ingest.site import Site, Sites
from ingest.store.client import Connector, StoreBusyError, Target
from ingest.store.control.actions import drop_actions
from ingest.store.control.database import Control
from ingest.store.control.shares import drop_ended
from ingest.store.control.strings import list_strings, releases_with_strings
from ingest.store.control.successions import begin_grouping, end_changeover
from ingest.store.control.tokens import find_token
from ingest.store.migrations import migrate
from ingest.store.reader import Reader
from ingest.store.retention import drop_old
from ingest.store.spool import Spool
from ingest.store.writer import Writer

_TICK: Final = 0.25
_RETAIN_EVERY: Final = 6 * 3600.0
_WAIT_FOR_STORE: Final = 5.0
_LAST_SETTLED: Final = timedelta(days=7)
"""After a change-over of the grouping, what its last reports tell is settled by then."""


def open_control(settings: Settings) -> Control:
    """Open the control database. Raises ControlError."""
    return Control.open(settings.control.url or f"sqlite:///{settings.control_path}")


class Collector:
    """An open Logless: store, journal, pipeline and pages. Use as an asynchronous context."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        handed_over: Handover | None = None,
    ) -> None:
        """Take the configuration, where it was read from, and what the process before knows in a planned restart.

        Nothing is opened yet.
        """
        self.path = path
        self.handed_over = handed_over
        self.hands_over = False
        self.settings = settings
        self.clock = clock
        self.runtime = runtime_folder(settings)
        self.sites = Sites()
        self.apps = Apps()
        self.notices: list[str] = []
        self._configure(settings)
        self._closing = AsyncExitStack()
        self.imports = Imports()
        self._retained = 0.0
        self.retained: date | None = None
        self.dropped = 0

    def _configure(self, settings: Settings) -> None:
        self.sites.replace(section.site() for section in settings.site)
        self.apps.replace(section.app() for section in settings.app)

    @property
    def owners(self) -> list[Site | App]:
        """Every configured site and app."""
        return [*self.sites, *self.apps]

    async def __aenter__(self) -> Self:
        """Open everything. Raises StoreBusyError, StoreError, ControlError, CountriesError."""
        try:
            await self._open()
        except BaseException:
            await self._closing.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Settle and write what may be written, and close everything; the journal stays for the next start."""
        await self.imports.stop()
        await self._closing.aclose()

    async def _open(self) -> None:
        settings, closing = self.settings, self._closing
        self.control = open_control(settings)
        closing.callback(self.control.close)
        self.countries = Countries.open(settings.countries_path)
        closing.callback(self.countries.close)
        self.connector = Connector(
            Target.read(settings.store.url), memory=read_size(settings.store.memory), scratch=self._scratch()
        )
        closing.callback(self.connector.release)
        await asyncio.to_thread(self._prepare)
        self.connection = self.connector.connect()
        closing.callback(self.connection.close)
        await asyncio.to_thread(migrate, self.connection)
        self.reader = Reader(self.connector)
        closing.callback(self.reader.close)
        self.spool = Spool(settings.spool_path, read_size(settings.store.spool))
        loop = asyncio.get_running_loop()

        def deliver(arrive: Callable[[], None]) -> None:
            loop.call_soon_threadsafe(arrive)

        self.writer = Writer(self.connector, self.spool, settings.store.node, deliver=deliver)
        self.journal = Journal(self.runtime / "journal")
        newest = max(await asyncio.to_thread(self.writer.newest_sequence), self.journal.newest_sequence())
        self.watch = Watch(settings.limits.values_per_attribute)
        self.strings = ReleaseStrings(partial(list_strings, self.control), releases_with_strings(self.control))
        self.means = Means(
            hosting=settings.privacy.hosting_ranges(),
            settings=settings,
            sites=self.sites,
            apps=self.apps,
            countries=self.countries,
            catalogue=Catalogue.open(self.settings.sources.spam_path),
            attributes=visit_attributes(),
            ship=self.writer.submit,
            is_full=lambda: self.writer.full,
            sequence=itertools.count(newest + 1),
            strings=self.strings,
            regrouped=self._regrouped(),
            may_preview=self._may_preview,
        )
        self.ledger = self.means.ledger(self.journal)
        handed, self.handed_over = self.handed_over, None
        for batch in self.ledger.recall(self.owners, handed.days if handed is not None else None):
            self.writer.submit(batch)
        self.live = LiveWindow(self.ledger, self.writer, self.watch, self._present)
        self.alerts = watch(
            settings, self.apps, self.sites, self._breakdowns, self.reader, self.live, self.control, self.clock
        )
        setups, recent = self.means.setups(), Recent()
        pages = self._pages(LiveDiagnostics(setups, recent, self.clock))
        self.pipeline = Pipeline(
            self.means, self.ledger, self.clock, pages, setups=setups, recent=recent, watch=self.watch
        )
        if handed is not None:
            self.pipeline.take_over(handed.keys, handed.visits, handed.heard, handed.watched)
        self.app = Watched(self.pipeline.app) if settings.errors.dsn else self.pipeline.app
        self.writer.start()
        closing.push_async_callback(self._settle)

    def protocol(self) -> Callable[..., HitProtocol]:
        """Return what the server makes a protocol of for each connection."""
        take = reported(self.pipeline.answer) if self.settings.errors.dsn else self.pipeline.answer
        return partial(HitProtocol, take=take, when_settled=self.ledger.when_settled)

    def _regrouped(self) -> date:
        """Return the day on which this installation first grouped crashes by the present algorithm."""
        today = datetime.fromtimestamp(self.clock(), UTC).date()
        has_groups = bool(self.connection.rows("SELECT group FROM crash_groups WHERE node = '' LIMIT 1"))
        return begin_grouping(self.control, ALGORITHM, today, has_groups=has_groups)

    async def _may_preview(self, secret: str, app: int) -> bool:
        token = await asyncio.to_thread(find_token, self.control, secret)
        return token is not None and token.scope == "preview" and token.covers_app(app)

    def _scratch(self) -> Path:
        """Return an empty folder in memory for the engine's temporary files."""
        scratch = self.runtime / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        return scratch

    def _prepare(self) -> None:
        until = time.monotonic() + _WAIT_FOR_STORE
        while True:
            try:
                return self.connector.prepare()
            except StoreBusyError:
                # A server that is being replaced may be just about to let go of it.
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    @property
    def _breakdowns(self) -> tuple[Breakdown, ...]:
        return (*UNFOLDING, *(attribute.breakdown for attribute in self.means.attributes))

    def _present(self, site: str) -> tuple[int, int]:
        return self.pipeline.visits.present(site, self.clock())

    def _pages(self, diagnostics: LiveDiagnostics) -> Any:
        health = Health(self.ledger, self.writer, self.spool, self.journal)
        app = dashboards.app.build(
            sites=self.sites,
            apps=self.apps,
            reader=self.reader,
            control=self.control,
            live=self.live,
            clock=self.clock,
            way_in=self._way_in(),
            diagnostics=diagnostics,
            hosts=Hosts(source=self._source_of, is_spam=self.means.catalogue.is_spam),
            snippet=self._snippet,
            identifies=lambda text: str(find_identifier(text) or ""),
            breakdowns=self._breakdowns,
            vitals=lambda: health.vitals(self.retained, self.dropped, self._findings()),
            notices=lambda: self.notices,
            account=Reporter(self.means, self.clock).account,
            means=AlertMeans(bool(self.settings.mail.host), self.settings.alerts.private_targets),
        )
        return operations(self.settings, health, app)

    def _findings(self) -> list[Finding]:
        """Look at the machine and the configuration as `logless doctor` does, but for what would take seconds."""
        found = glance(self.settings)
        return [Finding(one["check"], one["ok"], one["warning"], one["found"]) for one in found]

    def _source_of(self, host: str) -> str:
        """Return the name that a referring host goes by."""
        known = self.means.catalogue.host(host)
        return known.name if known is not None else host

    def _snippet(self, site: str) -> str:
        """Return the tag of a configured site."""
        return next(snippet(self.settings.server, each) for each in self.sites if each.id == site)

    def _way_in(self) -> WayIn:
        server = self.settings.server
        return WayIn(server.url, server.beacon_path, server.event_path, server.pixel_path)

    async def _settle(self) -> None:
        self.ledger.flush()
        await asyncio.to_thread(self.writer.stop)
        # What the writer delivered is still on its way through the loop.
        await asyncio.sleep(0)
        if self.hands_over:
            self.ledger.settle()
            self.handed_over = Handover.of(self.pipeline)
        self.ledger.close()

    async def run_clock(self) -> None:
        """Do what time asks for, until cancelled. Alerts have a turn of their own: mail servers take their time."""
        async with asyncio.TaskGroup() as beside:
            beside.create_task(self.alerts.run())
            await self._run_pipeline()

    async def _run_pipeline(self) -> None:
        while True:
            if self.pipeline.tick():
                # What a day leaves behind in circles is let go of now: see `server`.
                gc.collect()
            # Also when the clock has jumped back, and the last time is ahead.
            if not 0 <= self.clock() - self._retained < _RETAIN_EVERY:
                self._retained = self.clock()
                await self.retain()
            await asyncio.sleep(_TICK)

    async def retain(self) -> list[str]:
        """Drop what is past its time, and return the names of the partitions. Raises StoreError."""
        now = self.clock()
        today = datetime.fromtimestamp(now, UTC).date()
        for drop in (drop_actions, drop_ended):
            await asyncio.to_thread(drop, self.control, now)
        await asyncio.to_thread(end_changeover, self.control, today - CHANGEOVER - _LAST_SETTLED)
        dropped = await asyncio.to_thread(drop_old, self.connection, self.settings.retention.keep, today)
        self.retained, self.dropped = today, len(dropped)
        return dropped

    async def replay(
        self, lines: Iterable[Line], until: datetime | None, progress: Callable[[int], None]
    ) -> dict[str, int]:
        """Feed timed submissions through a pipeline of their own and return how often each status was answered."""
        clock = ReplayClock()
        pipeline = Pipeline(self.means, self.means.ledger(Unjournaled()), clock, operations(self.settings, None, None))
        answers = await replay(lines, pipeline, clock, until=until, progress=progress)
        await asyncio.to_thread(self.writer.wait, 600.0)
        return {str(status): count for status, count in sorted(answers.items())}

    def reload(self) -> None:
        """Read the configuration again and take its sites and apps. Raises SettingsError; nothing changes then."""
        settings = read_settings(self.path)
        self._configure(settings)
        self.ledger.renew(self.owners)
