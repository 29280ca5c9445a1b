"""The body of a request, read within a bound."""

from __future__ import annotations

from typing import Final

from starlette.types import Receive

from ingest.counters.cells import Refusal

_DRAINED: Final = 4
"""An oversized body is read on and thrown away up to this many times the limit: a client that is still sending
would not hear why it was refused."""


class DisconnectedError(Exception):
    """The client went away before its submission was complete: there is nobody to answer."""


async def read_body(receive: Receive, limit: int) -> bytes | Refusal:
    """Read a request's body of at most `limit` bytes, else return `TOO_LARGE`. Raises `DisconnectedError`."""
    message = await receive()
    whole: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False) and len(whole) <= limit:
        # As almost every submission comes.
        return whole
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        part = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
        if not message.get("more_body", False) or size > limit * _DRAINED:
            return b"".join(parts) if size <= limit else Refusal.TOO_LARGE
        message = await receive()
