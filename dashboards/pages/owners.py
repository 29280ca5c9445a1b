"""The site or app that an address names, with the tabs and periods of its pages."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException

from dashboards.addresses import app_path, link, site_path
from dashboards.desk import Ask
from dashboards.page import Tab
from dashboards.period import NAMES, OFFERED, Period, read_period, today_in
from ingest.app import App
from ingest.site import Site


def site_of(ask: Ask) -> Site:
    """Return the site of the address. Raises HTTPException 404."""
    site = ask.desk.sites.get(ask.request.path_params["site"])
    if site is None:
        raise HTTPException(404)
    return site


def app_of(ask: Ask) -> App:
    """Return the app of the address. Raises HTTPException 404."""
    app = ask.desk.apps.get(ask.request.path_params["app"])
    if app is None:
        raise HTTPException(404)
    return app


def period_of(ask: Ask, owner: Site | App) -> Period:
    """Return the period of the address, in the owner's time zone."""
    return read_period(ask.request.query_params, today_in(owner.timezone, ask.now))


def site_tabs(site: Site, period: Period, current: str) -> list[Tab]:
    """Return the tabs of a site's pages."""
    return [
        Tab("Overview", link(site_path(site), period.arguments), current == "overview"),
        Tab("Referrer audit", link(site_path(site, "audit"), period.arguments), current == "audit"),
        Tab("Annotations", link(site_path(site, "annotations"), period.arguments), current == "annotations"),
        Tab("Week", link(site_path(site, "digest"), period.arguments), current == "digest"),
        Tab("Privacy", link(site_path(site, "privacy"), period.arguments), current == "privacy"),
        Tab("Set up", link(site_path(site, "setup"), period.arguments), current == "setup"),
    ]


def app_tabs(app: App, period: Period, current: str) -> list[Tab]:
    """Return the tabs of an app's pages."""
    return [
        Tab("Crashes", link(app_path(app, "crashes"), period.arguments), current == "crashes"),
        Tab("Privacy", link(app_path(app, "privacy"), period.arguments), current == "privacy"),
    ]


def period_tabs(path: str, period: Period, keep: Mapping[str, str]) -> list[Tab]:
    """Return links to the same page over other periods."""
    tabs = []
    for name in OFFERED:
        arguments = Period(name, period.since, period.until, period.today).arguments
        tabs.append(Tab(NAMES[name], link(path, arguments, keep), name == period.name))
    return tabs


def period_data(period: Period) -> dict[str, object]:
    """Return the period for programs."""
    return {
        "name": period.name,
        "from": period.since.isoformat(),
        "to": period.until.isoformat(),
        "includes_today": period.includes_today,
    }
