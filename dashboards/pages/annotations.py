"""What members note on days of a site or app, for its charts."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboards.addresses import owner_path
from dashboards.alerts.alert import name_of
from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.administration import note, number_of
from dashboards.pages.owners import owner_data, owner_of, owner_tabs
from dashboards.period import read_date, today_in
from dashboards.table import Table
from ingest.app import App
from ingest.site import Site
from ingest.store.control.actions import Deed
from ingest.store.control.annotations import LONGEST, add_annotation, list_annotations
from ingest.store.control.annotations import remove_annotation as drop_annotation
from ingest.store.control.database import ControlError


async def show_annotations(ask: Ask) -> Page:
    """Show every annotation of a site or app, and the form to those who may write."""
    owner = owner_of(ask)
    return await _page(ask, owner, {"day": today_in(owner.timezone, ask.now).isoformat(), "text": ""})


async def annotate(ask: Ask) -> Page | Response:
    """Keep an annotation, or show the form again with what is wrong."""
    owner = owner_of(ask)
    form = await read_form(ask.request)
    entered = {name: form.get(name, "") for name in ("day", "text")}
    day = read_date(entered["day"])
    if day is None:
        return await _page(ask, owner, entered, "The day is a date, such as 2026-11-09.")
    kept = ask.desk.control, owner.owner, day, entered["text"], ask.desk.identifies
    try:
        await run_in_threadpool(add_annotation, *kept)
    except ControlError as error:
        return await _page(ask, owner, entered, str(error))
    await note(ask, Deed.ANNOTATED, day.isoformat(), "", owner.owner)
    return _back(owner)


async def remove_annotation(ask: Ask) -> Response:
    """Remove an annotation."""
    owner = owner_of(ask)
    number = number_of(await read_form(ask.request), "annotation")
    gone = await run_in_threadpool(drop_annotation, ask.desk.control, owner.owner, number)
    if gone is not None:
        await note(ask, Deed.ANNOTATION_REMOVED, gone.day.isoformat(), "", owner.owner)
    return _back(owner)


def _back(owner: Site | App) -> Response:
    return RedirectResponse(owner_path(owner, "annotations"), status_code=303)


async def _page(ask: Ask, owner: Site | App, entered: Mapping[str, str], error: str = "") -> Page:
    found = await run_in_threadpool(list_annotations, ask.desk.control, owner.owner)
    path = owner_path(owner, "annotations")
    return Page(
        template="annotations.html",
        title=f"Annotations · {name_of(owner)}",
        place=name_of(owner),
        tabs=owner_tabs(ask, owner, ""),
        values={
            "owner": owner,
            "name": name_of(owner),
            "kind": "site" if isinstance(owner, Site) else "app",
            "root": owner_path(owner) if isinstance(owner, Site) else owner_path(owner, "crashes"),
            "found": found,
            "entered": entered,
            "error": error,
            "may_write": ask.can_edit,
            "longest": LONGEST,
            "action": path,
        },
        data={**owner_data(owner), "annotations": [{"day": one.day.isoformat(), "text": one.text} for one in found]},
        table=Table(("day", "text"), [(one.day.isoformat(), one.text) for one in found]),
        status=400 if error else 200,
    )
