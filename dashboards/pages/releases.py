"""The releases of an app: what each broke, and what it mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from dashboards.addresses import app_path, link
from dashboards.charts import spark_bars
from dashboards.desk import Ask
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


@dataclass(frozen=True, slots=True)
class Row:
    """A release of the table."""

    release: Release
    back: int
    path: str
    new_path: str
    spark: Markup


async def releases(ask: Ask) -> Page:
    """Show the releases with reports in the period, the newest first."""
    app = app_of(ask)
    period = period_of(ask, app)
    desk = ask.desk
    days = await desk.reports.release_days(app)
    lineage = await desk.triage.lineage(app)
    standings = await desk.triage.standings(app, period.today)
    back = [one.decision.release for one in standings.values() if one.state is State.REGRESSED]
    found = releases_of(days, lineage, period)
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
            "rows": [_row(app, period, release, back.count(release.name)) for release in found],
            "reports": sum(release.reports for release in found),
            "most": max((release.reports for release in found), default=0),
            "chart": report_chart(reports_by_day(found), period, f"Crash reports of {app.name}"),
            "unnamed": UNNAMED,
        },
        data={
            "app": app.id,
            "period": period_data(period),
            "releases": [_data(release, back.count(release.name)) for release in found],
        },
        table=Table(
            (
                "release", "first_day", "last_day", "reports", "groups", "new_groups", "regressed_groups",
                "opening_days", "opening_reports", "opening_reports_before",
            ),
            [
                (
                    release.name, str(release.first_day), str(release.last_day), release.reports, release.groups,
                    len(release.new_groups), back.count(release.name), release.opening_days, release.opening,
                    "" if release.before is None else release.before,
                )
                for release in found
            ],
        ),
    )  # fmt: skip


def _row(app: App, period: Period, release: Release, back: int) -> Row:
    counts = [float(release.by_day.get(period.since + timedelta(days=day), 0)) for day in range(period.days)]
    of = {"show": "all", "by": "release", "value": release.name}
    path = app_path(app, "crashes")
    return Row(
        release,
        back,
        link(path, period.arguments, of),
        link(path, period.arguments, of, {"order": "first"}),
        spark_bars(counts, f"{whole(release.reports)} reports, {period.span}"),
    )


def _data(release: Release, back: int) -> dict[str, Any]:
    return {
        "release": release.name,
        "first_day": str(release.first_day),
        "last_day": str(release.last_day),
        "reports": release.reports,
        "groups": release.groups,
        "new_groups": list(release.new_groups),
        "regressed_groups": back,
        "opening_days": release.opening_days,
        "opening_reports": release.opening,
        "previous": release.previous or None,
        "opening_reports_before": release.before,
        "days": {str(day): reports for day, reports in sorted(release.by_day.items())},
    }
