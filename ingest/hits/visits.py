"""The open visits of every site, and how a hit changes one.

A visit belongs to the day and hour in which it began, and what it does to that day and the hour in which it does it.
Each hit changes the visit; at the end of the loop's turn every changed visit is folded into cells once, whatever it
did in that turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from ingest.counters.amounts import lane
from ingest.counters.cells import FUNNEL, OF_EVENTS, RARE, Attribute, Metric, Pair, Refusal
from ingest.counters.day import Day
from ingest.counters.firsts import Firsts
from ingest.counters.ledger import Ledger
from ingest.counters.slot import Cell, Seat
from ingest.hits.attributes import VisitAttribute
from ingest.hits.handover import Counted, Handover, Underway
from ingest.hits.hit import Hit, Kind
from ingest.hits.paths import Page
from ingest.hits.visit import MOST_PARTS, Presence, Tally, Visit

IDLE: Final = 30 * 60
"""Seconds without a hit after which a visit is over."""

JUST_NOW: Final = 5 * 60
"""Seconds without a hit for which a visit is said to be here just now."""

ENGAGED: Final = 10
"""Engaged seconds from which on a visit of one page is no bounce."""

_VISITOR: Final = lane(Metric.VISITORS)
_VISIT: Final = lane(Metric.VISITS)
_PAGEVIEW: Final = lane(Metric.PAGEVIEWS)
_EVENT: Final = lane(Metric.EVENTS)
_BOUNCE: Final = lane(Metric.BOUNCES)
_SCROLLED: Final = lane(Metric.SCROLLS)
"""One of each, packed."""

_IS_VIEW: Final = Kind.PAGEVIEW
_IS_EVENT: Final = Kind.EVENT
_IS_ENGAGEMENT: Final = Kind.ENGAGEMENT

_PAGE: Final = Attribute.PAGE.value
_EXIT: Final = Attribute.EXIT.value
_GOAL: Final = Attribute.GOAL.value

Begin = Callable[[Hit], None]
"""Fills in what only the first hit of a visit tells."""

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

    def take(self, hit: Hit, today: Presence, before: Presence | None, now: float, begin: Begin) -> Refusal | None:
        """Add a hit to its visit, beginning one if need be, for which `begin` completes the hit.

        `before` is who they were on a day that has not closed yet: a visit goes on past midnight. Engagement
        begins no visit: when its visit is gone, it is refused as late.
        """
        site = hit.arrival.site
        visits = self._open.get(site.id)
        if visits is None:
            visits = self._open[site.id] = {}
        visit = self._running(visits, before, now) or self._running(visits, today, now)
        kind = hit.kind
        if visit is None:
            if kind is _IS_ENGAGEMENT:
                return Refusal.LATE
            begin(hit)
            visit = visits[today.visitor] = self._begin(hit, today, now)
        elif kind is _IS_ENGAGEMENT and visit.page(hit.page.name) is None:
            return Refusal.LATE
        visit.last = max(visit.last, now)
        visit.now = visit.day.hour(now)
        self._changed[id(visit)] = visit
        if hit.is_heartbeat:
            hit.seconds = round(max(now - visit.told, 0))
        if kind is _IS_EVENT:
            self._act(visit, hit)
        else:
            visit.told = now
            if kind is _IS_VIEW:
                self._view(visit, hit)
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
        day = presence.day
        cells = [attribute.cell(hit) for attribute in self._attributes]
        values = {key[0]: key[1] for key, _, _ in cells}
        cells += _crossed(_OF_VISITS, values)
        hour = day.hour(now)
        is_first = self._firsts_of(day).add(presence.visitor, ())
        visit = Visit(presence.visitor, presence.who, day, hour, now, values, is_first, hour, now)
        visit.tally = self._open_tally(visit, cells)
        visit.tally.amounts += _VISIT
        day.total(hour, _VISIT + _VISITOR if is_first else _VISIT)
        day.begin(presence.visitor)
        if hit.arrival.site.goals:
            self._ledger.week(day).begin(presence.visitor)
        return visit

    def _open_tally(self, visit: Visit, cells: list[Cell], *, by_week: bool = False) -> Tally:
        """Find where the amounts of something go that a visit now has, and count its visitor there, once a day.

        Whoever asks adds the visit, so that the next fold finds what is counted here.
        """
        day, who = visit.day, visit.who
        if by_week:
            day = self._ledger.week(day)
            self._ledger.touch(day)
        tally = Tally(*day.seats(cells, who), by_week=by_week)
        firsts = self._firsts_of(visit.day)
        if visit.is_first and not by_week:
            firsts.add_all(visit.visitor, tally.named)
            firsts.add_all(visit.visitor, tally.waiting)
            tally.amounts = _VISITOR
        else:
            for key, free, fallback in cells:
                if firsts.add(visit.visitor, key):
                    day.count(key, _VISITOR, who, free=free, fallback=fallback)
        return tally

    def _view(self, visit: Visit, hit: Hit) -> None:
        page = hit.page
        tally = visit.page(page.name) or self._open_page(visit, page)
        visit.entry = visit.entry or page.name
        if visit.exit is None or visit.exit[0][1] != page.name:
            shape = (_EXIT, page.fallback[1]) if page.fallback is not None else None
            visit.exit = (_EXIT, page.name), page.free, shape
        visit.views += 1
        visit.count(_PAGEVIEW, tally)
        self._reach(visit, hit)
        self._judge(visit)

    def _open_page(self, visit: Visit, page: Page) -> Tally:
        name, cells = page.name, _cells_of(page, visit.values)
        if len(visit.pages) >= MOST_PARTS:
            name, cells = RARE, [((_PAGE, RARE), True, None)]
        tally = visit.pages[name] = self._open_tally(visit, cells)
        visit.add(tally, _VISIT)
        return tally

    def _part(self, visit: Visit, cell: Cell, *, by_week: bool = False) -> Tally:
        """Return the tally of something that a visit has, opening it if need be."""
        key = cell[0]
        tally = visit.parts.get(key)
        if tally is None and len(visit.parts) >= MOST_PARTS:
            key = (*key[:-1], RARE)
            cell = key, True, None
            tally = visit.parts.get(key)
        if tally is None:
            tally = visit.parts[key] = self._open_tally(visit, [cell], by_week=by_week)
            visit.add(tally, _VISIT)
        return tally

    def _act(self, visit: Visit, hit: Hit) -> None:
        site = hit.arrival.site
        free = hit.event in OF_EVENTS.free or hit.event in site.events
        parts = [self._part(visit, ((Attribute.EVENT.value, hit.event), free, None))]
        parts += [self._part(visit, ((str(one.attribute), one.value), one.free, None)) for one in hit.details]
        visit.count(_EVENT, *parts, visit.page(hit.page.name))
        visit.acted = visit.acted or hit.interactive
        self._reach(visit, hit)
        self._judge(visit)

    @staticmethod
    def _engage(visit: Visit, hit: Hit) -> None:
        page = visit.page(hit.page.name)
        assert page is not None, "take() refuses what has no page"
        if hit.seconds:
            visit.seconds += hit.seconds
            visit.count_begun(lane(Metric.SECONDS, hit.seconds), page)
        if hit.scroll is not None and hit.scroll > page.deepest:
            deeper = lane(Metric.SCROLL, hit.scroll - max(page.deepest, 0))
            visit.count(deeper + _SCROLLED if page.deepest < 0 else deeper, page)
            page.deepest = hit.scroll
        Visits._judge(visit)

    def _reach(self, visit: Visit, hit: Hit) -> None:
        """Count the goals that this hit reaches, and the step of each funnel that it makes."""
        for goal in hit.goals:
            visit.add(self._part(visit, ((_GOAL, goal), True, None)), _EVENT)
            for key, _, _ in _crossed(_OF_GOALS, {**visit.values, _GOAL: goal}):
                # What too few converters share counts under the goal's own name, which is declared.
                visit.add(self._part(visit, (key, False, (key[0], goal, RARE)), by_week=True), _EVENT)
        funnels = hit.arrival.site.funnels
        page = hit.page.path if funnels and hit.kind is _IS_VIEW else ""
        for funnel in funnels:
            made = visit.steps.get(funnel.name, 0)
            if made < len(funnel.steps) and funnel.steps[made].is_reached(page, hit.event):
                visit.steps[funnel.name] = made + 1
                self._part(visit, ((FUNNEL + funnel.name, str(made + 1)), True, None))

    @staticmethod
    def _judge(visit: Visit) -> None:
        """Add or take back the bounce: one page view, no event, under ten engaged seconds."""
        bounces = visit.views == 1 and not visit.acted and visit.seconds < ENGAGED
        if bounces != visit.bounces:
            visit.bounces = bounces
            visit.count_begun(_BOUNCE if bounces else -_BOUNCE, visit.page(visit.entry))

    def fold(self) -> None:
        """Add what changed since the last fold to the cells of each visit's day."""
        changed, self._changed = self._changed, {}
        for visit in changed.values():
            if not visit.day.closed:
                self._ledger.touch(visit.day)
                self._fold_visit(visit)

    def _fold_visit(self, visit: Visit) -> None:
        day = visit.day
        changed, visit.changed = visit.changed, []
        for part in (visit.tally, *changed):
            amounts = part.amounts
            if not amounts:
                continue
            part.amounts = 0
            to = day
            if part.by_week:
                to = self._ledger.week(day)
                self._ledger.touch(to)
            part.pour(to, amounts)
        if visit.exit is not visit.left:
            self._fold_exit(visit, self._firsts_of(day))

    @staticmethod
    def _fold_exit(visit: Visit, firsts: Firsts) -> None:
        """Move the visit's exit from the page that it was counted for to the one that it is on."""
        if visit.left is not None:
            seat = _exit_seat(visit, visit.left)
            if visit.counted_there:
                firsts.discard(visit.visitor, seat)
            visit.day.add_at(seat, -(_VISIT + _VISITOR) if visit.counted_there else -_VISIT, visit.who)
        assert visit.exit is not None, "a visit that has left a page has viewed one"
        seat = _exit_seat(visit, visit.exit)
        visit.left, visit.counted_there = visit.exit, firsts.add_at(visit.visitor, seat)
        visit.day.add_at(seat, _VISIT + _VISITOR if visit.counted_there else _VISIT, visit.who)

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
                self._open.setdefault(underway.site, {})[underway.visitor] = underway.visit(day, self._ledger.week)
        for counted in handed.counted:
            name = counted.site, date.fromordinal(counted.day)
            self._firsts[name] = Firsts.recall(counted.salt, counted.marks)

    def forget(self, day: Day) -> None:
        """Let go of who has been seen on a day that closed."""
        self._firsts.pop((day.owner, day.date), None)


def _cells_of(page: Page, values: dict[str, str]) -> list[Cell]:
    named = {**values, _PAGE: page.name}
    return [((_PAGE, page.name), page.free, page.fallback), *_crossed(_OF_PAGES, named)]


def _crossed(crossings: Iterable[_Crossing], values: dict[str, str]) -> list[Cell]:
    return [
        ((pair, values[first], values[second]), False, None)
        for pair, first, second in crossings
        if first in values and second in values
    ]


def _exit_seat(visit: Visit, cell: Cell) -> Seat:
    key, free, fallback = cell
    return visit.day.seat(key, free=free, fallback=fallback)
