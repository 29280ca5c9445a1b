"""Visits as they unfold, in memory, and the amounts that they come to.

A visit belongs to the day and hour in which it began, and what it does to that day and the hour in which it does it.
Each hit changes the visit; at the end of the loop's turn every changed visit is folded into cells once, whatever it
did in that turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from ingest.counters.cells import Attribute, Key, Metric, Pair, Refusal
from ingest.counters.disclosure import Who
from ingest.counters.ledger import Ledger
from ingest.counters.window import Day
from ingest.hits.attributes import VisitAttribute
from ingest.hits.hit import Hit, Kind
from ingest.hits.paths import Page

IDLE: Final = 30 * 60
"""Seconds without a hit after which a visit is over."""

ENGAGED: Final = 10
"""Engaged seconds from which on a visit of one page is no bounce."""

_WIDTH: Final = len(Metric)
_OF_PAGES: Final = (Metric.PAGEVIEWS, Metric.EVENTS, Metric.SCROLL, Metric.SCROLLS)
"""What counts in the hour in which it happens; the rest is about whole visits and counts where they began."""
_PAGE_PAIRS: Final = tuple(pair for pair in Pair if pair.attributes[0] is Attribute.PAGE)
_VISIT_PAIRS: Final = tuple(pair for pair in Pair if pair.attributes[0] is not Attribute.PAGE)


@dataclass(frozen=True, slots=True)
class Presence:
    """Who comes, for one day of one site: a digest of the browser, one of the sender, and the day they live."""

    visitor: bytes = field(repr=False)
    who: Who
    day: Day


@dataclass(slots=True)
class Tally:
    """Amounts of a visit, or of one page or event in it, since they were last folded."""

    cells: tuple[tuple[Key, bool, Key | None], ...]  # key, free, fallback
    amounts: list[int] = field(default_factory=lambda: [0] * _WIDTH)
    first: bool = True
    deepest: int = -1


@dataclass(slots=True)
class Visit:
    """One visit. Its page and event names live as long as it does, in memory."""

    visitor: bytes = field(repr=False)
    who: Who
    day: Day
    hour: int
    last: float
    values: dict[str, str]
    tally: Tally
    now: int  # the hour of its day that it has come to; 23 from midnight on
    told: float  # the moment up to which its engagement is told
    hours: dict[int, list[int]] = field(default_factory=dict)  # totals, by hour, since they were last folded
    pages: dict[str, Tally] = field(default_factory=dict)
    events: dict[str, Tally] = field(default_factory=dict)
    changed: list[Tally] = field(default_factory=list)  # since they were last folded; one may stand here twice
    entry: Tally | None = None
    views: int = 0
    seconds: int = 0
    bounces: bool = False
    acted: bool = False

    def count(self, metric: Metric, amount: int, *parts: Tally) -> None:
        """Add an amount to the visit, to parts of it, and to the totals of the hour that it belongs to."""
        hour = self.now if metric in _OF_PAGES else self.hour
        self.hours.setdefault(hour, [0] * _WIDTH)[metric] += amount
        self.tally.amounts[metric] += amount
        for part in parts:
            part.amounts[metric] += amount
            self.changed.append(part)


class Visits:
    """The open visits of every site."""

    def __init__(self, ledger: Ledger, attributes: Iterable[VisitAttribute]) -> None:
        self._ledger = ledger
        self._attributes = tuple(attributes)
        self._open: dict[str, dict[bytes, Visit]] = {}
        self._seen: dict[int, set[int]] = {}
        self._changed: dict[int, Visit] = {}
        ledger.on_settle(self.fold)

    def __len__(self) -> int:
        return sum(len(visits) for visits in self._open.values())

    def take(self, hit: Hit, today: Presence, before: Presence | None, now: float) -> Refusal | None:
        """Add a hit to its visit, beginning one if need be.

        `before` is who they were on a day that has not closed yet: a visit goes on past midnight. Engagement
        begins no visit: when its visit is gone, it is refused as late.
        """
        visits = self._open.setdefault(hit.arrival.site.id, {})
        visit = self._running(visits, before, now) or self._running(visits, today, now)
        if visit is None:
            if hit.kind is Kind.ENGAGEMENT:
                return Refusal.LATE
            visit = visits[today.visitor] = self._begin(hit, today, now)
        elif hit.kind is Kind.ENGAGEMENT and hit.page.name not in visit.pages:
            return Refusal.LATE
        visit.last = max(visit.last, now)
        visit.now = _hour_of(visit.day, now, hit.arrival.site.timezone)
        self._changed[id(visit)] = visit
        if hit.is_heartbeat:
            hit.seconds = round(max(now - visit.told, 0))
        if hit.kind is not Kind.EVENT:
            visit.told = now
        if hit.kind is Kind.PAGEVIEW:
            self._view(visit, hit)
        elif hit.kind is Kind.EVENT:
            self._act(visit, hit)
        else:
            self._engage(visit, visit.pages[hit.page.name], hit)
        return None

    @staticmethod
    def _running(visits: dict[bytes, Visit], presence: Presence | None, now: float) -> Visit | None:
        visit = visits.get(presence.visitor) if presence is not None else None
        if visit is None or visit.day.closed or now - visit.last >= IDLE:
            return None
        return visit

    def _begin(self, hit: Hit, presence: Presence, now: float) -> Visit:
        day, site = presence.day, hit.arrival.site
        cells: list[tuple[Key, bool, Key | None]] = []
        values: dict[str, str] = {}
        for attribute in self._attributes:
            value = attribute.value(hit)
            name = attribute.breakdown.name
            values[name] = value
            cells.append(((name, value), attribute.is_free(value, site), None))
        cells += [
            ((pair.value, *(values[side.value] for side in pair.attributes)), False, None) for pair in _VISIT_PAIRS
        ]
        hour = _hour_of(day, now, site.timezone)
        visit = Visit(presence.visitor, presence.who, day, hour, now, values, Tally(tuple(cells)), hour, now)
        visit.count(Metric.VISITS, 1)
        day.begin(presence.visitor)
        return visit

    def _view(self, visit: Visit, hit: Hit) -> None:
        page = self._page(visit, hit.page)
        if visit.entry is None:
            visit.entry = page
        visit.views += 1
        visit.count(Metric.PAGEVIEWS, 1, page)
        self._judge(visit)

    def _act(self, visit: Visit, hit: Hit) -> None:
        event = visit.events.get(hit.event)
        if event is None:
            key = (Attribute.EVENT.value, hit.event)
            event = visit.events[hit.event] = Tally(((key, hit.event in hit.arrival.site.events, None),))
            event.amounts[Metric.VISITS] = 1
        page = visit.pages.get(hit.page.name)
        visit.count(Metric.EVENTS, 1, event, *([page] if page is not None else []))
        visit.acted = visit.acted or hit.interactive
        self._judge(visit)

    def _engage(self, visit: Visit, page: Tally, hit: Hit) -> None:
        visit.seconds += hit.seconds
        visit.count(Metric.SECONDS, hit.seconds, page)
        if hit.scroll is not None and hit.scroll > page.deepest:
            visit.count(Metric.SCROLL, hit.scroll - max(page.deepest, 0), page)
            visit.count(Metric.SCROLLS, int(page.deepest < 0), page)
            page.deepest = hit.scroll
        self._judge(visit)

    @staticmethod
    def _judge(visit: Visit) -> None:
        """Add or take back the bounce: one page view, no event, under ten engaged seconds."""
        bounces = visit.views == 1 and not visit.acted and visit.seconds < ENGAGED
        if bounces != visit.bounces:
            visit.bounces = bounces
            visit.count(Metric.BOUNCES, 1 if bounces else -1, *([visit.entry] if visit.entry is not None else []))

    @staticmethod
    def _page(visit: Visit, page: Page) -> Tally:
        tally = visit.pages.get(page.name)
        if tally is None:
            cells: list[tuple[Key, bool, Key | None]] = [((Attribute.PAGE.value, page.name), page.free, page.fallback)]
            cells += [
                ((pair.value, page.name, visit.values[pair.attributes[1].value]), False, None) for pair in _PAGE_PAIRS
            ]
            tally = visit.pages[page.name] = Tally(tuple(cells))
            tally.amounts[Metric.VISITS] = 1
        return tally

    def fold(self) -> None:
        """Add what changed since the last fold to the cells of each visit's day."""
        changed, self._changed = self._changed, {}
        for visit in changed.values():
            if not visit.day.closed:
                self._ledger.touch(visit.day)
                self._fold_visit(visit)

    def _fold_visit(self, visit: Visit) -> None:
        seen = self._seen.setdefault(id(visit.day), set())
        if visit.tally.first and _is_first(seen, visit.visitor, ()):
            visit.hours[visit.hour][Metric.VISITORS] = 1
        for hour, amounts in visit.hours.items():
            if any(amounts):
                visit.day.total(hour, amounts)
        visit.hours = {}
        changed, visit.changed = visit.changed, []
        for part in (visit.tally, *changed):
            if any(part.amounts):
                self._fold_tally(visit, part, seen)

    @staticmethod
    def _fold_tally(visit: Visit, tally: Tally, seen: set[int]) -> None:
        for key, free, fallback in tally.cells:
            amounts = tally.amounts.copy()
            amounts[Metric.VISITORS] = int(tally.first and _is_first(seen, visit.visitor, key))
            visit.day.add(key, amounts, visit.who, free=free, fallback=fallback)
        tally.first = False
        tally.amounts = [0] * _WIDTH

    def sweep(self, now: float) -> None:
        """Let go of visits that are over."""
        for site, visits in self._open.items():
            over = [key for key, visit in visits.items() if visit.day.closed or now - visit.last >= IDLE]
            for key in over:
                if id(visits[key]) not in self._changed:
                    del self._open[site][key]

    def forget(self, day: Day) -> None:
        """Let go of who has been seen on a day that closed."""
        self._seen.pop(id(day), None)


def _hour_of(day: Day, now: float, timezone: tzinfo) -> int:
    """Return the local hour of a moment, or the last one of a day that it is past, or the first one of a day ahead.

    A visit goes on past midnight; and when the clock jumps back, the newest day stays.
    """
    moment = datetime.fromtimestamp(now, timezone)
    if moment.date() == day.date:
        return moment.hour
    return 23 if moment.date() > day.date else 0


def _is_first(seen: set[int], visitor: bytes, key: Key) -> bool:
    """Return whether this browser has this key for the first time today, and remember it.

    Python's tuple hash is 64 bits wide and keyed afresh in every process: a million pairs share a value once in
    ten million days.
    """
    mark = hash((visitor, key))
    if mark in seen:
        return False
    seen.add(mark)
    return True
