"""`logless app`: programs that send crash reports."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

from collector.acts.act import Act, House
from collector.configuration import add_checked
from collector.control_socket import Progress, RefusedError
from dashboards.way_in import WayIn
from ingest.app import App


def dsn(house: House, app: App) -> str:
    """Return the DSN that an SDK is given."""
    return WayIn(house.settings.server.url).dsn(app)


def _told(house: House, app: App) -> dict[str, Any]:
    return {
        "id": app.id,
        "name": app.name,
        "dsn": dsn(house, app),
        "timezone": str(app.timezone),
        "profile": app.profile.value,
        "consent": app.consent.value,
        "sessions": app.sessions,
        "demonstration": app.demonstration,
    }


async def _list(house: House, _: Mapping[str, Any], __: Progress) -> list[dict[str, Any]]:
    return [_told(house, app) for app in house.apps.values()]


async def _add(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    path = house.file(arguments)
    values = {name: value for name, value in arguments["values"].items() if value not in (None, [])}
    number = values.get("id") or max(house.apps, default=0) + 1
    if number in house.apps:
        raise RefusedError(f'app "{number}" is there already')
    values = {"id": number, "key": secrets.token_hex(16), **values}
    house.settings = await asyncio.to_thread(add_checked, path, "app", values)
    if house.collector is not None:
        house.collector.reload()
    return _told(house, house.apps[number])


async def _dsn(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    app = house.apps.get(arguments["id"])
    if app is None:
        raise RefusedError(f'no app "{arguments["id"]}" is configured: see `logless app list`')
    return {"id": app.id, "dsn": dsn(house, app)}


LIST = Act(_list)
ADD = Act(_add)
DSN = Act(_dsn)
