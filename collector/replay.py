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
_YEARS: Final = (1971, 2148)  # what a Date of ClickHouse can hold
_NEEDED: Final = ("at", "ip", "method", "path")


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
                    yield read_line(text, number)
    except OSError as error:
        raise ReplayError(f"{path}: {error.strerror}") from None


def read_line(text: bytes, number: int) -> Line:
    """Read the submission of one line. Raises ReplayError, which names the line by its number."""
    try:
        line = _DECODER.decode(text)
    except msgspec.ValidationError as error:
        raise ReplayError(f"line {number}: {_fault(error)}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ReplayError(f"line {number} is not JSON") from None
    if not _YEARS[0] <= line.at.year <= _YEARS[1]:
        raise ReplayError(f'line {number}: "at" is not between the years {_YEARS[0]} and {_YEARS[1]}')
    return line


def _fault(error: msgspec.ValidationError) -> str:
    """Name the field that is wrong. What stands in it is not repeated, nor is the name of one that does not exist."""
    name = str(error).rpartition(" - at `$")[2].rstrip("`").removesuffix("[...]").lstrip(".")
    if name in Line.__struct_fields__:
        return f'"{name}" has a wrong type'
    missing = [field for field in _NEEDED if f"missing required field `{field}`" in str(error)]
    return f'"{missing[0]}" is missing' if missing else f"an object of {', '.join(Line.__struct_fields__)} is wanted"


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
            pipeline.tick(eager=False)
        answers[await send_line(line, pipeline)] += 1
        progress(count)
    if until is not None:
        clock.move_to(until)
        pipeline.tick(eager=False)
    pipeline.forget(pipeline.ledger.close_all())
    return answers


async def send_line(line: Line, pipeline: Pipeline) -> int:
    """Send one line through the front door and return the status that it was answered with."""
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
        # RFC 9110, 5.5: what is not ASCII in a field's value is opaque bytes; here they are written as text.
        "headers": [(name.lower().encode(), value.encode()) for name, value in line.headers.items()],
        "client": (line.ip, 0),
        "server": ("127.0.0.1", 0),
    }
    await pipeline.app(scope, receive, send)
    return status
