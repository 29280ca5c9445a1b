"""Crash groups of an app, and one group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import re2
from markupsafe import Markup
from starlette.exceptions import HTTPException

from dashboards.addresses import app_path, link
from dashboards.charts import Chart, Point, bar_chart, spark_bars
from dashboards.desk import Ask, Format
from dashboards.numbers import whole
from dashboards.page import Page
from dashboards.pages.owners import app_of, app_tabs, period_data, period_of, period_tabs
from dashboards.period import Bucket, Period, in_words
from dashboards.reports import Detail, Group, sum_by_day
from dashboards.table import Table
from ingest.app import App
from ingest.counters.cells import RARE, CrashAttribute

ROWS: Final = 50
ORDERS: Final = ("reports", "last", "first")

_GROUP: Final = re2.compile(r"[0-9a-f]{16}")

FACETS: Final = (
    (CrashAttribute.RELEASE, "Releases", "No release"),
    (CrashAttribute.SYSTEM_VERSION, "Systems", "Unknown"),
    (CrashAttribute.MODEL, "Models", "Unknown"),
    (CrashAttribute.ARCH, "Architectures", "Unknown"),
    (CrashAttribute.ENVIRONMENT, "Environments", "Unknown"),
    (CrashAttribute.STATE, "States", "Unknown"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A group of the list with its small chart."""

    group: Group
    path: str
    spark: Markup


async def crashes(ask: Ask) -> Page:
    """Show the groups with reports in the period."""
    app = app_of(ask)
    period = period_of(ask, app)
    order = ask.argument("order") if ask.argument("order") in ORDERS else ORDERS[0]
    groups = _ordered(await ask.desk.reports.groups(app, period), order)
    shown = groups if ask.argument("rows") == "all" or ask.format is not Format.HTML else groups[:ROWS]
    path = app_path(app, "crashes")
    keep = {} if order == ORDERS[0] else {"order": order}
    return Page(
        template="crashes.html",
        title=f"Crashes · {app.name}",
        place=app.name,
        tabs=app_tabs(app, period, "crashes"),
        periods=period_tabs(path, period, keep),
        is_live=period.includes_today and not app.profile.at_close_only,
        values={
            "app": app,
            "period": period,
            "rows": [_row(app, period, group) for group in shown],
            "total": len(groups),
            "reports": sum(group.reports for group in groups),
            "chart": _bars(sum_by_day(groups), period, f"Crash reports of {app.name}"),
            "orders": [
                (name, link(path, period.arguments, {} if name == ORDERS[0] else {"order": name}), name == order)
                for name in ORDERS
            ],
            "every": link(path, period.arguments, keep, {"rows": "all"}),
        },
        data={
            "app": app.id,
            "period": period_data(period),
            "reports": sum(group.reports for group in groups),
            "groups": [_group_data(group) for group in groups],
        },
        table=Table(
            ("group", "title", "reports", "first_day", "last_day", "releases"),
            [
                (
                    group.id,
                    group.name.title,
                    group.reports,
                    str(group.name.first_day),
                    str(group.name.last_day),
                    " ".join(release for release, _ in group.releases),
                )
                for group in groups
            ],
        ),
    )


async def crash(ask: Ask) -> Page:
    """Show one group: its stack, and what its reports have in common."""
    app = app_of(ask)
    period = period_of(ask, app)
    name = ask.request.path_params["group"]
    detail = await ask.desk.reports.group(app, name, period) if _GROUP.fullmatch(name) else None
    if detail is None:
        raise HTTPException(404)
    path = app_path(app, "crashes", detail.id)
    return Page(
        template="crash.html",
        title=f"{detail.name.title} · {app.name}",
        place=app.name,
        tabs=app_tabs(app, period, "crashes"),
        periods=period_tabs(path, period, {}),
        values={
            "app": app,
            "period": period,
            "detail": detail,
            "chart": _bars(dict(detail.by_day), period, detail.name.title),
            "facets": [(title, empty, detail.values.get(attribute, ())) for attribute, title, empty in FACETS],
            "has_rare": any(value == RARE for values in detail.values.values() for value, _ in values),
            "stripped": detail.values.get(CrashAttribute.STRIPPED, ()),
            "messages": [value for value, _ in detail.values.get(CrashAttribute.MESSAGE, ()) if value != RARE],
            "waiting": ask.desk.reports.waiting(app, detail.id),
            "groups": link(app_path(app, "crashes"), period.arguments),
        },
        data=_detail_data(app, period, detail),
        table=Table(
            ("attribute", "value", "reports"),
            [(kind, value, reports) for kind, values in sorted(detail.values.items()) for value, reports in values],
        ),
    )


def _ordered(groups: list[Group], order: str) -> list[Group]:
    if order == "last":
        return sorted(groups, key=lambda group: group.name.last_day or date.min, reverse=True)
    if order == "first":
        return sorted(groups, key=lambda group: group.name.first_day or date.min, reverse=True)
    return groups


def _row(app: App, period: Period, group: Group) -> Row:
    days = _days(period)
    counts = [float(group.by_day.get(day, 0)) for day in days]
    spark = spark_bars(counts, f"{whole(group.reports)} reports, {period.span}")
    return Row(group, link(app_path(app, "crashes", group.id), period.arguments), spark)


def _days(period: Period) -> list[date]:
    return [period.since + timedelta(days=number) for number in range(period.days)]


def _bars(by_day: dict[date, int], period: Period, title: str) -> Chart:
    # Reports are counted by day, so a single day is one bar and not a chart of hours.
    bucket = Bucket.DAY if period.bucket is Bucket.HOUR else period.bucket
    sums = dict.fromkeys(period.starts(bucket), 0)
    for day, reports in by_day.items():
        sums[period.start_of(day, bucket)] += reports
    points = [
        Point(
            in_words(start) if bucket is Bucket.DAY else f"{bucket.capitalize()} from {in_words(start)}",
            f"{start:%b}" if bucket is Bucket.MONTH else f"{start.day} {start:%b}",
            float(reports),
            period.includes_today and start == period.start_of(period.today, bucket),
        )
        for start, reports in sums.items()
    ]
    return bar_chart(points, f"{title} by {bucket}, {period.span}", whole)


def _group_data(group: Group) -> dict[str, Any]:
    return {
        "group": group.id,
        "title": group.name.title,
        "type": group.name.type,
        "function": group.name.function,
        "reports": group.reports,
        "first_day": str(group.name.first_day),
        "last_day": str(group.name.last_day),
        "new": group.is_new,
        "releases": [{"release": release, "reports": reports} for release, reports in group.releases],
        "days": {str(day): reports for day, reports in sorted(group.by_day.items())},
    }


def _detail_data(app: App, period: Period, detail: Detail) -> dict[str, Any]:
    stack = detail.stack
    return {
        "app": app.id,
        "period": period_data(period),
        "group": detail.id,
        "title": detail.name.title,
        "type": detail.name.type,
        "function": detail.name.function,
        "algorithm": detail.algorithm,
        "reports": detail.reports,
        "first_day": str(detail.name.first_day) if detail.name.first_day else None,
        "last_day": str(detail.name.last_day) if detail.name.last_day else None,
        "days": {str(day): reports for day, reports in sorted(detail.by_day.items())},
        "values": {
            attribute: [{"value": value, "reports": reports} for value, reports in values]
            for attribute, values in sorted(detail.values.items())
        },
        "exceptions": [
            {
                "type": exception.type,
                "frames": [
                    {
                        "function": frame.function,
                        "module": frame.module,
                        "file": frame.file,
                        "line": frame.line,
                        "in_app": frame.in_app,
                    }
                    for frame in exception.frames
                ],
            }
            for exception in (stack.exceptions if stack else ())
        ],
    }
