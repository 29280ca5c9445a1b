"""`logless replay`: feeds timed submissions through the real pipeline, under their own clock.

One JSON object a line: `{"at": "2026-11-01T10:00:00Z", "ip": "…", "method": "POST", "path": "/api/event",
"headers": {…}, "body": "…"}`. Days are closed as the clock passes them; at the end of the file time has ended, and
what is still open is closed too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.types import Message

from collector.pipeline import Pipeline

_TICK_EVERY: Final = 60.0


class ReplayError(Exception):
    """The file cannot be replayed; the message names the line."""


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """One submission as a client sent it."""

    at: datetime
    ip: str
    method: str
    path: str
    headers: dict[str, str] = {}
    body: str = ""


_DECODER: Final = msgspec.json.Decoder(Line)


class ReplayClock:
    """Time as the file tells it, in seconds since the epoch. It never runs backwards."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def __call__(self) -> float:
        """Return the time that it is."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move the clock on to a moment; without a zone it is UTC."""
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        self._now = max(self._now, aware.timestamp())


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the submissions of a file. Raises ReplayError."""
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, 1):
                if text.strip():
                    yield _read_line(text, number)
    except OSError as error:
        raise ReplayError(f"{path}: {error.strerror}") from None


def _read_line(text: bytes, number: int) -> Line:
    try:
        return _DECODER.decode(text)
    except msgspec.ValidationError as error:
        raise ReplayError(f"line {number}: {error}") from None
    except msgspec.DecodeError:
        raise ReplayError(f"line {number} is not JSON") from None


async def replay(
    lines: Iterable[Line],
    pipeline: Pipeline,
    clock: ReplayClock,
    *,
    until: datetime | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Counter[int]:
    """Send each line at its time and return how often each status was answered."""
    answers: Counter[int] = Counter()
    ticked = 0.0
    for count, line in enumerate(lines, 1):
        clock.move_to(line.at)
        if clock() - ticked >= _TICK_EVERY:
            ticked = clock()
            # What a profile holds nothing back for is written as its day closes: nobody watches a replay live.
            pipeline.tick(flush=False)
        answers[await _send(line, pipeline)] += 1
        progress(count)
    if until is not None:
        clock.move_to(until)
        pipeline.tick(flush=False)
    pipeline.forget(pipeline.ledger.close_all())
    return answers


async def _send(line: Line, pipeline: Pipeline) -> int:
    path, _, query = line.path.partition("?")
    body = line.body.encode()
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": line.method.upper(),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in line.headers.items()],
        "client": (line.ip, 0),
        "server": ("127.0.0.1", 0),
    }
    await pipeline.app(scope, receive, send)
    return status
