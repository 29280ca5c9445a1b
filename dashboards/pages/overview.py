"""A site at one look: its totals, their course, and the first rows of a panel of every section."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from dashboards import numbers
from dashboards.addresses import link, site_path
from dashboards.breakdowns import read_breakdowns
from dashboards.cards import Card, card_argument, open_panels, read_cards
from dashboards.charts import Chart, Point, bar_chart, line_chart
from dashboards.chips import chip_of
from dashboards.comparison import change
from dashboards.condition import is_goal
from dashboards.counts import Counts
from dashboards.course import Course, read_course
from dashboards.desk import Ask, Format
from dashboards.figures import ALL, ANY, Breakdown
from dashboards.page import Page
from dashboards.pages.owners import picker_of, selection_data, selection_of, site_of, site_tabs
from dashboards.panels import BOUNCES, CONVERSIONS, ENGAGED, VISITORS, VISITS, Column, Panel, panels_of_site
from dashboards.period import Bucket, in_words, today_in
from dashboards.selection import Selection
from dashboards.table import Table
from dashboards.uniques import REVISIT, Uniques, uniques, week_of
from ingest.counters.cells import METRICS
from ingest.site import Site

KPIS: Final = (
    VISITORS,
    VISITS,
    Column("pageviews", "Page views", numbers.whole),
    Column("views_per_visit", "Views per visit", numbers.ratio),
    Column("bounce_rate", "Bounce rate", BOUNCES.write, is_ratio=True),
    Column("visit_duration", "Engaged time", ENGAGED.write),
)
OF_GOALS: Final = (VISITORS, CONVERSIONS, VISITS)
BROWSERS: Final = "browsers"
"""The metric of different browsers, which is known of whole weeks only."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """A number of the strip on top, which leads to its chart."""

    key: str
    title: str
    value: float
    text: str
    path: str
    is_chosen: bool
    change: str = ""


async def overview(ask: Ask) -> Page:
    """Show a site."""
    site = site_of(ask)
    selection = selection_of(ask, site)
    panels = panels_of_site(ask.desk.panels, site)
    keep = _keep(ask, panels)
    course, browsers, cards, present = await asyncio.gather(
        read_course(ask, site, selection),
        read_uniques(ask, site, selection),
        _cards(ask, site, selection, panels),
        _today(ask, site),
    )
    chosen = _chosen(ask.argument("metric"), selection, browsers)
    return Page(
        template="overview.html",
        title=site.id,
        place=site.id,
        tabs=site_tabs(site, selection, "overview"),
        periods=picker_of(site_path(site), selection, keep),
        is_live=not site.profile.at_close_only,
        values={
            "site": site,
            "period": selection.period,
            "selection": selection,
            "total": course.total,
            "kpis": _kpis(site, selection, course, browsers, chosen, keep),
            "chart": _chart(course, chosen, selection, browsers),
            "excuse": selection.excuse(ask.beginning),
            "compared": next((card.compared for card in cards if card.compared), None),
            "unfinished": selection.unfinished,
            "browsers": browsers,
            "chip": chip_of(site, selection, panels, keep),
            "is_goal": is_goal(selection.condition),
            "cards": cards if ask.format is Format.HTML else [],
            "has_rare": ask.format is Format.HTML and any(row.is_rare for card in cards for row in card.rows),
            "is_whole_day": course.is_whole_day,
            "now": present,
            "forms": link(site_path(site), selection.arguments).removeprefix(site_path(site)),
            "snippet": ask.desk.snippet(site.id),
            "is_one_address": ask.desk.diagnostics.is_one_address(site.id),
        },
        data={} if ask.format is Format.HTML else await _data(ask, site, selection, course, browsers, panels),
        table=Table((course.bucket.value, *METRICS), [(step.name, *step.counts.amounts) for step in course.steps]),
    )


async def cards(ask: Ask) -> Page:
    """Show the cards alone, for a page that swaps them."""
    site = site_of(ask)
    selection = selection_of(ask, site)
    return Page(
        template="cards.html",
        title=site.id,
        values={
            "site": site,
            "total": None,
            "cards": await read_cards(ask, site, selection, _keep(ask, panels_of_site(ask.desk.panels, site))),
        },
    )


async def read_uniques(ask: Ask, site: Site, selection: Selection) -> Uniques | None:
    """Return the different browsers of a period of whole weeks, or None where they are not known."""
    period = selection.period
    if not period.is_whole_weeks or selection.condition is not None or period.days > 7 * 13:
        return None
    found = await ask.desk.figures.cells(
        site, period.since, period.until, Bucket.WEEK.value, REVISIT, ANY, by_value=True
    )
    weeks: dict[date, dict[str, int]] = {monday: {} for monday in period.starts(Bucket.WEEK)}
    for (monday, value, _), counts in found.items():
        weeks[monday][value] = counts.visitors
    told = uniques(week_of(monday, visitors) for monday, visitors in weeks.items())
    return told if told.is_told else None


def _keep(ask: Ask, panels: Sequence[Panel]) -> dict[str, str]:
    metric = ask.argument("metric")
    known = {column.key for column in (*KPIS[1:], *OF_GOALS[1:])} | {BROWSERS}
    return {
        **({"metric": metric} if metric in known else {}),
        **card_argument(panels, open_panels(panels, ask.argument("card"))),
    }


async def _cards(ask: Ask, site: Site, selection: Selection, panels: Sequence[Panel]) -> list[Card]:
    return await read_cards(ask, site, selection, _keep(ask, panels)) if ask.format is Format.HTML else []


async def _today(ask: Ask, site: Site) -> Mapping[str, Any] | None:
    """Return what goes on now; of a site that is written once a day, nothing."""
    if site.profile.at_close_only:
        return None
    today = today_in(site.timezone, ask.now)
    counts = (await ask.desk.figures.days(site, today, today)).get(today, Counts())
    return {"present": ask.desk.figures.present(site), "counts": counts}


def _chosen(name: str, selection: Selection, browsers: Uniques | None) -> Column | None:
    """Return the metric of the chart; None: different browsers."""
    if name == BROWSERS and browsers is not None:
        return None
    columns = OF_GOALS if is_goal(selection.condition) else KPIS
    return next((column for column in columns if column.key == name), columns[0])


def _kpis(
    site: Site,
    selection: Selection,
    course: Course,
    browsers: Uniques | None,
    chosen: Column | None,
    keep: Mapping[str, str],
) -> list[Kpi]:
    columns = OF_GOALS if is_goal(selection.condition) else KPIS
    kpis = [_kpi(site, selection, course, column, column is chosen, keep) for column in columns]
    if browsers is None:
        return kpis
    path = link(site_path(site), selection.arguments, {**keep, "metric": BROWSERS})
    text = numbers.whole(browsers.low)
    if not browsers.is_exact:
        text = f"{text}–{numbers.whole(browsers.high)}"  # noqa: RUF001
    return [Kpi(BROWSERS, "Browsers", browsers.low, text, path, chosen is None), *kpis]


def _kpi(
    site: Site, selection: Selection, course: Course, column: Column, is_chosen: bool, keep: Mapping[str, str]
) -> Kpi:
    value = column.read(course.total)
    title = column.title
    if column.key == "visitors":
        title = "Converters" if is_goal(selection.condition) else "Visitors"
        if not selection.period.is_one_day:
            title = "Converter-days" if is_goal(selection.condition) else "Visitor-days"
    without = {name: text for name, text in keep.items() if name != "metric"}
    metric = {} if column.key == "visitors" else {"metric": column.key}
    return Kpi(
        column.key,
        title,
        value,
        column.write(value),
        link(site_path(site), selection.arguments, without, metric),
        is_chosen,
        ""
        if course.before is None
        else change(
            column.read(course.finished), column.read(course.before), course.before.visits, is_ratio=column.is_ratio
        ),
    )


def _chart(course: Course, column: Column | None, selection: Selection, browsers: Uniques | None) -> Chart:
    period = selection.period
    if column is None and browsers is not None:
        weeks = [
            Point(f"Week from {in_words(week.monday)}", f"{week.monday.day} {week.monday:%b}", float(week.browsers))
            for week in browsers.weeks
        ]
        return bar_chart(weeks, f"Different browsers by week, {period.span}", numbers.whole)
    assert column is not None
    points = [
        Point(
            step.label,
            step.short,
            column.read(step.counts),
            step.is_unfinished,
            None if step.compared is None else column.read(step.compared),
            step.compared_label,
            step.notes,
            step.is_approximate and column.key == "visitors",
        )
        for step in course.steps
    ]
    name = "Visitors" if column is VISITORS else column.title
    return line_chart(points, f"{name} by {course.bucket}, {period.span}", column.write)


def counts_data(counts: Counts) -> dict[str, Any]:
    """Return counts for programs: the sums and the ratios."""
    ratios = ("views_per_visit", "bounce_rate", "visit_duration", "scroll_depth")
    return dict(zip(METRICS, counts.amounts, strict=True)) | {name: getattr(counts, name) for name in ratios}


async def _data(
    ask: Ask, site: Site, selection: Selection, course: Course, browsers: Uniques | None, panels: Sequence[Panel]
) -> Mapping[str, Any]:
    breakdowns = await read_breakdowns(ask, site, selection, panels, ALL)
    return {
        "site": site.id,
        "timezone": str(site.timezone),
        **selection_data(selection),
        "totals": counts_data(course.total),
        "finished": counts_data(course.finished),
        "before": None if course.before is None else counts_data(course.before),
        "browsers": None if browsers is None else {"at_least": browsers.low, "at_most": browsers.high},
        "bucket": course.bucket.value,
        "series": [
            {
                "bucket": step.name,
                "unfinished": step.is_unfinished,
                "approximate": step.is_approximate,
                "notes": list(step.notes),
                **counts_data(step.counts),
                **({} if step.compared is None else {"compared": counts_data(step.compared)}),
            }
            for step in course.steps
        ],
        "panels": {panel.slug: _panel_data(breakdowns.get(panel.attribute, Breakdown())) for panel in panels},
    }


def _panel_data(breakdown: Breakdown) -> dict[str, Any]:
    return {
        "total_rows": breakdown.total,
        "rows": [{"value": row.value, **counts_data(row.counts)} for row in breakdown.values],
    }
