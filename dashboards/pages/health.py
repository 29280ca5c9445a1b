"""How the server is, and how much it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool

from dashboards.desk import Ask
from dashboards.inventory import Held
from dashboards.page import Page
from dashboards.pages.administration import PLACE, admin_tabs
from dashboards.table import Table
from dashboards.vitals import Vitals
from ingest.store.client import StoreError


async def health(ask: Ask) -> Page:
    """Show the state of the server. It answers also while the store is away: that is when people look."""
    vitals = await run_in_threadpool(ask.desk.vitals)
    held = await _held(ask)
    data = _data(vitals)
    return Page(
        template="health.html",
        title="Health",
        place=PLACE,
        tabs=admin_tabs(ask, "health"),
        values={"vitals": vitals, "held": held, "server_notices": list(ask.desk.notices())},
        data={**data, "notices": list(ask.desk.notices()), "tables": [_size(table) for table in held or ()]},
        table=Table(
            ("name", "value"),
            [
                *((name, _cell(value)) for name, value in data.items() if name != "findings"),
                *((f"rows of {table.name}", table.rows) for table in held or ()),
                *((f"bytes of {table.name}", table.bytes) for table in held or ()),
                *((finding.check, finding.found) for finding in vitals.findings),
            ],
        ),
    )


async def _held(ask: Ask) -> Sequence[Held] | None:
    try:
        return await ask.desk.inventory.everything()
    except StoreError:
        return None


def _data(vitals: Vitals) -> dict[str, Any]:
    return {**asdict(vitals), "retained": vitals.retained.isoformat() if vitals.retained else None}


def _cell(value: object) -> str | int:
    return int(value) if isinstance(value, bool | int) else str(value or "")


def _size(table: Held) -> dict[str, Any]:
    return {"table": table.name, "rows": table.rows, "bytes": table.bytes}
