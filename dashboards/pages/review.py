"""One host of the referrer audit: what it sent, what was found about its claims, and the next finding."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from dashboards.addresses import link, site_path
from dashboards.audit import FLAGS, Audited
from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.administration import note
from dashboards.pages.audit import audited_data, read_audit
from dashboards.pages.breakdown import AUDIT, section_tabs
from dashboards.pages.owners import period_of, selection_of, site_of, site_tabs
from dashboards.panels import panels_of_site
from dashboards.period import read_date, today_in
from dashboards.referrers import Converted
from dashboards.table import Table
from ingest.site import Site
from ingest.store.control.actions import Deed
from ingest.store.control.database import ControlError
from ingest.store.control.reviews import (
    LONGEST_CLAIM,
    LONGEST_NOTE,
    Finding,
    Review,
    Status,
    add_review,
    check_finding,
    review_history,
)
from ingest.store.control.users import Role

AGAIN_DAYS: Final = 91
"""Days after which the form proposes to look again."""


async def show_review(ask: Ask) -> Page:
    """Show a host with its reviews, and the form to those who may write."""
    site = site_of(ask)
    row = await _row(ask, site, ask.argument("host"))
    finding = row.review.finding if row.review else Finding("", Status.NOT_REVIEWED, "", None)
    again = today_in(site.timezone, ask.now) + timedelta(days=AGAIN_DAYS)
    entered = {"claim": finding.claim, "status": finding.status.value, "note": finding.note, "due": again.isoformat()}
    return await _page(ask, site, row, entered)


async def save_review(ask: Ask) -> Page | Response:
    """Keep a review, or show the form again with what is wrong."""
    site = site_of(ask)
    form = await read_form(ask.request)
    row = await _row(ask, site, form.get("host", ""))
    entered = {name: form.get(name, "") for name in ("claim", "status", "note", "due")}
    try:
        finding, today = _finding(ask, entered), today_in(site.timezone, ask.now)
        await run_in_threadpool(add_review, ask.desk.control, site.id, row.host, finding, ask.user.id, today)
    except ControlError as error:
        return await _page(ask, site, row, entered, str(error))
    await note(ask, Deed.REVIEWED, row.host, finding.status.value, site.owner)
    return RedirectResponse(link(_path(site), {"host": row.host, "saved": "1"}), status_code=303)


def _finding(ask: Ask, entered: Mapping[str, str]) -> Finding:
    """Return what was entered as it may be kept. Raises ControlError."""
    finding = check_finding(entered["claim"], entered["status"], entered["note"], _due(entered["due"]))
    found = ask.desk.identifies(finding.note)
    if found:
        raise ControlError(
            f"The note holds what looks like somebody's ({found}): leave it out. A review is about a website."
        )
    return finding


def _due(text: str) -> date | None:
    if not text:
        return None
    day = read_date(text)
    if day is None:
        raise ControlError("The day to look again is a date, such as 2027-01-31, or empty for never.")
    return day


async def _row(ask: Ask, site: Site, host: str) -> Audited:
    """Return a host of the audit. Raises HTTPException 404 for any other text: nobody may review what is not there."""
    rows, _ = await read_audit(ask, site)
    row = next((row for row in rows if row.host == host), None)
    if row is None:
        raise HTTPException(404)
    return row


async def _page(ask: Ask, site: Site, row: Audited, entered: Mapping[str, str], error: str = "") -> Page:
    goals, history = await asyncio.gather(
        ask.desk.referrers.goals(site, row.source or row.host),
        run_in_threadpool(review_history, ask.desk.control, site.id, row.host),
    )
    path = _path(site)
    return Page(
        template="review.html",
        title=f"{row.host} · Referrer audit",
        place=site.id,
        tabs=site_tabs(site, period_of(ask, site), "sources"),
        section=section_tabs(panels_of_site(ask.desk.panels, site), site, selection_of(ask, site), AUDIT),
        values={
            "site": site,
            "row": row,
            "flags": {flag: FLAGS[flag] for flag in row.flags},
            "goals": goals,
            "history": history,
            "entered": entered,
            "error": error,
            "saved": bool(ask.argument("saved")),
            "statuses": [status.value for status in Status],
            "may_review": ask.user.role.covers(Role.EDITOR),
            "longest_claim": LONGEST_CLAIM,
            "longest_note": LONGEST_NOTE,
            "action": path,
            "audit": site_path(site, "audit"),
            "json": link(f"{path}.json", {"host": row.host}),
            "csv": link(f"{path}.csv", {"host": row.host}),
        },
        data={"site": site.id, **audited_data(row), "goals_by_week": _weeks(goals), "reviews": _reviews(history)},
        table=Table(
            ("host", "reviewed", "status", "claim", "note", "reviewer", "due"),
            [(row.host, *review.values()) for review in _reviews(history)],
        ),
        status=400 if error else 200,
    )


def _path(site: Site) -> str:
    return site_path(site, "audit", "review")


def _weeks(goals: Sequence[Converted]) -> list[dict[str, Any]]:
    return [{"week": one.week.isoformat(), "goal": one.goal, "converters": one.converters} for one in goals]


def _reviews(history: Sequence[Review]) -> list[dict[str, str]]:
    return [
        {
            "reviewed": review.day.isoformat(),
            "status": review.finding.status.value,
            "claim": review.finding.claim,
            "note": review.finding.note,
            "reviewer": review.reviewer,
            "due": review.finding.due.isoformat() if review.finding.due else "",
        }
        for review in history
    ]
