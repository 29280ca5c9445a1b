"""The way in under one clock: airlock, endpoints, visits and ledger, joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from starlette.types import ASGIApp, Scope

from collector.front import Front
from collector.settings import Settings
from collector.values import read_size
from ingest.app import Apps
from ingest.boundary.airlock import Airlock
from ingest.boundary.geo import Countries
from ingest.boundary.networks import Hosting
from ingest.boundary.proxies import TrustedProxies
from ingest.boundary.visitor import DayKeys
from ingest.counters.day import Day
from ingest.counters.journal import Journal, Unjournaled
from ingest.counters.ledger import Batch, Ledger
from ingest.crashes.encoding import Limits as CrashLimits
from ingest.crashes.endpoint import CrashEndpoint
from ingest.crashes.phrases import shipped
from ingest.crashes.reading import CrashReading, IsAllowed
from ingest.crashes.runs import Heard
from ingest.crashes.strings import ReleaseStrings, no_strings
from ingest.crashes.tally import Tally
from ingest.crashes.watch import Underway, Watch
from ingest.hits.agents import Agents
from ingest.hits.answers import Answer
from ingest.hits.attributes import VisitAttribute
from ingest.hits.catalogue import Catalogue
from ingest.hits.endpoint import HitEndpoint, HitLimits
from ingest.hits.handover import Handover as VisitsHandover
from ingest.hits.matomo.endpoint import PATHS, MatomoEndpoint
from ingest.hits.names import Names
from ingest.hits.pixel import PixelEndpoint
from ingest.hits.recent import Recent
from ingest.hits.rehearsal import Rehearsal
from ingest.hits.setups import Setups
from ingest.hits.traffic import HIGH_RATE
from ingest.hits.visits import Visits
from ingest.site import Sites

FLUSH_EVERY: Final = 2.0
SWEEP_EVERY: Final = 60.0


async def _nobody(_token: str, _app: int) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Means:
    """What every pipeline of this process shares."""

    settings: Settings
    sites: Sites
    apps: Apps
    countries: Countries
    catalogue: Catalogue
    attributes: tuple[VisitAttribute, ...]
    ship: Callable[[Batch], None]
    is_full: Callable[[], bool]
    sequence: Iterator[int]
    hosting: Hosting = field(default_factory=Hosting)
    strings: ReleaseStrings = field(default_factory=no_strings)
    regrouped: date | None = None  # the day on which the present algorithm of grouping began here
    may_preview: IsAllowed = _nobody

    def ledger(self, journal: Journal | Unjournaled) -> Ledger:
        """Build a ledger whose batches are numbered in one row with those of every other."""
        values = self.settings.limits.values_per_attribute
        ledger = Ledger(journal, self.ship, self.sequence, values=values, is_full=self.is_full)
        ledger.renew([*self.sites, *self.apps])
        return ledger

    def setups(self) -> Setups:
        """Begin to take tests of members."""
        return Setups(lambda: Rehearsal(self.attributes, Names(self.catalogue)))


class Pipeline:
    """One clock, one set of keys, one ledger. The live one journals; a replay has its own, which does not."""

    def __init__(
        self,
        means: Means,
        ledger: Ledger,
        clock: Callable[[], float],
        pages: ASGIApp,
        *,
        setups: Setups | None = None,
        recent: Recent | None = None,
        watch: Watch | None = None,
    ) -> None:
        """Take `pages`, which answers whatever is no submission, and what pages show of submissions as they come.

        `watch` is where values of crashes wait for k.
        """
        settings = means.settings
        self._clock = clock
        self.keys = DayKeys()
        self.agents = Agents()
        self.names = Names(means.catalogue)
        self.ledger = ledger
        self.visits = Visits(self.ledger, means.attributes)
        self.setups = setups or means.setups()
        self.recent = recent or Recent()
        hits = HitEndpoint(
            means.sites,
            self.ledger,
            self.visits,
            keys=self.keys,
            countries=means.countries,
            agents=self.agents,
            names=self.names,
            setups=self.setups,
            recent=self.recent,
            clock=clock,
            limits=limits_of(settings),
            hosting=means.hosting,
        )
        body = read_size(settings.limits.body)
        matomo = MatomoEndpoint(hits, means.sites, self.ledger, clock, body)
        pixel = PixelEndpoint(hits, means.sites, self.ledger, clock, body)
        doors: dict[str, ASGIApp] = {
            **dict.fromkeys(PATHS, matomo),
            settings.server.pixel_path: pixel,
            settings.server.event_path: hits,
        }
        limits = crash_limits(settings)
        tally = Tally(shipped(), means.strings, watch, means.regrouped)
        self.watch = tally.watch
        self.crashes = CrashEndpoint(means.apps, self.ledger, self.keys, clock, limits, tally)
        reading = CrashReading(means.apps, tally, limits, means.may_preview)
        self._event_path = settings.server.event_path
        self._hits = hits
        self._airlock = Airlock(
            Front(doors, self.crashes, reading, pages),
            TrustedProxies(settings.server.trusted_proxies),
            truncate_first=settings.privacy.address == "truncate_first",
        )
        self.app: ASGIApp = self._airlock
        self._flushed = self._swept = clock()

    def answer(self, scope: Scope, body: bytes) -> Answer | None:
        """Take a whole hit, as `app` does, without waiting; None for everything else, which is left as it is.

        What is returned may be sent once the ledger has settled.
        """
        if scope["path"] != self._event_path or scope["method"] != "POST":
            return None
        self._airlock.enter(scope)
        return self._hits.answer(scope, body)

    def take_over(
        self,
        keys: Iterable[tuple[str, int, bytes]],
        visits: VisitsHandover,
        heard: Iterable[Heard],
        watched: Iterable[Underway],
    ) -> None:
        """Go on where the pipeline of the process before has stopped, once the ledger has been recalled."""
        self.keys.take_over(keys)
        self.visits.take_over(visits)
        self.crashes.runs.take_over(heard)
        self.watch.take_over(watched)

    def tick(self, *, eager: bool = True) -> list[Day]:
        """Do what time asks for: close days, which are returned, write what is ripe, let go of visits that are over.

        A replay is not eager: what its profile holds nothing back for is written as its day closes, since nobody
        watches a replay live.
        """
        now = self._clock()
        closed = self.ledger.close_due(now)
        self.forget(closed)
        if _is_due(now, self._flushed, FLUSH_EVERY):
            self._flushed = now
            self.ledger.flush(eager=eager)
        if _is_due(now, self._swept, SWEEP_EVERY):
            self._swept = now
            self.visits.sweep(now)
        return closed

    def forget(self, closed: list[Day]) -> None:
        """Let go of the keys of days that closed, and of all that was remembered of their visitors."""
        for day in closed:
            self.keys.drop(day.owner, day.date)
            self.visits.forget(day)
            self.recent.forget(day.owner)
            self.crashes.forget(day)
        if closed:
            self.agents.forget()
            self.names.forget()


def crash_limits(settings: Settings) -> CrashLimits:
    """Return the limits of crash reports."""
    envelope = read_size(settings.limits.envelope)
    return CrashLimits(envelope, envelope, settings.limits.per_sender, read_size(settings.limits.minidump))


def limits_of(settings: Settings) -> HitLimits:
    """Return the limits of hits. Of addresses that were truncated first, thousands of people are one sender."""
    frequent = 0 if settings.privacy.address == "truncate_first" else HIGH_RATE
    return HitLimits(read_size(settings.limits.body), settings.limits.per_sender, frequent)


def _is_due(now: float, last: float, every: float) -> bool:
    """Tell whether something is to be done again: also when the clock has jumped back, and the last time is ahead."""
    return not 0 <= now - last < every
