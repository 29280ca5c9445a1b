"""Crash groups of an app: those that want attention, and what to look among them for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from markupsafe import Markup

from dashboards.addresses import app_path, link
from dashboards.charts import spark_bars
from dashboards.desk import Ask, Format
from dashboards.groups import Group, sum_by_day
from dashboards.lineage import Lineage
from dashboards.numbers import whole
from dashboards.page import Page
from dashboards.pages.owners import app_of, app_tabs, period_data, period_of, period_tabs
from dashboards.pages.report_chart import report_chart
from dashboards.period import Period
from dashboards.search import LONGEST, words_of
from dashboards.table import Table
from dashboards.triage import Standing
from ingest.app import App
from ingest.store.control.decisions import State

ROWS: Final = 50
ORDERS: Final = ("reports", "last", "first")
NOTHING: Final = Standing()

FACETS: Final = (
    ("release", "Release", "No release"),
    ("system_version", "System", "Unknown"),
    ("model", "Model", "Unknown"),
    ("arch", "Architecture", "Unknown"),
    ("environment", "Environment", "Unknown"),
    ("state", "State of the app", "Unknown"),
    ("tag", "Tag", "None"),
    ("language", "Language", "Unknown"),
    ("memory", "Memory", "Unknown"),
    ("storage", "Free storage", "Unknown"),
    ("uptime", "Up for", "Unknown"),
    ("low_memory", "Short of memory", "Unknown"),
    ("vpn", "VPN", "Unknown"),
)
"""The attributes of reports, what each is called, and what a report without one is called."""


class Show(StrEnum):
    """Which groups are listed. A regressed group is an open one."""

    OPEN = "open"
    NEW = "new"
    REGRESSED = "regressed"
    MUTED = "muted"
    RESOLVED = "resolved"
    ALL = "all"

    def takes(self, group: Group, standing: Standing) -> bool:
        """Return whether a group is listed."""
        is_open = standing.state in {State.OPEN, State.REGRESSED}
        if self is Show.ALL:
            return True
        if self is Show.OPEN:
            return is_open
        return is_open and group.is_new if self is Show.NEW else standing.state.value == self.value


@dataclass(frozen=True, slots=True)
class Row:
    """A group of the list with its small chart and where it stands."""

    group: Group
    standing: Standing
    path: str
    spark: Markup


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address asks to see, apart from the period."""

    show: Show
    search: str
    facet: tuple[str, str] | None
    order: str

    @classmethod
    def read(cls, ask: Ask) -> Choice:
        """Read the address. What it does not know is the default: a page is no place for a 400."""
        show, order, by = ask.argument("show"), ask.argument("order"), ask.argument("by")
        named = next((attribute for attribute, *_ in FACETS if attribute == by), None)
        return cls(
            Show(show) if show in list(Show) else Show.OPEN,
            ask.argument("q").replace("\0", "").strip()[:LONGEST],
            (named, ask.argument("value").replace("\0", "")[:LONGEST]) if named is not None else None,
            order if order in ORDERS else ORDERS[0],
        )

    def arguments(self, **other: Any) -> dict[str, str]:
        """Return the arguments of an address that asks for this, with some of it otherwise."""
        show, order = other.get("show", self.show), other.get("order", self.order)
        facet = other.get("facet", self.facet)
        return {
            "show": "" if show is Show.OPEN else str(show),
            "q": other.get("search", self.search),
            "by": facet[0] if facet else "",
            "value": facet[1] if facet else "",
            "order": "" if order == ORDERS[0] else order,
        }


async def crashes(ask: Ask) -> Page:
    """Show the groups with reports in the period."""
    app = app_of(ask)
    period = period_of(ask, app)
    choice = Choice.read(ask)
    lineage = await ask.desk.triage.lineage(app)
    standings = await standings_of(ask, app, period.today, lineage)
    found = await _found(ask, app, period, choice)
    facets = await ask.desk.reports.facets(app, period)
    groups = [group for group in found if choice.show.takes(group, standings.get(group.id, NOTHING))]
    groups = _ordered(groups, choice.order)
    shown = groups if ask.argument("rows") == "all" or ask.format is not Format.HTML else groups[:ROWS]
    path = app_path(app, "crashes")
    reports = sum(group.reports for group in groups)
    keep = choice.arguments()
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
            "choice": choice,
            "keep": {name: value for name, value in keep.items() if value},
            "rows": [_row(app, period, group, standings.get(group.id, NOTHING)) for group in shown],
            "package": _package(groups),
            "total": len(groups),
            "is_empty": not any(facets.values()),
            "reports": reports,
            "chart": await report_chart(ask, app, period, lineage, sum_by_day(groups), f"Crash reports of {app.name}"),
            "shows": _shows(found, standings, choice, period, path),
            "orders": [
                (name, link(path, period.arguments, choice.arguments(order=name)), name == choice.order)
                for name in ORDERS
            ],
            "facets": _facets(facets, choice, period, path),
            "chip": _chip(choice, period, path),
            "unsearched": link(path, period.arguments, choice.arguments(search="")),
            "every": link(path, period.arguments, keep, {"rows": "all"}),
            "here": link(path, period.arguments, keep),
            "can_edit": ask.can_edit,
        },
        data={
            "app": app.id,
            "period": period_data(period),
            "show": choice.show.value,
            "search": choice.search,
            "filter": {"by": choice.facet[0], "value": choice.facet[1]} if choice.facet else None,
            "reports": reports,
            "groups": [_group_data(group, standings.get(group.id, NOTHING)) for group in groups],
        },
        table=_table(groups, standings),
    )


async def _found(ask: Ask, app: App, period: Period, choice: Choice) -> list[Group]:
    found = await ask.desk.reports.groups(app, period, choice.facet)
    words = words_of(choice.search)
    if not words:
        return found
    holding = await ask.desk.reports.holding(app, words)
    return [group for group in found if group.id in holding or choice.search == group.id]


def _ordered(groups: list[Group], order: str) -> list[Group]:
    if order == "last":
        return sorted(groups, key=lambda group: group.name.last_day or date.min, reverse=True)
    if order == "first":
        return sorted(groups, key=lambda group: group.name.first_day or date.min, reverse=True)
    return groups


def _package(groups: Sequence[Group]) -> str:
    """Return `app@` when all releases begin with it: in a narrow column the version tells more."""
    packages = {release.rpartition("@")[0] for group in groups for release, _ in group.releases}
    return f"{packages.pop()}@" if len(packages) == 1 and packages != {""} else ""


def _shows(
    found: Sequence[Group], standings: Mapping[str, Standing], choice: Choice, period: Period, path: str
) -> list[tuple[str, str, int, bool]]:
    counts = Counter(show for group in found for show in Show if show.takes(group, standings.get(group.id, NOTHING)))
    return [
        (
            show.value.capitalize(),
            link(path, period.arguments, choice.arguments(show=show)),
            counts[show],
            show is choice.show,
        )
        for show in Show
    ]


def _facets(
    found: Mapping[str, Sequence[tuple[str, int]]], choice: Choice, period: Period, path: str
) -> list[tuple[str, str, list[tuple[str, int, str, bool]]]]:
    """Return of each attribute its title, the name of no value, and its values with reports and the way to them."""
    return [
        (
            title,
            empty,
            [
                (
                    value,
                    reports,
                    link(path, period.arguments, choice.arguments(facet=(attribute, value))),
                    choice.facet == (attribute, value),
                )
                for value, reports in found.get(attribute, ())
            ],
        )
        for attribute, title, empty in FACETS
    ]


def _chip(choice: Choice, period: Period, path: str) -> tuple[str, str, str] | None:
    """Return what the list is filtered by, and the way back."""
    if choice.facet is None:
        return None
    attribute, value = choice.facet
    title, empty = next((title, empty) for one, title, empty in FACETS if one == attribute)
    return title, value or empty, link(path, period.arguments, choice.arguments(facet=None))


def _row(app: App, period: Period, group: Group, standing: Standing) -> Row:
    days = [period.since + timedelta(days=number) for number in range(period.days)]
    counts = [float(group.by_day.get(day, 0)) for day in days]
    spark = spark_bars(counts, f"{whole(group.reports)} reports, {period.span}")
    return Row(group, standing, link(app_path(app, "crashes", group.id), period.arguments), spark)


def _group_data(group: Group, standing: Standing) -> dict[str, Any]:
    return {
        "group": group.id,
        "title": group.name.title,
        "type": group.name.type,
        "function": group.name.function,
        "state": standing.state.value,
        "assignee": standing.assignee.name if standing.assignee else None,
        "reports": group.reports,
        "first_day": str(group.name.first_day),
        "last_day": str(group.name.last_day),
        "new": group.is_new,
        "releases": [{"release": release, "reports": reports} for release, reports in group.releases],
        "days": {str(day): reports for day, reports in sorted(group.by_day.items())},
    }


def _table(groups: Sequence[Group], standings: Mapping[str, Standing]) -> Table:
    return Table(
        ("group", "title", "reports", "first_day", "last_day", "releases", "state", "assignee"),
        [
            (
                group.id,
                group.name.title,
                group.reports,
                str(group.name.first_day),
                str(group.name.last_day),
                " ".join(release for release, _ in group.releases),
                standing.state.value,
                standing.assignee.name if standing.assignee else "",
            )
            for group, standing in ((group, standings.get(group.id, NOTHING)) for group in groups)
        ],
    )


async def standings_of(ask: Ask, app: App, today: date, lineage: Lineage) -> dict[str, Standing]:
    """Return the standings of an app's groups. Whoever came by a shared link is not told who looks after what."""
    found = await ask.desk.triage.standings(app, today, lineage)
    return found if ask.session else {group: replace(one, assignee=None) for group, one in found.items()}
