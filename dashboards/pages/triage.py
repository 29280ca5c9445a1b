"""What editors do with crash groups: resolve, mute, assign, note, merge, split."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from dashboards.access import own_path
from dashboards.addresses import app_path
from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.crash import GROUP
from dashboards.pages.owners import app_of
from dashboards.period import Period, read_date, today_in
from dashboards.triage import wait_of
from dashboards.versions import UNNAMED
from ingest.app import App
from ingest.store.control.actions import note_action
from ingest.store.control.assignments import assign, unassign
from ingest.store.control.database import ControlError
from ingest.store.control.decisions import State, Until
from ingest.store.control.merges import merge_groups, split_group
from ingest.store.control.notes import add_note, delete_note

LONGEST_RELEASE: Final = 64
MOST_REPORTS: Final = 1_000_000

_RESOLVES: Final = frozenset({Until.NOW, Until.NEXT, Until.RELEASE})


async def change_state(ask: Ask) -> Response:
    """Resolve, mute or open a group."""
    app, group = await _known(ask)
    form = await read_form(ask.request)
    await _change_state(ask, app, group, form)
    return _back(ask, form)


async def change_assignee(ask: Ask) -> Response:
    """Give a group to a member, or to nobody."""
    app, group = await _known(ask)
    form = await read_form(ask.request)
    number = form.get("user", "")
    if not number:
        await run_in_threadpool(unassign, ask.desk.control, app.id, group)
        await _note(ask, app, "unassigned", group, "")
        return _back(ask, form)
    member = next((user for user in await ask.desk.triage.members() if str(user.id) == number), None)
    if member is None:
        raise HTTPException(400)
    await run_in_threadpool(assign, ask.desk.control, app.id, group, member.id)
    await _note(ask, app, "assigned", group, member.name)
    return _back(ask, form)


async def write_note(ask: Ask) -> Page | Response:
    """Keep a note, unless it seems to hold somebody's identifier."""
    app, group = await _known(ask)
    form = await read_form(ask.request)
    releases = await ask.desk.reports.firsts(app)

    def trip(text: str) -> str | None:
        return ask.desk.identifies(without_releases(text, releases)) or None

    note = (app.id, group, ask.user.id, form.get("text", ""), _today(ask, app), trip)
    try:
        await run_in_threadpool(add_note, ask.desk.control, *note)
    except ControlError as error:
        message = f"{error} Go back to change it."
        values = {"status": 400, "message": message}
        return Page(template="error.html", title="This note was not kept", values=values, status=400)
    await _note(ask, app, "noted", group, "")
    return _back(ask, form)


async def remove_note(ask: Ask) -> Response:
    """Delete a note."""
    app, group = await _known(ask)
    form = await read_form(ask.request)
    if await run_in_threadpool(delete_note, ask.desk.control, app.id, _number(form, "note", 2**53)):
        await _note(ask, app, "note deleted", group, "")
    return _back(ask, form)


async def merge_into(ask: Ask) -> Response:
    """Show another group as this one."""
    app, group = await _known(ask)
    form = await read_form(ask.request)
    other = form.get("other", "")
    if other not in await ask.desk.reports.names(app):
        raise HTTPException(400)
    await _merge(ask, app, [other], group)
    return _back(ask, form)


async def split(ask: Ask) -> Response:
    """Show a group that was merged as itself again."""
    app = app_of(ask)
    part = ask.request.path_params["group"]
    form = await read_form(ask.request)
    into = (await ask.desk.reports.merges(app)).get(part)
    if into is None:
        raise HTTPException(404)
    await run_in_threadpool(split_group, ask.desk.control, app.id, part)
    for one in (into, part):
        await _note(ask, app, "split", one, part)
    return _back(ask, form)


async def change_many(ask: Ask) -> Response:
    """Merge, resolve or open the groups that were ticked in a list."""
    app = app_of(ask)
    form = await read_form(ask.request)
    names = await ask.desk.reports.names(app)
    ticked = [group for group, value in form.items() if value == "on" and group in names]
    if ticked and form.get("do") == "merge":
        await _merge(ask, app, ticked[1:], ticked[0])
    elif form.get("do") in {Until.NOW, State.OPEN}:
        for group in ticked:
            await _change_state(ask, app, group, {"until": form["do"]})
    return _back(ask, form)


async def _merge(ask: Ask, app: App, groups: list[str], into: str) -> None:
    if not groups:
        return
    await run_in_threadpool(merge_groups, ask.desk.control, app.id, groups, into)
    await ask.desk.triage.rebase(app, into, _today(ask, app))
    for group in groups:
        await _note(ask, app, "merged", into, group)
        await _note(ask, app, "merged", group, f"into {into}")


async def _change_state(ask: Ask, app: App, group: str, form: Mapping[str, str]) -> None:
    today = _today(ask, app)
    wanted = form.get("until", "")
    if wanted == State.OPEN:
        await ask.desk.triage.reopen(app, group)
        await _note(ask, app, "reopened", group, "")
        return
    if wanted not in list(Until):
        raise HTTPException(400)
    until = Until(wanted)
    if until in _RESOLVES:
        made = await ask.desk.triage.resolve(app, group, until, _release(form) if until is Until.RELEASE else "", today)
    else:
        number = _number(form, "number", MOST_REPORTS) if until is not Until.DATE else 0
        end = _end(form, today) if until is Until.DATE else None
        made = await ask.desk.triage.mute(app, group, until, number, end, today)
    await _note(ask, app, made.state.value, group, wait_of(made))


def without_releases(text: str, releases: Collection[str]) -> str:
    """Return a text with the releases of an app taken out of it: `2.14.0.1` is one of them and nobody's address."""
    names = {part for release in releases for part in (release, release.rpartition("@")[2]) if part not in UNNAMED}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "release")
    return text


async def _known(ask: Ask) -> tuple[App, str]:
    """Return the app and the group of the address, as it is shown. Raises HTTPException 404."""
    app = app_of(ask)
    name = ask.request.path_params["group"]
    name = (await ask.desk.reports.merges(app)).get(name, name)
    today = _today(ask, app)
    if GROUP.fullmatch(name) is None or not await ask.desk.reports.group(app, name, Period("day", today, today, today)):
        raise HTTPException(404)
    return app, name


def _today(ask: Ask, app: App) -> date:
    return today_in(app.timezone, ask.now)


async def _note(ask: Ask, app: App, action: str, group: str, detail: str) -> None:
    told = app.owner, ask.user.name, action, group, detail, ask.now
    await run_in_threadpool(note_action, ask.desk.control, *told)


def _back(ask: Ask, form: Mapping[str, str]) -> Response:
    """Lead back to the page that the form was on."""
    path = own_path(form.get("back", ""))
    return RedirectResponse(path if path != "/" else app_path(app_of(ask), "crashes"), status_code=303)


def _release(form: Mapping[str, str]) -> str:
    release = form.get("release", "").strip()
    if not 0 < len(release) <= LONGEST_RELEASE or not release.isprintable():
        raise HTTPException(400)
    return release


def _number(form: Mapping[str, str], name: str, most: int) -> int:
    text = form.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 17 and 0 < int(text) <= most):
        raise HTTPException(400)
    return int(text)


def _end(form: Mapping[str, str], today: date) -> date:
    end = read_date(form.get("end", ""))
    if end is None or end <= today:
        raise HTTPException(400)
    return end
