"""Sites and apps as they are configured, with what to put into a page or a program."""

from __future__ import annotations

from typing import Any

from dashboards.desk import Ask
from dashboards.page import Page
from dashboards.pages.administration import PLACE, admin_tabs
from dashboards.table import Table
from ingest.app import App
from ingest.site import Site


async def configured(ask: Ask) -> Page:
    """Show every site with its tag and every app with its DSN."""
    sites = [_site(ask, site) for site in ask.desk.sites]
    apps = [_app(ask, app) for app in ask.desk.apps]
    return Page(
        template="configured.html",
        title="Sites and apps",
        place=PLACE,
        tabs=admin_tabs(ask, "setup"),
        values={
            "site_rows": list(zip(ask.desk.sites, sites, strict=True)),
            "app_rows": list(zip(ask.desk.apps, apps, strict=True)),
            "addresses": ask.desk.way_in.addresses,
        },
        data={"sites": sites, "apps": apps},
        table=Table(
            ("kind", "id", "timezone", "profile", "tag_or_dsn"),
            [
                *(("site", site["id"], site["timezone"], site["profile"], site["snippet"]) for site in sites),
                *(("app", app["id"], app["timezone"], app["profile"], app["dsn"]) for app in apps),
            ],
        ),
    )


def _site(ask: Ask, site: Site) -> dict[str, Any]:
    return {
        "id": site.id,
        "hosts": list(site.hosts),
        "timezone": str(site.timezone),
        "profile": site.profile.value,
        "k": site.profile.k,
        "pages": len(site.literal_pages) + len(site.page_shapes),
        "events": sorted(site.events),
        "props": sorted(site.props),
        "campaigns": sorted(site.campaigns),
        "goals": [goal.name for goal in site.goals],
        "funnels": [funnel.name for funnel in site.funnels],
        "exclude": list(site.exclude),
        "snippet": ask.desk.snippet(site.id),
    }


def _app(ask: Ask, app: App) -> dict[str, Any]:
    return {
        "id": app.id,
        "name": app.name,
        "timezone": str(app.timezone),
        "profile": app.profile.value,
        "consent": app.consent.value,
        "sessions": app.sessions,
        "environments": sorted(app.environments),
        "dsn": ask.desk.way_in.dsn(app),
    }
