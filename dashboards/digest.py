"""The week of a site in a few lines: totals, what changed most, and days that were unusual.

It holds counters and disclosed values only, so that it may be sent and forwarded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from typing import Any, Final

from dashboards.counts import Counts
from dashboards.figures import Figures
from dashboards.numbers import duration, percent, ratio, whole
from dashboards.panels import Panel
from dashboards.period import CUSTOM, Period, in_words
from dashboards.unusual import WEEKS, Unusual, find_unusual
from ingest.counters.cells import RARE, Attribute, Metric
from ingest.site import Site

MOVERS: Final = 5
"""Values of an attribute that are named."""

ENOUGH: Final = 30
"""Of a smaller number a change in percent says nothing."""

NOT_COMPARED: Final = "The week before was not counted in full, so there is no change to tell"

ATTRIBUTES: Final = (Attribute.SOURCE, Attribute.PAGE, Attribute.COUNTRY)
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Mover:
    """A value with its visitor-days of both weeks; None: fewer than the site's k."""

    name: str
    now: int | None
    before: int | None

    @property
    def change(self) -> int:
        """How many more there were, at least."""
        return (self.now or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True)
class Movers:
    """The values of an attribute that changed most."""

    title: str
    rows: tuple[Mover, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """A total of both weeks, as it is written."""

    title: str
    now: str
    before: str
    change: str
    """Percent, or points of a percentage; empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A week of a site beside the week before."""

    site: str
    since: date
    until: date
    k: int
    counts: Counts
    before: Counts
    movers: tuple[Movers, ...]
    unusual: tuple[Unusual, ...]
    is_compared: bool = True  # not with a week before that was not counted in full

    @property
    def totals(self) -> list[Total]:
        """The totals in words, in the order in which they are read."""
        now, then = self.counts, self.before
        numbers = (("Visitor-days", "visitors"), ("Visits", "visits"), ("Page views", "pageviews"))
        told = [_total(title, getattr(now, name), getattr(then, name)) for title, name in numbers]
        views = Total("Views per visit", ratio(now.views_per_visit), ratio(then.views_per_visit), "")
        points = now.bounce_rate - then.bounce_rate
        is_sure = min(now.visits, then.visits) >= ENOUGH
        bounces = Total(
            "Bounce rate",
            percent(now.bounce_rate),
            percent(then.bounce_rate),
            f"{points:+d} point{'' if abs(points) == 1 else 's'}" if is_sure else "",
        )
        engaged = Total("Engaged time", duration(now.visit_duration), duration(then.visit_duration), "")
        totals = [*told, views, bounces, engaged]
        return totals if self.is_compared else [replace(total, before="", change="") for total in totals]

    @property
    def headline(self) -> str:
        """The week in one line."""
        visitors, change = self.counts.visitors, self.totals[0].change
        days = f"{whole(visitors)} visitor-day{'' if visitors == 1 else 's'}"
        return f"The week of {in_words(self.since)}: {days}{f', {change}' if change else ''}"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted, neither in this week nor in the one before."""
        return not any((*self.counts.amounts, *self.before.amounts))

    @property
    def data(self) -> dict[str, Any]:
        """The digest for programs."""
        return {
            "site": self.site,
            "from": self.since.isoformat(),
            "to": self.until.isoformat(),
            "compared": self.is_compared,
            "visitors": [self.counts.visitors, self.before.visitors],
            "visits": [self.counts.visits, self.before.visits],
            "pageviews": [self.counts.pageviews, self.before.pageviews],
            "bounce_rate": [self.counts.bounce_rate, self.before.bounce_rate],
            "visit_duration": [self.counts.visit_duration, self.before.visit_duration],
            "movers": {
                group.title.lower(): [{"name": row.name, "visitors": [row.now, row.before]} for row in group.rows]
                for group in self.movers
            },
            "unusual": [
                {"trend": one.trend.value, "day": one.day.isoformat(), "visits": one.visits, "usual": one.usual}
                for one in self.unusual
            ],
        }


def week_before(day: date) -> date:
    """Return the Monday of the last full week before the one that a day is in."""
    return day - timedelta(days=day.weekday() + 7)


async def read_digest(figures: Figures, site: Site, panels: Sequence[Panel], monday: date, today: date) -> Digest:
    """Return the digest of the week that begins on a Monday."""
    sunday, earlier = monday + timedelta(days=6), monday - timedelta(weeks=1)
    shown = [panel for attribute in ATTRIBUTES for panel in panels if panel.attribute == attribute]
    beginning = await figures.beginning(site, today)
    is_compared = beginning is not None and beginning <= earlier
    days, values = await asyncio.gather(
        figures.days(site, monday - timedelta(weeks=WEEKS + 1), sunday),
        asyncio.gather(
            *(_visitors(figures, site, panel, week, today) for panel in shown for week in (monday, earlier))
        ),
    )
    visits = {day: counts.visits for day, counts in days.items()}
    movers = (
        Movers(panel.title, _movers(now, before, site.profile.k))
        for panel, now, before in zip(shown, values[::2], values[1::2], strict=True)
    )
    return Digest(
        site=site.id,
        since=monday,
        until=sunday,
        k=site.profile.k,
        counts=_sum(days, monday),
        before=_sum(days, earlier),
        movers=tuple(group for group in movers if group.rows and is_compared),
        unusual=tuple(find_unusual(visits, monday, sunday, today)),
        is_compared=is_compared,
    )


def write_digest(digest: Digest, page: str) -> str:
    """Return a digest as plain text, with the address of its page."""
    lines = [f"{digest.site}, {in_words(digest.since)} to {in_words(digest.until)}", ""]
    for total in digest.totals:
        before = f"({total.before} the week before)" if total.before else ""
        lines.append(f"{total.title:<18}{total.now:>10}  {total.change:<12}{before}".rstrip())
    if not digest.is_compared:
        lines += ["", f"{NOT_COMPARED}."]
    for group in digest.movers:
        lines += ["", f"{group.title} that changed most, in visitor-days"]
        lines += [f"  {row.change:+8,d}  {_line(row.name)}  {_from_to(row, digest.k)}" for row in group.rows]
    if digest.unusual:
        lines += ["", *(f"{one.sentence}." for one in digest.unusual)]
    return "\n".join([*lines, "", page, ""])


def told(number: int | None, k: int) -> str:
    """Return a number of people as it may leave the house."""
    return f"fewer than {k}" if number is None else whole(number)


def _from_to(row: Mover, k: int) -> str:
    return f"({told(row.before, k)} to {told(row.now, k)})"


def _line(text: str) -> str:
    """Return a text that cannot begin a line of its own or turn the reading around."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _total(title: str, now: int, before: int) -> Total:
    change = f"{100 * (now - before) / before:+.0f}%" if before >= ENOUGH else ""
    return Total(title, whole(now), whole(before), change)


def _sum(days: Mapping[date, Counts], monday: date) -> Counts:
    week = (days.get(monday + timedelta(days=number), Counts()) for number in range(7))
    return reduce(Counts.__add__, week, Counts())


async def _visitors(figures: Figures, site: Site, panel: Panel, monday: date, today: date) -> dict[str, int]:
    week = Period(CUSTOM, monday, monday + timedelta(days=6), today)
    found = await figures.values(site, week, panel.attribute, Metric.VISITORS)
    return {panel.label(row.value): row.counts.visitors for row in found.values if row.value != RARE}


def _movers(now: Mapping[str, int], before: Mapping[str, int], k: int) -> tuple[Mover, ...]:
    """Return the values that changed most. Numbers under k are not told apart: declared values may have them."""
    rows: Iterable[Mover] = (
        Mover(name, _from_k(now.get(name, 0), k), _from_k(before.get(name, 0), k)) for name in now.keys() | before
    )
    return tuple(sorted((row for row in rows if row.change), key=lambda row: (-abs(row.change), row.name))[:MOVERS])


def _from_k(number: int, k: int) -> int | None:
    return number if number >= k else None
