"""The way in under one clock: airlock, endpoints, visits and ledger, joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from starlette.types import ASGIApp

from collector.front import Front
from collector.settings import Settings, read_size
from ingest.app import Apps
from ingest.boundary.airlock import Airlock
from ingest.boundary.geo import Countries
from ingest.boundary.proxies import TrustedProxies
from ingest.boundary.visitor import DayKeys
from ingest.counters.journal import Journal, Unjournaled
from ingest.counters.ledger import Batch, Ledger
from ingest.counters.window import Day
from ingest.crashes.encoding import Limits as CrashLimits
from ingest.crashes.endpoint import CrashEndpoint
from ingest.crashes.phrases import shipped
from ingest.crashes.reading import CrashReading, IsAllowed
from ingest.crashes.strings import ReleaseStrings, no_strings
from ingest.crashes.tally import Tally
from ingest.crashes.watch import Watch
from ingest.hits.agents import Agents
from ingest.hits.attributes import VisitAttribute
from ingest.hits.endpoint import HitEndpoint, HitLimits
from ingest.hits.paths import Paths
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
    attributes: tuple[VisitAttribute, ...]
    ship: Callable[[Batch], None]
    is_full: Callable[[], bool]
    sequence: Iterator[int]
    strings: ReleaseStrings = field(default_factory=no_strings)
    regrouped: date | None = None  # the day on which the present algorithm of grouping began here
    may_preview: IsAllowed = _nobody

    def ledger(self, journal: Journal | Unjournaled) -> Ledger:
        """Build a ledger whose batches are numbered in one row with those of every other."""
        values = self.settings.limits.values_per_attribute
        ledger = Ledger(journal, self.ship, self.sequence, values=values, is_full=self.is_full)
        ledger.renew([*self.sites, *self.apps])
        return ledger


class Pipeline:
    """One clock, one set of keys, one ledger. The live one journals; a replay has its own, which does not."""

    def __init__(
        self, means: Means, ledger: Ledger, clock: Callable[[], float], pages: ASGIApp, watch: Watch | None = None
    ) -> None:
        """Take `pages`, which answers whatever is no submission, and where crashes wait for k, if others look there."""
        settings = means.settings
        self._clock = clock
        self.keys = DayKeys()
        self.agents = Agents()
        self.paths = Paths()
        self.ledger = ledger
        self.visits = Visits(self.ledger, means.attributes)
        hits = HitEndpoint(
            means.sites,
            self.ledger,
            self.visits,
            keys=self.keys,
            countries=means.countries,
            agents=self.agents,
            paths=self.paths,
            clock=clock,
            limits=HitLimits(read_size(settings.limits.body), settings.limits.per_sender),
        )
        envelope = read_size(settings.limits.envelope)
        limits = CrashLimits(envelope, envelope)
        tally = Tally(shipped(), means.strings, watch, means.regrouped)
        crashes = CrashEndpoint(means.apps, self.ledger, self.keys, clock, limits, tally)
        reading = CrashReading(means.apps, tally, limits, means.may_preview)
        self.app: ASGIApp = Airlock(
            Front(settings.server.event_path, hits, crashes, reading, pages),
            TrustedProxies(settings.server.trusted_proxies),
            truncate_first=settings.privacy.address == "truncate_first",
        )
        self._flushed = self._swept = clock()

    def tick(self, *, eager: bool = True) -> None:
        """Do what time asks for: close days, write what is ripe, let go of visits that are over.

        A replay is not eager: what its profile holds nothing back for is written as its day closes, since nobody
        watches a replay live.
        """
        now = self._clock()
        self.forget(self.ledger.close_due(now))
        if _is_due(now, self._flushed, FLUSH_EVERY):
            self._flushed = now
            self.ledger.flush(eager=eager)
        if _is_due(now, self._swept, SWEEP_EVERY):
            self._swept = now
            self.visits.sweep(now)

    def forget(self, closed: list[Day]) -> None:
        """Let go of the keys of days that closed, and of all that was remembered of their visitors."""
        for day in closed:
            self.keys.drop(day.owner, day.date)
            self.visits.forget(day)
        if closed:
            self.agents.forget()
            self.paths.forget()


def _is_due(now: float, last: float, every: float) -> bool:
    """Tell whether something is to be done again: also when the clock has jumped back, and the last time is ahead."""
    return not 0 <= now - last < every
