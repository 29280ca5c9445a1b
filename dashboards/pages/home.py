"""Every site and app as a card."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any, Final

from markupsafe import Markup

from dashboards.addresses import app_path, site_path
from dashboards.charts import spark_bars, sparkline
from dashboards.comparison import FEWEST, WEEK, in_percent, percent_of
from dashboards.desk import Ask
from dashboards.numbers import whole
from dashboards.page import Page
from dashboards.period import today_in
from dashboards.table import Table
from ingest.app import App
from ingest.site import Site

DAYS: Final = 28
SILENT: Final = 2
"""Whole days without a visitor from which on a card says so."""
LONGEST: Final = 2 * DAYS - 1
"""Whole days that are looked through for the last visitor."""


@dataclass(frozen=True, slots=True)
class SiteCard:
    """A site with the visitors of four weeks."""

    site: Site
    path: str
    today: int
    total: int
    silent_days: int | None
    """Whole days without a visitor since the last one, LONGEST for as many or more; None: there has never been one."""
    change: int | None
    """Percent that the four weeks differ from the four before; None while those were not counted in full."""
    spark: Markup


@dataclass(frozen=True, slots=True)
class AppCard:
    """An app with the reports of four weeks."""

    app: App
    path: str
    today: int
    total: int
    groups: int
    change: int | None
    spark: Markup


async def home(ask: Ask) -> Page:
    """Show what there is to look at."""
    sites, apps = list(ask.desk.sites), list(ask.desk.apps)
    # Time zones differ by a day at most: what is asked for covers every owner's four weeks.
    around = today_in(UTC, ask.now)
    since, until = around - timedelta(days=2 * DAYS), around + timedelta(days=1)
    visitors, reports = await asyncio.gather(
        ask.desk.figures.visitors(sites, since, until), ask.desk.reports.of_apps(apps, since, until)
    )
    silent = await asyncio.gather(*(_silent_days(ask, site, visitors[site.id]) for site in sites))
    site_cards = [
        _site_card(site, visitors[site.id], today_in(site.timezone, ask.now), silent_days)
        for site, silent_days in zip(sites, silent, strict=True)
    ]
    app_cards = [_app_card(app, reports[app.id], today_in(app.timezone, ask.now)) for app in apps]
    return Page(
        template="home.html",
        title="Home",
        values={"site_cards": site_cards, "app_cards": app_cards, "days": DAYS, "silent": SILENT, "longest": LONGEST},
        data={
            "days": DAYS,
            "sites": [_site_data(card) for card in site_cards],
            "apps": [_app_data(card) for card in app_cards],
        },
        table=_table(site_cards, app_cards),
    )


def _site_data(card: SiteCard) -> dict[str, Any]:
    return {
        "site_id": card.site.id,
        "visitors_today": card.today,
        "visitors": card.total,
        **_change_data(card.change),
        "silent_days": card.silent_days,
    }


def _app_data(card: AppCard) -> dict[str, Any]:
    return {
        "app_id": card.app.id,
        "name": card.app.name,
        "reports_today": card.today,
        "reports": card.total,
        **_change_data(card.change),
    }


def _change_data(change: int | None) -> dict[str, Any]:
    return {"change": "" if change is None else in_percent(change), "change_percent": change}


def _table(sites: Sequence[SiteCard], apps: Sequence[AppCard]) -> Table:
    return Table(
        ("kind", "id", "name", "today", f"{DAYS}_days", "change_percent", "silent_days"),
        [
            *(
                ("site", one.site.id, one.site.id, one.today, one.total, _cell(one.change), _cell(one.silent_days))
                for one in sites
            ),
            *(("app", one.app.id, one.app.name, one.today, one.total, _cell(one.change), "") for one in apps),
        ],
    )


def _cell(number: int | None) -> int | str:
    return "" if number is None else number


async def _silent_days(ask: Ask, site: Site, visitors: Mapping[date, int]) -> int | None:
    """Return how many whole days have passed since the last visitor; today is none of them: it is still going on."""
    today = today_in(site.timezone, ask.now)
    seen = [back for back in range(LONGEST + 1) if visitors.get(today - timedelta(days=back))]
    if seen:
        return max(0, min(seen) - 1)
    return None if await ask.desk.figures.beginning(site, today) is None else LONGEST


def _days(today: date) -> list[date]:
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def _change(by_day: Mapping[date, int], today: date) -> int | None:
    """Return how the days that are over compare with as many before them; today is still being counted."""
    now = sum(by_day.get(today - timedelta(days=back), 0) for back in range(1, DAYS))
    then = [by_day.get(today - timedelta(days=back), 0) for back in range(DAYS + 1, 2 * DAYS)]
    # Of a site that began in those days the change would say nothing. Its oldest day alone may be a quiet Sunday.
    return percent_of(now, sum(then)) if any(then[-WEEK:]) and sum(then) >= FEWEST else None


def _site_card(site: Site, visitors: Mapping[date, int], today: date, silent_days: int | None) -> SiteCard:
    days = [visitors.get(day, 0) for day in _days(today)]
    title = f"Visitors by day, {DAYS} days, {whole(days[-1])} today"
    return SiteCard(
        site,
        site_path(site),
        days[-1],
        sum(days),
        silent_days,
        _change(visitors, today),
        sparkline([float(day) for day in days], title),
    )


def _app_card(app: App, reports: Mapping[tuple[date, str], int], today: date) -> AppCard:
    wanted = _days(today)
    groups = {group for (day, group), count in reports.items() if count and day in wanted}
    by_day: Counter[date] = Counter()
    for (day, _), count in reports.items():
        by_day[day] += count
    days = [by_day[day] for day in wanted]
    title = f"Crash reports by day, {DAYS} days, {whole(days[-1])} today"
    return AppCard(
        app,
        app_path(app, "crashes"),
        days[-1],
        sum(days),
        len(groups),
        _change(by_day, today),
        spark_bars([float(day) for day in days], title),
    )
