"""What members note on days of a site, for its chart."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboards.addresses import site_path
from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.administration import note, number_of
from dashboards.pages.owners import period_of, site_of, site_tabs
from dashboards.period import read_date, today_in
from dashboards.table import Table
from ingest.site import Site
from ingest.store.control.actions import Deed
from ingest.store.control.annotations import LONGEST, add_annotation, list_annotations
from ingest.store.control.annotations import remove_annotation as drop_annotation
from ingest.store.control.database import ControlError


async def show_annotations(ask: Ask) -> Page:
    """Show every annotation of a site, and the form to those who may write."""
    site = site_of(ask)
    return await _page(ask, site, {"day": today_in(site.timezone, ask.now).isoformat(), "text": ""})


async def annotate(ask: Ask) -> Page | Response:
    """Keep an annotation, or show the form again with what is wrong."""
    site = site_of(ask)
    form = await read_form(ask.request)
    entered = {name: form.get(name, "") for name in ("day", "text")}
    day = read_date(entered["day"])
    if day is None:
        return await _page(ask, site, entered, "The day is a date, such as 2026-11-09.")
    kept = ask.desk.control, site.owner, day, entered["text"], ask.desk.identifies
    try:
        await run_in_threadpool(add_annotation, *kept)
    except ControlError as error:
        return await _page(ask, site, entered, str(error))
    await note(ask, Deed.ANNOTATED, day.isoformat(), "", site.owner)
    return _back(site)


async def remove_annotation(ask: Ask) -> Response:
    """Remove an annotation."""
    site = site_of(ask)
    number = number_of(await read_form(ask.request), "annotation")
    gone = await run_in_threadpool(drop_annotation, ask.desk.control, site.owner, number)
    if gone is not None:
        await note(ask, Deed.ANNOTATION_REMOVED, gone.day.isoformat(), "", site.owner)
    return _back(site)


def _back(site: Site) -> Response:
    return RedirectResponse(site_path(site, "annotations"), status_code=303)


async def _page(ask: Ask, site: Site, entered: Mapping[str, str], error: str = "") -> Page:
    found = await run_in_threadpool(list_annotations, ask.desk.control, site.owner)
    path = site_path(site, "annotations")
    return Page(
        template="annotations.html",
        title=f"Annotations · {site.id}",
        place=site.id,
        tabs=site_tabs(site, period_of(ask, site), ""),
        values={
            "site": site,
            "found": found,
            "entered": entered,
            "error": error,
            "may_write": ask.can_edit,
            "longest": LONGEST,
            "action": path,
        },
        data={"site": site.id, "annotations": [{"day": one.day.isoformat(), "text": one.text} for one in found]},
        table=Table(("day", "text"), [(one.day.isoformat(), one.text) for one in found]),
        status=400 if error else 200,
    )
