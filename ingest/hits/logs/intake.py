"""From the lines of a log to visits: the steps of a live hit, under the clock of the log.

What is remembered lives as long as its day: who a line's address and agent are (under a keyed digest of the two, never
under the address), and what a target names. Visits are folded into cells when some thousand lines have changed them,
since nobody watches an import live; so of exits only those count towards k that somebody left from at a fold.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ingest.boundary.consent import objects
from ingest.boundary.geo import Countries
from ingest.boundary.networks import Hosting
from ingest.counters.cells import Refusal
from ingest.counters.day import Day
from ingest.counters.ledger import Ledger
from ingest.hits.attributes import VisitAttribute
from ingest.hits.catalogue import Catalogue
from ingest.hits.hit import Arrival, Hit
from ingest.hits.logs.browsers import Browser, Browsers
from ingest.hits.logs.calendar import Calendar
from ingest.hits.logs.formats import Format
from ingest.hits.logs.moments import Moments
from ingest.hits.logs.targets import Target, Targets, Way
from ingest.hits.logs.told import LONGEST, Passed, Told
from ingest.hits.names import Names
from ingest.hits.steps import complete, walk
from ingest.hits.visits import IDLE, Visits
from ingest.rates import Rates
from ingest.site import Site

BEHIND: Final = 2 * 3600.0
"""Seconds that a line may be older than one before it: servers write a request down when it is done."""

_TICK: Final = 60.0
_FOLD_AFTER: Final = 2_000
_MISSING: Final = b"404"
_ANSWERED: Final = frozenset({b"200", b"304", _MISSING})


@dataclass(frozen=True, slots=True)
class Means:
    """What an intake asks: countries, lists, and the operator's limits."""

    countries: Countries
    hosting: Hosting
    catalogue: Catalogue
    attributes: tuple[VisitAttribute, ...]
    per_minute: int = 0
    frequent: int = 0
    truncate_first: bool = False


class Intake:
    """Counts the lines of one site's log."""

    def __init__(self, site: Site, form: Format, ledger: Ledger, calendar: Calendar, means: Means) -> None:
        """Take a ledger of the intake's own: its keys and days are nobody else's."""
        self._site = site
        self._read = form.read
        self._ledger = ledger
        self._calendar = calendar
        self._means = means
        self._visits = Visits(ledger, means.attributes)
        self._names = Names(means.catalogue)
        self._targets = Targets(site, self._names)
        self._browsers = Browsers(
            site,
            ledger,
            means.countries,
            means.hosting,
            truncate_first=means.truncate_first,
            has_agent=form.has_agent,
        )
        self._moments = Moments()
        self._rates = Rates()
        self._now = self._ticked = 0.0
        self._day: Day | None = None
        self._begin = self._end = 0.0
        self._closes: list[float] = []
        self._unfolded = 0
        self.lines = 0
        self.views = 0
        """Page views that were counted."""
        self.missing = 0
        """Missing pages that were counted."""
        self.passed: Counter[Passed] = Counter()
        self.refused: Counter[Refusal] = Counter()

    def take(self, line: bytes) -> None:
        """Count a line, or why it is not counted."""
        self.lines += 1
        passed = self._take(line)
        if passed is not None:
            self.passed[passed] += 1

    def close(self) -> None:
        """End every day: the log has ended."""
        self._forget(self._ledger.close_all())

    def days(self, passed: Passed | None = None) -> list[date]:
        """Return the days of the log that are counted, or those that are passed over for a reason."""
        return sorted(day for day, why in self._calendar.found.items() if why is passed)

    def _take(self, line: bytes) -> Passed | None:
        if len(line) > LONGEST:
            return Passed.TOO_LONG
        told = self._read(line)
        if told is None:
            return Passed.UNREADABLE
        if told.method != b"GET":
            return Passed.METHOD
        if told.status not in _ANSWERED:
            return Passed.STATUS
        target = self._targets.find(told)
        return self._take_page(told, target) if target is not None else Passed.ASSET

    def _take_page(self, told: Told, target: Target) -> Passed | None:
        if told.host and target.location.host not in self._site.hosts:
            return Passed.OTHER_HOST
        moment = self._moments.read(told.stamp)
        if moment is None:
            return Passed.WRONG_DATE
        passed = self._calendar.passed(moment)
        if passed is not None:
            return passed
        if moment < self._now - BEHIND:
            return Passed.OUT_OF_ORDER
        if told.headers and objects(list(told.headers)):
            return Passed.OBJECTED
        return self._count(told, target, self._move_to(moment))

    def _move_to(self, moment: float) -> Day:
        """Move the clock on, never back; close the days that it passes, and return the one that it is in."""
        now = self._now = max(self._now, moment)
        if now - self._ticked >= _TICK:
            self._ticked = now
            if self._closes and now >= self._closes[0]:
                self._forget(self._ledger.close_due(now))
                self._closes = [closing for closing in self._closes if closing > now]
        if self._unfolded >= _FOLD_AFTER:
            # Nothing is journaled here, so the ledger need not settle before a day closes.
            self._unfolded = 0
            self._visits.fold()
            self._visits.sweep(now)
        if self._day is None or not self._begin <= now < self._end:
            self._day = self._ledger.day(self._site, now)
            self._begin, self._end = self._calendar.bounds(self._day.date)
            self._closes.append(self._calendar.closing(self._day.date))
            self._targets.forget()
            self._browsers.turn()
        return self._day

    def _forget(self, closed: list[Day]) -> None:
        """Let go of the keys of days that closed, and of all that was remembered of their visitors."""
        for day in closed:
            self._browsers.forget(day)
            self._visits.forget(day)
        self._names.forget()

    def _count(self, told: Told, target: Target, day: Day) -> Passed | None:
        browser = self._browsers.find(told, day, self._names)
        is_missing = told.status == _MISSING
        if is_missing and self._now - browser.viewed >= IDLE:
            return Passed.STRAY
        way = self._targets.way(told, target, is_missing=is_missing)
        if way is None:
            return Passed.TOO_LONG
        self._unfolded += 1
        self._ledger.touch(day)
        refusal = self._visit(told, way, browser)
        if refusal is not None:
            day.refuse(refusal.value)
            self.refused[refusal] += 1
        elif is_missing:
            self.missing += 1
        else:
            browser.viewed = self._now
            self.views += 1
        return None

    def _visit(self, told: Told, way: Way, browser: Browser) -> Refusal | None:
        """Add a request to the visit of a browser, or return why one of the steps refuses it."""
        rate = 0 if browser.is_exit else self._rates.count(browser.presence.who.sender, self._now)
        means = self._means
        of_rate = 0 < means.per_minute < rate, 0 < means.frequent < rate
        if told.headers or of_rate[0]:
            # What a request tells of itself is asked between who came and what for: it takes every step itself.
            of_request = self._browsers.told(told, browser) if told.headers else browser.told
            return self._walk(way[0], (*of_request, *of_rate), browser)
        if browser.refusal is not None:
            return browser.refusal
        arrival, hit = way
        if isinstance(hit, Refusal):
            return hit

        def begin(hit: Hit) -> None:
            told = (*browser.told, *of_rate)
            hit.arrival = Arrival(arrival.site, arrival.submission, arrival.location, *told)

        return self._visits.take(hit, browser.presence, browser.before, self._now, begin)

    def _walk(self, arrival: Arrival, told: tuple[Any, ...], browser: Browser) -> Refusal | None:
        hit = walk(Arrival(arrival.site, arrival.submission, arrival.location, *told), self._names)
        if isinstance(hit, Refusal):
            return hit
        return self._visits.take(
            hit, browser.presence, browser.before, self._now, lambda begun: complete(begun, self._names)
        )
