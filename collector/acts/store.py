"""`logless migrate`: the tables."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress
from ingest.store.migrations import all_migrations, migrate


async def _migrate(house: House, _: Mapping[str, Any], __: Progress) -> dict[str, Any]:
    applied = await asyncio.to_thread(migrate, house.open.connection)
    return {"applied": applied, "known": [migration.name for migration in all_migrations()]}


MIGRATE = Act(_migrate, needs_store=True)
