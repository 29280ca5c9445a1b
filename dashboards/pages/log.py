"""What members did, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from dashboards.addresses import link
from dashboards.desk import Ask, Format
from dashboards.page import Page
from dashboards.pages.administration import PLACE, admin_tabs, path_of
from dashboards.table import Table
from ingest.store.control.actions import Action, list_log

ROWS: Final = 100
"""Rows of a page for people; programs and spreadsheets are given all."""


async def log(ask: Ask) -> Page:
    """Show the log, a hundred entries at a time."""
    number = _page_number(ask.argument("page"))
    limit, skip = (ROWS, ROWS * (number - 1)) if ask.format is Format.HTML else (None, 0)
    found, total = await run_in_threadpool(list_log, ask.desk.control, limit, skip)
    pages = max(-(-total // ROWS), 1)
    path = path_of("log")
    return Page(
        template="log.html",
        title="Log",
        place=PLACE,
        tabs=admin_tabs(ask, "log"),
        values={
            "actions": [(_written(action), action) for action in found],
            "total": total,
            "number": number,
            "pages": pages,
            "previous": link(path, {"page": str(number - 1)}) if number > 1 else "",
            "following": link(path, {"page": str(number + 1)}) if number < pages else "",
        },
        data={"total_rows": total, "rows": [_data(action) for action in found]},
        table=Table(
            ("minute", "member", "action", "object", "detail", "of"), [tuple(_data(one).values()) for one in found]
        ),
    )


def _written(action: Action) -> str:
    return f"{datetime.fromtimestamp(action.moment, UTC):%-d %b %Y, %H:%M}"


def _data(action: Action) -> dict[str, Any]:
    return {
        "minute": f"{datetime.fromtimestamp(action.moment, UTC):%Y-%m-%dT%H:%MZ}",
        "member": action.member,
        "action": action.action,
        "object": action.object,
        "detail": action.detail,
        "of": action.owner,
    }


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 6 and int(text) > 0 else 1
