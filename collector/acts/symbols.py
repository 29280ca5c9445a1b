"""`logless symbols`: what a release's developers upload."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from ingest.crashes.strings import UnreadableStringsError, phrases_of
from ingest.store.control.strings import put_strings

_MOST_BYTES: Final = 32 << 20


def _read(path: Path) -> set[str]:
    if path.stat().st_size > _MOST_BYTES:
        raise RefusedError(f"{path.name} is larger than 32 MiB: upload the texts of messages, not all resources")
    try:
        return phrases_of(path.read_bytes())
    except UnreadableStringsError as error:
        raise RefusedError(f"{path.name}: {error}") from None


async def _upload(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    number, release = arguments["app"], arguments["release"]
    if number not in house.apps:
        raise RefusedError(f'no app "{number}" is configured: see `logless app list`')
    phrases = await asyncio.to_thread(_read, Path(arguments["strings"]))
    await asyncio.to_thread(put_strings, house.control, number, release, phrases)
    if house.collector is not None:
        house.collector.strings.renew(number, release)
    return {"app": number, "release": release, "texts": len(phrases)}


UPLOAD = Act(_upload)
