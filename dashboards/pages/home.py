"""Every site and app as a card."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Final

from markupsafe import Markup

from dashboards.addresses import app_path, site_path
from dashboards.charts import spark_bars, sparkline
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
    spark: Markup


@dataclass(frozen=True, slots=True)
class AppCard:
    """An app with the reports of four weeks."""

    app: App
    path: str
    today: int
    total: int
    groups: int
    spark: Markup


async def home(ask: Ask) -> Page:
    """Show what there is to look at."""
    sites, apps = list(ask.desk.sites), list(ask.desk.apps)
    # Time zones differ by a day at most: what is asked for covers every owner's four weeks.
    around = today_in(UTC, ask.now)
    since, until = around - timedelta(days=DAYS), around + timedelta(days=1)
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
                {"site_id": card.site.id, "visitors_today": card.today, "visitors": card.total} for card in site_cards
            ],
            "apps": [
                {"app_id": card.app.id, "name": card.app.name, "reports_today": card.today, "reports": card.total}
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
        sparkline([float(day) for day in days], title),
    )


def _app_card(app: App, reports: Mapping[tuple[date, str], int], today: date) -> AppCard:
    wanted = _days(today)
    days = [sum(count for (day, _), count in reports.items() if day == one) for one in wanted]
    groups = {group for (day, group), count in reports.items() if count and day in wanted}
    title = f"Crash reports by day, {DAYS} days, {whole(days[-1])} today"
    return AppCard(
        app, app_path(app, "crashes"), days[-1], sum(days), len(groups), spark_bars([float(day) for day in days], title)
    )
