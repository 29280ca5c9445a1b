"""`logless replay`: recorded submissions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from collector.replay import ReplayError, read_lines


async def _replay(house: House, arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    until = _moment(arguments["until"]) if arguments.get("until") else None
    try:
        answers = await house.open.replay(read_lines(Path(arguments["file"])), until, progress)
    except ReplayError as error:
        raise RefusedError(str(error)) from None
    return {"answers": answers}


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError('--until is not a time: write it as "2026-11-30T12:00:00Z"') from None


REPLAY = Act(_replay, needs_store=True)
