"""A site at one look: its totals, their course, and the first rows of every breakdown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any, Final

from dashboards import numbers
from dashboards.addresses import link, site_path
from dashboards.charts import Chart, Point, line_chart
from dashboards.counts import Counts
from dashboards.desk import Ask
from dashboards.figures import Breakdown
from dashboards.page import Page
from dashboards.pages.owners import period_data, period_of, period_tabs, site_of, site_tabs
from dashboards.panels import BOUNCES, ENGAGED, VISITORS, VISITS, Column, Panel
from dashboards.period import Bucket, Period, in_words
from dashboards.table import Table
from ingest.counters.cells import METRICS, RARE, WHOLE_DAY
from ingest.site import Site

ROWS: Final = 8
"""Rows of a card, the one of (rare) included."""

KPIS: Final = (
    VISITORS,
    VISITS,
    Column("pageviews", "Page views", numbers.whole),
    Column("views_per_visit", "Views per visit", numbers.ratio),
    Column("bounce_rate", "Bounce rate", BOUNCES.write),
    Column("visit_duration", "Engaged time", ENGAGED.write),
)


@dataclass(frozen=True, slots=True)
class Card:
    """The first rows of a panel."""

    panel: Panel
    breakdown: Breakdown
    path: str

    @property
    def most(self) -> float:
        """The number that fills a bar."""
        column = self.panel.columns[0]
        return max((column.read(value.counts) for value in self.breakdown.values), default=0)


@dataclass(frozen=True, slots=True)
class Step:
    """A bucket of the period with its counts."""

    name: str
    label: str
    short: str
    counts: Counts
    is_unfinished: bool


async def overview(ask: Ask) -> Page:
    """Show a site."""
    site = site_of(ask)
    period = period_of(ask, site)
    chosen = next((column for column in KPIS if column.key == ask.argument("metric")), KPIS[0])
    figures = ask.desk.figures
    metrics = {panel.attribute: panel.metric for panel in ask.desk.panels}
    steps, breakdowns = await asyncio.gather(read_steps(ask, site, period), figures.top(site, period, metrics, ROWS))
    total = reduce(Counts.__add__, (step.counts for step in steps), Counts())
    cards = [
        Card(panel, breakdowns.get(panel.attribute, Breakdown()), link(site_path(site, panel.slug), period.arguments))
        for panel in ask.desk.panels
    ]
    keep = {} if chosen is KPIS[0] else {"metric": chosen.key}
    return Page(
        template="overview.html",
        title=site.id,
        place=site.id,
        tabs=site_tabs(site, period, "overview"),
        periods=period_tabs(site_path(site), period, keep),
        is_live=period.includes_today and not site.profile.at_close_only,
        values={
            "site": site,
            "period": period,
            "total": total,
            "kpis": [(column, _kpi_link(site, period, column), column is chosen) for column in KPIS],
            "chart": _chart(steps, chosen, period),
            "cards": cards,
            "has_rare": any(row.value == RARE for card in cards for row in card.breakdown.values),
            "is_whole_day": _tells_no_hours(steps, period),
            "snippet": ask.desk.snippet(site.id),
            "is_one_address": ask.desk.diagnostics.is_one_address(site.id),
        },
        data=_data(site, period, total, steps, cards),
        table=Table((period.bucket.value, *METRICS), [(step.name, *step.counts.amounts) for step in steps]),
    )


async def read_steps(ask: Ask, site: Site, period: Period) -> list[Step]:
    """Return every bucket of a period, those without a visit too; of today's hours only those that have begun."""
    if period.bucket is Bucket.HOUR:
        found = await ask.desk.figures.hours(site, period.since, period.until)
        now = datetime.fromtimestamp(ask.now, site.timezone)
        last = now.hour if period.includes_today else 23
        steps = [_hour(period, hour, found.get((period.since, hour), Counts()), now) for hour in range(24)]
        whole = found.get((period.since, WHOLE_DAY))
        begun = [step for hour, step in enumerate(steps) if hour <= last or any(step.counts.amounts)]
        if whole is None:
            return begun
        day = period.since
        return [Step(day.isoformat(), f"{in_words(day)}, all day", "all day", whole, is_unfinished=False), *begun]
    days = await ask.desk.figures.days(site, period.since, period.until)
    sums = dict.fromkeys(period.starts(period.bucket), Counts())
    for day, counts in days.items():
        start = period.start_of(day, period.bucket)
        sums[start] += counts
    return [_days(period, start, counts) for start, counts in sums.items()]


def _hour(period: Period, hour: int, counts: Counts, now: datetime) -> Step:
    is_unfinished = period.includes_today and hour == now.hour
    name = f"{period.since.isoformat()} {hour:02d}:00:00"
    return Step(
        name, f"{in_words(period.since)}, {hour:02d}:00 to {hour:02d}:59", f"{hour:02d}:00", counts, is_unfinished
    )


def _days(period: Period, start: date, counts: Counts) -> Step:
    words = in_words(start)
    last = start
    if period.bucket is Bucket.WEEK:
        last = start + timedelta(days=6 - start.weekday())
        words = f"Week from {words}"
    elif period.bucket is Bucket.MONTH:
        last = (start.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        words = f"{start:%B %Y}"
    else:
        words = f"{start:%a} {words}"
    short = f"{start:%b}" if period.bucket is Bucket.MONTH else f"{start.day} {start:%b}"
    return Step(start.isoformat(), words, short, counts, is_unfinished=start <= period.today <= last)


def _chart(steps: list[Step], column: Column, period: Period) -> Chart:
    points = [Point(step.label, step.short, column.read(step.counts), step.is_unfinished) for step in steps]
    name = "Visitors" if column is VISITORS else column.title
    return line_chart(points, f"{name} by {period.bucket}, {period.span}", column.write)


def _kpi_link(site: Site, period: Period, column: Column) -> str:
    return link(site_path(site), period.arguments, {} if column is KPIS[0] else {"metric": column.key})


def _tells_no_hours(steps: list[Step], period: Period) -> bool:
    return period.is_one_day and bool(steps) and steps[0].short == "all day"


def counts_data(counts: Counts) -> dict[str, Any]:
    """Return counts for programs: the sums and the ratios."""
    ratios = ("views_per_visit", "bounce_rate", "visit_duration", "scroll_depth")
    return dict(zip(METRICS, counts.amounts, strict=True)) | {name: getattr(counts, name) for name in ratios}


def _data(site: Site, period: Period, total: Counts, steps: list[Step], cards: list[Card]) -> Mapping[str, Any]:
    return {
        "site": site.id,
        "timezone": str(site.timezone),
        "period": period_data(period),
        "totals": counts_data(total),
        "bucket": period.bucket.value,
        "series": [
            {"bucket": step.name, "unfinished": step.is_unfinished, **counts_data(step.counts)} for step in steps
        ],
        "panels": {
            card.panel.slug: {
                "total_rows": card.breakdown.total,
                "rows": [{"value": row.value, **counts_data(row.counts)} for row in card.breakdown.values],
            }
            for card in cards
        },
    }
