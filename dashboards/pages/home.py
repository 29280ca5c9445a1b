"""Every site and app as a card."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Final

from markupsafe import Markup

from dashboards.addresses import app_path, site_path
from dashboards.charts import spark_bars, sparkline
from dashboards.comparison import FEWEST, change
from dashboards.desk import Ask
from dashboards.numbers import whole
from dashboards.page import Page
from dashboards.period import today_in
from dashboards.table import Table
from ingest.app import App
from ingest.site import Site

DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class SiteCard:
    """A site with the visitors of four weeks."""

    site: Site
    path: str
    today: int
    total: int
    silent: int | None
    """Days since the last visitor; None: there was none in four weeks."""
    change: str
    """How the four weeks compare with the four before, in words; nothing while those were not counted in full."""
    spark: Markup


@dataclass(frozen=True, slots=True)
class AppCard:
    """An app with the reports of four weeks."""

    app: App
    path: str
    today: int
    total: int
    groups: int
    change: str
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
    site_cards = [_site_card(site, visitors[site.id], today_in(site.timezone, ask.now)) for site in sites]
    app_cards = [_app_card(app, reports[app.id], today_in(app.timezone, ask.now)) for app in apps]
    return Page(
        template="home.html",
        title="Home",
        values={"site_cards": site_cards, "app_cards": app_cards, "days": DAYS},
        data={
            "days": DAYS,
            "sites": [
                {"site_id": card.site.id, "visitors_today": card.today, "visitors": card.total, "change": card.change}
                for card in site_cards
            ],
            "apps": [
                {
                    "app_id": card.app.id,
                    "name": card.app.name,
                    "reports_today": card.today,
                    "reports": card.total,
                    "change": card.change,
                }
                for card in app_cards
            ],
        },
        table=Table(
            ("kind", "id", "name", "today", f"{DAYS}_days"),
            [
                *(("site", card.site.id, card.site.id, card.today, card.total) for card in site_cards),
                *(("app", card.app.id, card.app.name, card.today, card.total) for card in app_cards),
            ],
        ),
    )


def _days(today: date) -> list[date]:
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def _change(by_day: Mapping[date, int], today: date) -> str:
    """Return how the days that are over compare with as many before them; today is still being counted."""
    now = sum(by_day.get(today - timedelta(days=back), 0) for back in range(1, DAYS))
    then = [by_day.get(today - timedelta(days=back), 0) for back in range(DAYS + 1, 2 * DAYS)]
    # Of a site that began in those days the change would say nothing.
    return change(now, sum(then), sum(then), is_ratio=False) if then[-1] and sum(then) >= FEWEST else ""


def _site_card(site: Site, visitors: Mapping[date, int], today: date) -> SiteCard:
    days = [visitors.get(day, 0) for day in _days(today)]
    seen = [index for index, count in enumerate(reversed(days)) if count]
    title = f"Visitors by day, {DAYS} days, {whole(days[-1])} today"
    return SiteCard(
        site,
        site_path(site),
        days[-1],
        sum(days),
        min(seen, default=None),
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
