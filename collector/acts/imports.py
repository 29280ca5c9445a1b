"""`logless import`: a web server's log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from collector.imports import Order
from collector.log_files import LogError


async def _import(house: House, arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    site = house.sites.get(arguments["site"])
    if site is None:
        raise RefusedError(f'no site "{arguments["site"]}" is configured: see `logless site list`')
    order = Order(
        site=site,
        files=tuple((name, Path(path)) for name, path in arguments["files"]),
        form=arguments.get("format") or "",
        until=_day(arguments.get("until")),
        dry_run=bool(arguments.get("dry_run")),
    )
    try:
        return await house.open.imports.run(house.open, order, progress)
    except LogError as error:
        raise RefusedError(str(error)) from None


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.max
    except ValueError:
        raise RefusedError("--until is not a day: write it as 2026-11-30") from None


IMPORT = Act(_import, needs_store=True)
