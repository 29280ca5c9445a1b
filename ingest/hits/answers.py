"""Answers to submissions of hits, built once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from starlette.types import Message, Send

_OPEN: Final = [(b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff")]


@dataclass(frozen=True, slots=True)
class Answer:
    """The two messages of an ASGI response."""

    start: Message
    body: Message

    async def send(self, send: Send) -> None:
        """Send both messages."""
        await send(self.start)
        await send(self.body)


def answer(status: int, body: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    """Build an answer that any page may read."""
    length = [(b"content-length", str(len(body)).encode())]
    return Answer(
        {"type": "http.response.start", "status": status, "headers": [*_OPEN, *headers, *length]},
        {"type": "http.response.body", "body": body},
    )


def refused(reason: str) -> Answer:
    """Build a 400 that names what is wrong; it never repeats what was sent."""
    return answer(400, json.dumps({"error": reason}).encode(), ((b"content-type", b"application/json"),))


ACCEPTED: Final = answer(202)
BUSY: Final = answer(503, headers=((b"retry-after", b"30"),))
TOO_LARGE: Final = answer(413)
WRONG_TYPE: Final = answer(415)
PREFLIGHT: Final = answer(
    204,
    headers=(
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", b"86400"),
    ),
)
