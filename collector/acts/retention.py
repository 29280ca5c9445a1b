"""`logless retention run`: deletion of what is past its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress


async def _run(house: House, _: Mapping[str, Any], __: Progress) -> dict[str, Any]:
    return {"dropped": await house.open.retain()}


RUN = Act(_run, needs_store=True)
