"""Answers to submissions of hits, built once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.types import Message, Send

from ingest.counters.ledger import Ledger

_OPEN: Final = [(b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff")]


@dataclass(frozen=True, slots=True)
class Answer:
    """The two messages of an ASGI response."""

    start: Message
    body: Message
    head: bytes = field(init=False)  # as HTTP/1.1 writes the first of them, without the blank line

    def __post_init__(self) -> None:
        status = HTTPStatus(self.start["status"])
        lines = [f"HTTP/1.1 {status} {status.phrase}".encode()]
        lines += [name + b": " + value for name, value in self.start["headers"]]
        object.__setattr__(self, "head", b"".join([line + b"\r\n" for line in lines]))

    async def send(self, send: Send) -> None:
        """Send both messages."""
        await send(self.start)
        await send(self.body)

    @property
    def takes(self) -> bool:
        """Whether it says that a submission was taken."""
        return bool(self.start["status"] < 300)

    def readable_by(self, origin: bytes) -> Answer:
        """Return the same for a page that asks with credentials; no origin: for any page that asks without."""
        if not origin:
            return self
        # Fetch, 3.2.5: where credentials are included, `*` is the name of nobody.
        others = [header for header in self.start["headers"] if header not in _OPEN[:1]]
        named = [(_OPEN[0][0], origin), (b"access-control-allow-credentials", b"true"), (b"vary", b"origin")]
        return Answer({**self.start, "headers": [*named, *others]}, self.body)


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
EMPTY: Final = answer(204)
PIXEL: Final = answer(
    200,
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
    (
        (b"content-type", b"image/gif"),
        (b"cache-control", b"no-store"),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ),
)
"""One transparent pixel."""
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


async def settle(ledger: Ledger, made: Answer) -> Answer:
    """Wait until what was counted is journaled, refusals too; return the answer, or BUSY in the place of a promise."""
    try:
        await ledger.settled()
    except OSError as failure:
        return kept(made, failure)
    return made


def kept(made: Answer, failure: BaseException | None) -> Answer:
    """Return an answer as it may be given once a turn is settled: what is not in the journal was not taken."""
    return BUSY if failure is not None and made.takes else made
