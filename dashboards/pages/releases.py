"""The releases of an app: what each broke, what it mended, and how often it runs without a crash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from markupsafe import Markup

from dashboards.addresses import app_path, link
from dashboards.charts import spark_bars
from dashboards.desk import Ask
from dashboards.health import Health, Share
from dashboards.lineage import Lineage
from dashboards.numbers import whole
from dashboards.page import Page
from dashboards.pages.owners import app_of, app_tabs, period_data, period_of, period_tabs
from dashboards.pages.report_chart import report_chart
from dashboards.period import Period
from dashboards.releases import Release, releases_of, reports_by_day
from dashboards.table import Table
from dashboards.versions import UNNAMED
from ingest.app import App
from ingest.store.control.decisions import State

LEAST_SESSIONS: Final = 100
"""Sessions under which a share of them is shown in grey: its interval is wide."""

_COLUMNS: Final = (
    "release", "first_day", "last_day", "reports", "groups", "new_groups", "regressed_groups", "opening_days",
    "opening_reports", "opening_reports_before",
)  # fmt: skip
_HEALTH_COLUMNS: Final = (
    "sessions", "adoption", "crash_free_sessions", "crash_free_sessions_low", "crash_free_sessions_high",
    "installs", "crash_free_installs", "crash_free_installs_low", "crash_free_installs_high",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A release of the table, with how much its share of crash-free sessions differs from the release before."""

    release: Release
    health: Health | None
    points: float | None
    back: int
    path: str
    new_path: str
    spark: Markup


async def releases(ask: Ask) -> Page:
    """Show the releases that were met in the period, the newest first."""
    app = app_of(ask)
    period = period_of(ask, app)
    lineage = await ask.desk.triage.lineage(app)
    rows = await _rows(ask, app, period, lineage)
    losses = await ask.desk.reports.losses(app, period)
    path = app_path(app, "releases")
    return Page(
        template="releases.html",
        title=f"Releases · {app.name}",
        place=app.name,
        tabs=app_tabs(app, period, "releases"),
        periods=period_tabs(path, period, {}),
        values={
            "app": app,
            "period": period,
            "rows": rows,
            "losses": losses,
            "has_health": any(row.health for row in rows),
            "least": LEAST_SESSIONS,
            "reports": sum(row.release.reports for row in rows),
            "chart": await report_chart(
                ask,
                app,
                period,
                lineage,
                reports_by_day([row.release for row in rows]),
                f"Crash reports of {app.name}",
            ),
            "unnamed": UNNAMED,
        },
        data={
            "app": app.id,
            "period": period_data(period),
            "releases": [_data(row) for row in rows],
            "losses": [{"category": one.category, "reason": one.reason, "lost": one.lost} for one in losses],
        },
        table=_table(rows, has_health=app.sessions),
    )


async def _rows(ask: Ask, app: App, period: Period, lineage: Lineage) -> list[Row]:
    reports, triage = ask.desk.reports, ask.desk.triage
    standings = await triage.standings(app, period.today, lineage)
    back = [one.decision.release for one in standings.values() if one.state is State.REGRESSED]
    healths = await reports.health(app, period) if app.sessions else {}
    return [
        _row(app, period, release, healths, back.count(release.name))
        for release in releases_of(await reports.release_days(app), lineage, period)
    ]


def _row(app: App, period: Period, release: Release, healths: dict[str, Health], back: int) -> Row:
    counts = [float(release.by_day.get(period.since + timedelta(days=day), 0)) for day in range(period.days)]
    of = {"show": "all", "by": "release", "value": release.name}
    path = app_path(app, "crashes")
    mine, before = healths.get(release.name), healths.get(release.previous)
    return Row(
        release,
        mine,
        _points(mine.crash_free_sessions if mine else None, before.crash_free_sessions if before else None),
        back,
        link(path, period.arguments, of),
        link(path, period.arguments, of, {"order": "first"}),
        spark_bars(counts, f"{whole(release.reports)} reports, {period.span}"),
    )


def _points(share: Share | None, before: Share | None) -> float | None:
    """Return the difference of two shares in points."""
    return round(share.percent - before.percent, 2) if share and before else None


def _data(row: Row) -> dict[str, Any]:
    release = row.release
    return {
        "release": release.name,
        "first_day": str(release.first_day),
        "last_day": str(release.last_day),
        "reports": release.reports,
        "groups": release.groups,
        "new_groups": list(release.new_groups),
        "regressed_groups": row.back,
        "opening_days": release.opening_days,
        "opening_reports": release.opening,
        "previous": release.previous or None,
        "opening_reports_before": release.before,
        "days": {str(day): reports for day, reports in sorted(release.by_day.items())},
        **_health_data(row.health),
    }


def _health_data(health: Health | None) -> dict[str, Any]:
    if health is None:
        return {}
    sessions, installs = health.crash_free_sessions, health.crash_free_installs
    return {
        "sessions": health.sessions,
        "adoption": round(100 * health.adoption, 2),
        "installs": health.installs,
        **_share_data("crash_free_sessions", sessions),
        **_share_data("crash_free_installs", installs),
    }


def _share_data(name: str, share: Share | None) -> dict[str, float | None]:
    return {
        name: share.percent if share else None,
        f"{name}_low": round(100 * share.low, 2) if share else None,
        f"{name}_high": round(100 * share.high, 2) if share else None,
    }


def _table(rows: list[Row], *, has_health: bool) -> Table:
    columns = (*_COLUMNS, *(_HEALTH_COLUMNS if has_health else ()))
    found = [{**_data(row), "new_groups": len(row.release.new_groups)} for row in rows]
    return Table(columns, [["" if one.get(name) is None else one[name] for name in columns] for one in found])
