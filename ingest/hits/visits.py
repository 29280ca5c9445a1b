"""The open visits of every site, and how a hit changes one.

A visit belongs to the day and hour in which it began, and what it does to that day and the hour in which it does it.
Each hit changes the visit; at the end of the loop's turn every changed visit is folded into cells once, whatever it
did in that turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from typing import Final

from ingest.counters.amounts import lane
from ingest.counters.cells import FUNNEL, OF_EVENTS, RARE, Attribute, Metric, Pair, Refusal
from ingest.counters.firsts import Firsts
from ingest.counters.ledger import Ledger
from ingest.counters.window import Day
from ingest.hits.attributes import VisitAttribute
from ingest.hits.handover import Counted, Handover, Underway
from ingest.hits.hit import Hit, Kind
from ingest.hits.paths import Page
from ingest.hits.visit import Cell, Presence, Tally, Visit
from ingest.site import Site

IDLE: Final = 30 * 60
"""Seconds without a hit after which a visit is over."""

JUST_NOW: Final = 5 * 60
"""Seconds without a hit for which a visit is said to be here just now."""

ENGAGED: Final = 10
"""Engaged seconds from which on a visit of one page is no bounce."""

_VISITOR: Final = lane(Metric.VISITORS)

_Crossing = tuple[str, str, str]
"""A pair and its two sides, as plain strings: they are joined for every visit."""

_CROSSINGS: Final = tuple((pair.value, pair.attributes[0].value, pair.attributes[1].value) for pair in Pair)
_OF_PAGES: Final = tuple(crossing for crossing in _CROSSINGS if crossing[1] == Attribute.PAGE)
_OF_GOALS: Final = tuple(crossing for crossing in _CROSSINGS if crossing[1] == Attribute.GOAL)
_OF_VISITS: Final = tuple(crossing for crossing in _CROSSINGS if crossing not in {*_OF_PAGES, *_OF_GOALS})


class Visits:
    """The open visits of every site."""

    def __init__(self, ledger: Ledger, attributes: Iterable[VisitAttribute]) -> None:
        self._ledger = ledger
        self._attributes = tuple(attributes)
        self._open: dict[str, dict[bytes, Visit]] = {}
        self._firsts: dict[tuple[str, date], Firsts] = {}
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
        elif hit.kind is Kind.ENGAGEMENT and visit.page(hit.page.name) is None:
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
            self._engage(visit, hit)
        return None

    @staticmethod
    def _running(visits: dict[bytes, Visit], presence: Presence | None, now: float) -> Visit | None:
        visit = visits.get(presence.visitor) if presence is not None else None
        if visit is None or visit.day.closed or now - visit.last >= IDLE:
            return None
        return visit

    def _begin(self, hit: Hit, presence: Presence, now: float) -> Visit:
        cells = [attribute.cell(hit) for attribute in self._attributes]
        values = {cell.key[0]: cell.key[1] for cell in cells}
        cells += _crossed(_OF_VISITS, values)
        hour = _hour_of(presence.day, now, hit.arrival.site.timezone)
        tally = Tally(tuple(cells))
        visit = Visit(presence.visitor, presence.who, presence.day, hour, now, values, tally, hour, now)
        visit.count(Metric.VISITS, 1)
        presence.day.begin(presence.visitor)
        if hit.arrival.site.goals:
            self._ledger.week(presence.day).begin(presence.visitor)
        return visit

    def _view(self, visit: Visit, hit: Hit) -> None:
        page = hit.page
        tally = visit.page(page.name) or visit.open_page(page.name, _cells_of(page, visit.values))
        visit.entry = visit.entry or page.name
        shape = (Attribute.EXIT.value, page.fallback[1]) if page.fallback is not None else None
        visit.exit = Cell((Attribute.EXIT.value, page.name), page.free, shape)
        visit.views += 1
        visit.count(Metric.PAGEVIEWS, 1, tally)
        self._reach(visit, hit)
        self._judge(visit)

    def _act(self, visit: Visit, hit: Hit) -> None:
        site = hit.arrival.site
        parts = [visit.part(Cell((Attribute.EVENT.value, hit.event), _is_free_event(hit.event, site)))]
        parts += [visit.part(Cell((detail.attribute, detail.value), detail.free)) for detail in hit.details]
        page = visit.page(hit.page.name)
        visit.count(Metric.EVENTS, 1, *parts, *([page] if page is not None else []))
        visit.acted = visit.acted or hit.interactive
        self._reach(visit, hit)
        self._judge(visit)

    @staticmethod
    def _engage(visit: Visit, hit: Hit) -> None:
        page = visit.page(hit.page.name)
        assert page is not None, "take() refuses what has no page"
        visit.seconds += hit.seconds
        visit.count(Metric.SECONDS, hit.seconds, page)
        if hit.scroll is not None and hit.scroll > page.deepest:
            visit.count(Metric.SCROLL, hit.scroll - max(page.deepest, 0), page)
            visit.count(Metric.SCROLLS, int(page.deepest < 0), page)
            page.deepest = hit.scroll
        Visits._judge(visit)

    @staticmethod
    def _reach(visit: Visit, hit: Hit) -> None:
        """Count the goals that this hit reaches, and the step of each funnel that it makes."""
        for goal in hit.goals:
            visit.add(visit.part(Cell((Attribute.GOAL.value, goal), free=True)), Metric.EVENTS, 1)
            for cell in _crossed(_OF_GOALS, {**visit.values, Attribute.GOAL: goal}):
                # What too few converters share counts under the goal's own name, which is declared.
                told = cell._replace(fallback=(cell.key[0], goal, RARE))
                visit.add(visit.part(told, by_week=True), Metric.EVENTS, 1)
        page = hit.page.path if hit.kind is Kind.PAGEVIEW else ""
        for funnel in hit.arrival.site.funnels:
            made = visit.steps.get(funnel.name, 0)
            if made < len(funnel.steps) and funnel.steps[made].is_reached(page, hit.event):
                visit.steps[funnel.name] = made + 1
                visit.part(Cell((FUNNEL + funnel.name, str(made + 1)), free=True))

    @staticmethod
    def _judge(visit: Visit) -> None:
        """Add or take back the bounce: one page view, no event, under ten engaged seconds."""
        bounces = visit.views == 1 and not visit.acted and visit.seconds < ENGAGED
        if bounces != visit.bounces:
            visit.bounces = bounces
            entry = visit.page(visit.entry)
            visit.count(Metric.BOUNCES, 1 if bounces else -1, *([entry] if entry is not None else []))

    def fold(self) -> None:
        """Add what changed since the last fold to the cells of each visit's day."""
        changed, self._changed = self._changed, {}
        for visit in changed.values():
            if not visit.day.closed:
                self._ledger.touch(visit.day)
                self._fold_visit(visit)

    def _fold_visit(self, visit: Visit) -> None:
        firsts = self._firsts_of(visit.day)
        if visit.tally.first and firsts.add(visit.visitor, ()):
            visit.hours[visit.hour] += _VISITOR
        for hour, amounts in visit.hours.items():
            if amounts:
                visit.day.total(hour, amounts)
        visit.hours = {}
        changed, visit.changed = visit.changed, []
        for part in (visit.tally, *changed):
            if part.amounts:
                self._fold_tally(visit, part, firsts)
        if visit.exit != visit.left:
            self._fold_exit(visit, firsts)

    def _fold_tally(self, visit: Visit, tally: Tally, firsts: Firsts) -> None:
        day = visit.day
        if tally.by_week:
            day = self._ledger.week(visit.day)
            self._ledger.touch(day)
        amounts, tally.amounts = tally.amounts, 0
        if tally.named:
            day.bump(tally.named, amounts)
        if tally.cells:
            left = []
            for cell in tally.cells:
                key, free, fallback = cell
                is_first = tally.first and firsts.add(visit.visitor, key)
                slot = day.count(
                    key, amounts + _VISITOR if is_first else amounts, visit.who, free=free, fallback=fallback
                )
                if slot is None:
                    left.append(cell)
                else:
                    tally.named.append(slot)
            tally.cells = tuple(left)
        tally.first = False

    @staticmethod
    def _fold_exit(visit: Visit, firsts: Firsts) -> None:
        """Move the visit's exit from the page that it was counted for to the one that it is on."""
        if visit.left is not None:
            if visit.counted_there:
                firsts.discard(visit.visitor, visit.left.key)
            _add_exit(visit, visit.left, -1, -int(visit.counted_there))
        assert visit.exit is not None, "a visit that has left a page has viewed one"
        visit.left, visit.counted_there = visit.exit, firsts.add(visit.visitor, visit.exit.key)
        _add_exit(visit, visit.exit, 1, int(visit.counted_there))

    def _firsts_of(self, day: Day) -> Firsts:
        firsts = self._firsts.get((day.owner, day.date))
        if firsts is None:
            firsts = self._firsts[day.owner, day.date] = Firsts()
        return firsts

    def present(self, site: str, now: float) -> tuple[int, int]:
        """Return how many visits of a site did something in the last five minutes, and in the last thirty."""
        silences = [now - visit.last for visit in self._open.get(site, {}).values() if not visit.day.closed]
        return sum(silence < JUST_NOW for silence in silences), sum(silence < IDLE for silence in silences)

    def sweep(self, now: float) -> None:
        """Let go of visits that are over."""
        for site, visits in self._open.items():
            over = [key for key, visit in visits.items() if visit.day.closed or now - visit.last >= IDLE]
            for key in over:
                if id(visits[key]) not in self._changed:
                    del self._open[site][key]

    def hand_over(self) -> Handover:
        """Return the visits that go on and who has been counted: for the next process' memory in a planned restart.

        Settle the ledger before: what has not been folded is lost.
        """
        visits = [
            Underway.of(site, visit)
            for site, visits in self._open.items()
            for visit in visits.values()
            if not visit.day.closed
        ]
        counted = [Counted(site, day.toordinal(), *firsts.remember()) for (site, day), firsts in self._firsts.items()]
        return Handover(visits, counted)

    def take_over(self, handed: Handover) -> None:
        """Go on with what the process before handed over; visits of days that are open no longer are over."""
        for underway in handed.visits:
            day = self._ledger.opened(underway.site, date.fromordinal(underway.day))
            if day is not None:
                self._open.setdefault(underway.site, {})[underway.visitor] = underway.visit(day)
        for counted in handed.counted:
            name = counted.site, date.fromordinal(counted.day)
            self._firsts[name] = Firsts.recall(counted.salt, counted.marks)

    def forget(self, day: Day) -> None:
        """Let go of who has been seen on a day that closed."""
        self._firsts.pop((day.owner, day.date), None)


def _cells_of(page: Page, values: dict[str, str]) -> tuple[Cell, ...]:
    pairs = _crossed(_OF_PAGES, {**values, Attribute.PAGE: page.name})
    return Cell((Attribute.PAGE.value, page.name), page.free, page.fallback), *pairs


def _crossed(crossings: Iterable[_Crossing], values: dict[str, str]) -> list[Cell]:
    return [
        Cell((pair, values[first], values[second]))
        for pair, first, second in crossings
        if first in values and second in values
    ]


def _is_free_event(event: str, site: Site) -> bool:
    return event in OF_EVENTS.free or event in site.events


def _add_exit(visit: Visit, cell: Cell, visits: int, visitors: int) -> None:
    amounts = lane(Metric.VISITS, visits) + lane(Metric.VISITORS, visitors)
    visit.day.count(cell.key, amounts, visit.who, free=cell.free, fallback=cell.fallback)


def _hour_of(day: Day, now: float, timezone: tzinfo) -> int:
    """Return the local hour of a moment, or the last one of a day that it is past, or the first one of a day ahead.

    A visit goes on past midnight; and when the clock jumps back, the newest day stays.
    """
    moment = datetime.fromtimestamp(now, timezone)
    if moment.date() == day.date:
        return moment.hour
    return 23 if moment.date() > day.date else 0
