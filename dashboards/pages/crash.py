"""One crash group: where it happens, what its reports share, and what the team made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import re2
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from dashboards.addresses import app_path, link
from dashboards.desk import Ask
from dashboards.groups import Detail
from dashboards.lineage import Lineage
from dashboards.page import Page
from dashboards.pages.crashes import FACETS, NOTHING, standings_of
from dashboards.pages.owners import app_of, app_tabs, period_data, period_of, period_tabs
from dashboards.pages.report_chart import report_chart
from dashboards.period import Period
from dashboards.table import Table
from dashboards.triage import Standing
from dashboards.versions import UNNAMED
from ingest.app import App
from ingest.counters.cells import RARE, CrashAttribute
from ingest.store.control.actions import list_actions
from ingest.store.control.notes import LONGEST, Note, list_notes

GROUP: Final = re2.compile(r"[0-9a-f]{16}")

_ALWAYS: Final = frozenset({"release", "system_version", "model", "arch", "environment", "state"})
"""Attributes that every report can have: an empty card says that nothing is shared yet."""
_TRIPPED: Final = re2.compile(r"(?P<field>[^:]+:[^ ]+) \((?P<release>.*)\)")


@dataclass(frozen=True, slots=True)
class Stripped:
    """A field of the reports that was not kept, and why if a detector said so."""

    field: str
    detector: str
    reports: int
    releases: tuple[tuple[str, int], ...] = ()


async def crash(ask: Ask) -> Page | Response:
    """Show one group; the address of one that was merged leads to the one that it is shown as."""
    app = app_of(ask)
    period = period_of(ask, app)
    name = ask.request.path_params["group"]
    if GROUP.fullmatch(name) is None:
        raise HTTPException(404)
    into = (await ask.desk.reports.merges(app)).get(name)
    if into is not None:
        ending = f".{ask.format}" if ask.format else ""
        return RedirectResponse(link(app_path(app, "crashes", into) + ending, period.arguments), status_code=303)
    detail = await ask.desk.reports.group(app, name, period)
    if detail is None:
        raise HTTPException(404)
    lineage = await ask.desk.triage.lineage(app)
    standing = (await standings_of(ask, app, period.today, lineage)).get(name, NOTHING)
    members = [part.id for part in detail.parts] or [name]
    # What the team writes to each other is for the team: whoever came by a shared link is not told.
    notes = await run_in_threadpool(list_notes, ask.desk.control, app.id, members) if ask.session else []
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
            "chart": await report_chart(ask, app, period, lineage, detail.by_day, detail.name.title),
            "facets": [
                (title, empty, detail.values.get(attribute, ()))
                for attribute, title, empty in FACETS
                if attribute in _ALWAYS or detail.values.get(attribute)
            ],
            "has_rare": any(value == RARE for values in detail.values.values() for value, _ in values),
            "stripped": _stripped(detail),
            "messages": [value for value, _ in detail.values.get("message", ()) if value != RARE],
            "waiting": ask.desk.reports.waiting(app, detail.id),
            "groups": link(app_path(app, "crashes"), period.arguments),
            "here": link(path, period.arguments),
            "longest": LONGEST,
            **await _team(ask, app, detail, standing, notes, members, lineage),
        },
        data=_data(app, period, detail, standing, notes),
        table=Table(
            ("attribute", "value", "reports"),
            [(kind, value, reports) for kind, values in sorted(detail.values.items()) for value, reports in values],
        ),
    )


async def _team(
    ask: Ask,
    app: App,
    detail: Detail,
    standing: Standing,
    notes: Sequence[Note],
    members: Sequence[str],
    lineage: Lineage,
) -> dict[str, Any]:
    """Return what the team's part of the page needs."""
    actions = await run_in_threadpool(list_actions, ask.desk.control, app.owner, members) if ask.session else []
    return {
        "can_edit": ask.can_edit,
        "standing": standing,
        "notes": notes,
        "actions": actions,
        "members": await ask.desk.triage.members() if ask.can_edit else [],
        "newest": lineage.newest(release for release, _ in detail.values.get(CrashAttribute.RELEASE, ())),
        "span_of_releases": span_of(detail, lineage),
        "others": await _others(ask, app, members) if ask.can_edit else [],
    }


async def _others(ask: Ask, app: App, members: Sequence[str]) -> list[tuple[str, str]]:
    names = await ask.desk.reports.names(app)
    return sorted(((name.title, group) for group, name in names.items() if group not in members), key=lambda one: one)


def span_of(detail: Detail, lineage: Lineage) -> tuple[str, str]:
    """Return the oldest and the newest release in which a group was met in the period; empty where none is known."""
    found = [release for release, _ in detail.values.get(CrashAttribute.RELEASE, ()) if release not in UNNAMED]
    ordered = sorted(found, key=lineage.place)
    return (ordered[0], ordered[-1]) if ordered else ("", "")


def _stripped(detail: Detail) -> list[Stripped]:
    """Return the fields: `user`, or `frame.function:email` for a detector, whose releases are counted beside it."""
    releases: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for value, reports in detail.values.get("tripped", ()):
        found = _TRIPPED.fullmatch(value)
        if found is not None:
            releases[found["field"]].append((found["release"], reports))
    lost = []
    for value, reports in detail.values.get(CrashAttribute.STRIPPED, ()):
        field, _, detector = value.partition(":")
        lost.append(Stripped(field, detector, reports, tuple(releases[value])))
    return lost


def _data(app: App, period: Period, detail: Detail, standing: Standing, notes: Sequence[Note]) -> Mapping[str, Any]:
    stack = detail.stack
    return {
        "app": app.id,
        "period": period_data(period),
        "group": detail.id,
        "title": detail.name.title,
        "type": detail.name.type,
        "function": detail.name.function,
        "state": standing.state.value,
        "assignee": standing.assignee.name if standing.assignee else None,
        "new": detail.is_new,
        "algorithm": detail.algorithm,
        "merged": [part.id for part in detail.parts if part.id != detail.id],
        "formerly": [part.id for part in detail.parts if part.is_former],
        "notes": [{"author": note.author, "day": str(note.day), "text": note.text} for note in notes],
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
