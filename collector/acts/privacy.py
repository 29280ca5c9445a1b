"""`logless privacy` and `logless geo`: what is held, and what the boundary asks."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress
from ingest.boundary.geo import Countries

_INVENTORY = (
    "SELECT table, name, type, comment FROM system.columns WHERE database = currentDatabase() ORDER BY table, position"
)


async def _inventory(house: House, _: Mapping[str, Any], __: Progress) -> dict[str, Any]:
    """Return every column that exists, asked of the store itself."""
    rows = await asyncio.to_thread(house.open.connection.rows, _INVENTORY)
    tables: dict[str, list[dict[str, str]]] = {}
    for table, name, kind, comment in rows:
        tables.setdefault(table, []).append({"column": name, "type": kind, "holds": comment})
    return {"tables": tables}


async def _geo_update(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    """Check a country database and put it in the place of the present one."""
    path = Path(arguments["file"])
    networks = await asyncio.to_thread(Countries.check, path)
    target = house.settings.control_path.parent / "countries.mmdb"
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    shutil.copyfile(path, fresh)
    fresh.replace(target)
    return {"networks": networks, "file": str(target), "effective": "from the next start of the server on"}


INVENTORY = Act(_inventory, needs_store=True)
GEO_UPDATE = Act(_geo_update)
