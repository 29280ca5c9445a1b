"""What is held, told by the store itself: for everybody, and for the members of a site or app."""

from __future__ import annotations

import asyncio
from typing import Any

from dashboards.addresses import app_path, site_path
from dashboards.desk import Ask
from dashboards.inventory import Held
from dashboards.page import Page
from dashboards.pages.owners import app_of, app_tabs, period_data, period_of, period_tabs, site_of, site_tabs
from dashboards.period import Period
from dashboards.refusals import meaning_of
from dashboards.table import Table
from ingest.app import App
from ingest.counters.cells import NETWORK_K, RARE, UNKNOWN_OWNER, Attribute, Metric
from ingest.site import Profile, Site


async def privacy(ask: Ask) -> Page:
    """Show to anybody what this server can hold, and how much it holds."""
    held = await ask.desk.inventory.everything()
    return Page(
        template="privacy.html",
        title="Privacy",
        values={"held": held, "profiles": list(Profile)},
        data={"tables": [table.data for table in held], "profiles": [_profile_data(profile) for profile in Profile]},
        table=_inventory_table(held),
    )


async def site_privacy(ask: Ask) -> Page:
    """Show to members what is held about a site, what was refused, and from which networks people come."""
    site = site_of(ask)
    period = period_of(ask, site)
    held, reasons, strays, networks = await asyncio.gather(
        ask.desk.inventory.of(site),
        ask.desk.refusals.reasons(site.owner, period),
        ask.desk.refusals.reasons(UNKNOWN_OWNER, period),
        ask.desk.figures.values(site, period, Attribute.NETWORK, Metric.VISITORS),
    )
    # No network that fewer share is written; should one be there all the same, it is not shown.
    shown = [
        (row.value, row.counts.visitors)
        for row in networks.values
        if row.value == RARE or row.counts.visitors >= NETWORK_K
    ]
    return Page(
        template="owner_privacy.html",
        title=f"Privacy · {site.id}",
        place=site.id,
        tabs=site_tabs(site, period, "privacy"),
        periods=period_tabs(site_path(site, "privacy"), period, {}),
        values=_values(site, site.id, period, held, reasons, site.profile.k)
        | {"networks": shown, "strays": _explained(strays)},
        data=_data(site, period, held, reasons, site.profile.k)
        | {"refusals_of_nobody": _refusals_data(strays)}
        | {"networks": [{"network": network, "visitors": visitors} for network, visitors in shown]},
        table=_inventory_table(held),
    )


async def app_privacy(ask: Ask) -> Page:
    """Show to members what is held about an app, and what was refused."""
    app = app_of(ask)
    period = period_of(ask, app)
    held, reasons, strays = await asyncio.gather(
        ask.desk.inventory.of(app),
        ask.desk.refusals.reasons(app.owner, period),
        ask.desk.refusals.reasons(UNKNOWN_OWNER, period),
    )
    return Page(
        template="owner_privacy.html",
        title=f"Privacy · {app.name}",
        place=app.name,
        tabs=app_tabs(app, period, "privacy"),
        periods=period_tabs(app_path(app, "privacy"), period, {}),
        values=_values(app, app.name, period, held, reasons, app.k) | {"networks": None, "strays": _explained(strays)},
        data=_data(app, period, held, reasons, app.k) | {"refusals_of_nobody": _refusals_data(strays)},
        table=_inventory_table(held),
    )


def _values(
    owner: Site | App, name: str, period: Period, held: list[Held], reasons: list[tuple[str, int]], k: int
) -> dict[str, Any]:
    return {
        "owner": owner,
        "name": name,
        "is_site": isinstance(owner, Site),
        "period": period,
        "held": [table for table in held if table.rows],
        "reasons": _explained(reasons),
        "k": k,
        "network_k": NETWORK_K,
    }


def _data(
    owner: Site | App, period: Period, held: list[Held], reasons: list[tuple[str, int]], k: int
) -> dict[str, Any]:
    return {
        "owner": owner.owner,
        "period": period_data(period),
        "profile": {**_profile_data(owner.profile), "k": k},
        "tables": [table.data for table in held],
        "refusals": _refusals_data(reasons),
    }


def _explained(reasons: list[tuple[str, int]]) -> list[tuple[str, int, str]]:
    return [(reason, count, meaning_of(reason)) for reason, count in reasons]


def _refusals_data(reasons: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"reason": reason, "submissions": count} for reason, count in reasons]


def _profile_data(profile: Profile) -> dict[str, Any]:
    return {"name": profile.value, "k": profile.k, "batch": profile.batch, "written_at_close": profile.at_close_only}


def _inventory_table(held: list[Held]) -> Table:
    return Table(
        ("table", "column", "type", "comment", "rows", "bytes", "oldest_day"),
        [
            (table.name, column.name, column.type, column.comment, table.rows, table.bytes, str(table.oldest or ""))
            for table in held
            for column in table.columns
        ],
    )
