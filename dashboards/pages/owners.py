"""The site or app that an address names, with the tabs and periods of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from starlette.exceptions import HTTPException

from dashboards.addresses import app_path, link, site_path
from dashboards.comparison import TITLES, Kind
from dashboards.desk import Ask
from dashboards.page import Picker, Tab
from dashboards.period import KEYS, NAMES, OFFERED, Period, read_period, read_period_since, today_in
from dashboards.selection import Selection, read_selection
from ingest.app import App
from ingest.site import Site


class Said(Protocol):
    """What a URL can say: a period, or a whole selection."""

    @property
    def arguments(self) -> dict[str, str]:
        """The part of a URL that says it."""
        ...


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


def owner_of(ask: Ask) -> Site | App:
    """Return the site or app of the address. Raises HTTPException 404."""
    return site_of(ask) if "site" in ask.request.path_params else app_of(ask)


def owner_data(owner: Site | App) -> dict[str, Any]:
    """Return the name of a site or app for programs."""
    return {"site": owner.id} if isinstance(owner, Site) else {"app": owner.id}


def owner_tabs(ask: Ask, owner: Site | App, current: str) -> list[Tab]:
    """Return the tabs of a site's or an app's pages."""
    period = period_of(ask, owner)
    return site_tabs(owner, period, current) if isinstance(owner, Site) else app_tabs(owner, period, current)


def period_of(ask: Ask, owner: Site | App) -> Period:
    """Return the period of the address, in the owner's time zone."""
    today = today_in(owner.timezone, ask.now)
    if isinstance(owner, Site):
        return read_period_since(ask.beginning, ask.request.query_params, today)
    return read_period(ask.request.query_params, today)


def selection_of(ask: Ask, site: Site) -> Selection:
    """Return the period, comparison and filter of the address."""
    return read_selection(ask.request.query_params, today_in(site.timezone, ask.now), ask.beginning)


def site_tabs(site: Site, said: Said, current: str) -> list[Tab]:
    """Return the tabs of a site's pages."""
    pages = (
        ("Overview", "overview", ()),
        ("Pages", "pages", ("pages",)),
        ("Sources", "sources", ("sources",)),
        ("Places", "places", ("countries",)),
        ("Devices", "devices", ("devices",)),
        ("Goals", "goals", ("goals",)),
        ("Realtime", "realtime", ("realtime",)),
        ("Alerts", "alerts", ("alerts",)),
        ("Privacy", "privacy", ("privacy",)),
        ("Set up", "setup", ("setup",)),
    )
    return [
        Tab(title, link(site_path(site, *parts), said.arguments), name == current, "R" if name == "realtime" else "")
        for title, name, parts in pages
    ]


def app_tabs(app: App, period: Period, current: str) -> list[Tab]:
    """Return the tabs of an app's pages."""
    return [
        Tab("Crashes", link(app_path(app, "crashes"), period.arguments), current == "crashes"),
        Tab("Releases", link(app_path(app, "releases"), period.arguments), current == "releases"),
        Tab("Alerts", link(app_path(app, "alerts"), period.arguments), current == "alerts"),
        Tab("Privacy", link(app_path(app, "privacy"), period.arguments), current == "privacy"),
    ]


def period_tabs(path: str, period: Period, keep: Mapping[str, str]) -> Picker:
    """Return links to the same page over other periods."""
    tabs = [
        Tab(title, link(path, replace(period, name=name).arguments, keep), name == period.name, KEYS[name])
        for name, title in NAMES.items()
    ]
    by_key = {tab.key: tab for tab in tabs}
    earlier, later = period.earlier, period.later
    return Picker(
        title=period.title,
        path=path,
        since=period.since,
        until=period.until,
        today=period.today,
        tabs=[by_key[KEYS[name]] for name in OFFERED],
        every=tabs,
        earlier=link(path, earlier.arguments, keep) if earlier else "",
        later=link(path, later.arguments, keep) if later else "",
        keep=keep,
    )


def picker_of(path: str, selection: Selection, keep: Mapping[str, str]) -> Picker:
    """Return links to the same page over other periods, compared with others, under the same filter."""
    period, comparison = selection.period, selection.comparison
    condition = selection.condition.arguments if selection.condition else {}
    rest = {**condition, **keep}
    picker = period_tabs(path, period, {**comparison.arguments, **rest})
    comparisons = [
        Tab(
            TITLES[kind],
            link(path, period.arguments, replace(comparison, kind=kind).arguments, rest),
            kind is comparison.kind,
            "" if kind is not _following(comparison.kind) else "X",
        )
        for kind in Kind
    ]
    switched = replace(comparison, by_weekday=not comparison.by_weekday)
    weekdays = Tab(
        "Match weekdays", link(path, period.arguments, switched.arguments, rest), is_current=comparison.by_weekday
    )
    return replace(picker, comparisons=comparisons, weekdays=weekdays if comparison.kind is not Kind.NONE else None)


def _following(kind: Kind) -> Kind:
    kinds = list(Kind)
    return kinds[(kinds.index(kind) + 1) % len(kinds)]


def period_data(period: Period) -> dict[str, object]:
    """Return the period for programs."""
    return {
        "name": period.name,
        "from": period.since.isoformat(),
        "to": period.until.isoformat(),
        "includes_today": period.includes_today,
    }


def selection_data(selection: Selection) -> dict[str, object]:
    """Return the selection for programs."""
    condition, other = selection.condition, selection.other
    return {
        "period": period_data(selection.period),
        "compared_with": period_data(other) if other else None,
        "filter": [condition.operator, condition.attribute, condition.value] if condition else None,
    }
