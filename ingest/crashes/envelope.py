"""The envelope: a header line and items.

https://develop.sentry.dev/sdk/data-model/envelopes/ (read in November 2026); the quotes below are its rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
import re2

from ingest.counters.cells import Refusal

T = TypeVar("T")

_LONGEST_HEADER: Final = 8192
_MOST_ITEMS: Final = 1000
_NEWLINE: Final = 10  # "UNIX newlines, represented by \\n and ASCII code 10"
# "UUIDs are declared as either 32 character hexadecimal strings without dashes […], or 36 character strings with
# dashes".
_UUID: Final = re2.compile(
    r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its type and its payload, a view into the envelope.

    Of `raw_security` also what its header adds, and of an attachment its type.
    """

    type: str
    payload: memoryview
    release: str = ""
    environment: str = ""
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened envelope: 16 bytes of event id and a DSN, if its header has them, and its items."""

    event_id: bytes | None
    dsn: str | None
    items: tuple[Item, ...]


class _Header(msgspec.Struct):
    # "Unknown attributes are allowed": they are not materialised.
    event_id: str | None = None
    dsn: str | None = None


class _ItemHeader(msgspec.Struct):
    type: str
    length: int | None = None
    sentry_release: str | None = None
    sentry_environment: str | None = None
    attachment_type: str | None = None


_HEADER: Final = msgspec.json.Decoder(_Header)
_ITEM_HEADER: Final = msgspec.json.Decoder(_ItemHeader)


class _FormatError(Exception):
    """The envelope breaks a rule of the format."""


def read_uuid(text: str | None) -> bytes | None:
    """Return the 16 bytes of a UUID with or without dashes, or None if it is none."""
    return bytes.fromhex(text.replace("-", "")) if text and _UUID.fullmatch(text) else None


def read_envelope(body: bytes) -> Envelope | Refusal:
    """Open an envelope; `BAD_ENVELOPE` when it is malformed, `TOO_LARGE` when it has over 1,000 items.

    Payloads are views: nothing is copied, and types that Logless does not know are still listed, to be skipped.
    """
    try:
        # "Envelope header is required, but it can be empty."
        line, at = _line(body, 0)
        header = _decode(_HEADER, line)
        event_id = read_uuid(header.event_id)
        if header.event_id and event_id is None:
            # "All known headers and their data types can be validated […]; if validation fails, the Envelope may be
            # rejected as malformed."
            return Refusal.BAD_ENVELOPE
        items = []
        # "Envelopes may be empty, terminating immediately after the headers."
        for item in _items(body, at):
            items.append(item)
            if len(items) > _MOST_ITEMS:
                return Refusal.TOO_LARGE
    except _FormatError:
        return Refusal.BAD_ENVELOPE
    return Envelope(event_id, header.dsn, tuple(items))


def _items(body: bytes, at: int) -> Iterator[Item]:
    """Yield the items from an offset on: "An implementation should consume Items until the file ends"."""
    whole = memoryview(body).toreadonly()
    while at < len(body):
        if at == len(body) - 1 and body[at] == _NEWLINE:
            # "Envelopes should be terminated with a trailing newline. […] After the final newline, no whitespace is
            # allowed." After an item whose payload was ended by a newline, one more may be that final newline.
            return
        line, at = _line(body, at)
        header = _decode(_ITEM_HEADER, line)
        end = _end(body, at, header.length)
        yield Item(
            header.type,
            whole[at:end],
            header.sentry_release or "",
            header.sentry_environment or "",
            header.attachment_type or "",
        )
        at = end + 1


def _line(body: bytes, at: int) -> tuple[bytes, int]:
    """Return a header line and the offset behind it: "always followed by a newline or the end of the file"."""
    end = body.find(b"\n", at, at + _LONGEST_HEADER + 1)
    if end < 0:
        end = len(body)
    if end - at > _LONGEST_HEADER:
        raise _FormatError
    return body[at:end], min(end + 1, len(body))


def _decode(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    # "Must not be padded by leading or trailing whitespace": so a "\r" before the newline is refused too.
    if not (line.startswith(b"{") and line.endswith(b"}")):
        raise _FormatError
    try:
        return decoder.decode(line)
    except (ValueError, RecursionError):  # ValueError: not JSON, not UTF-8, or a field of the wrong type
        raise _FormatError from None


def _end(body: bytes, at: int, length: int | None) -> int:
    """Return where the payload that begins at an offset ends."""
    if length is None:
        # "If no length is specified, the payload implicitly goes to the next newline" or the end of the file. A "\r"
        # before it is "thus part of the payload".
        end = body.find(b"\n", at)
        return end if end >= 0 else len(body)
    end = at + length
    # "If length cannot be consumed, that is, the Envelope is EOF before the number of bytes has been consumed, then
    # the Envelope is malformed."
    if length < 0 or end > len(body):
        raise _FormatError
    # "Length-prefixed payloads must terminate with \n or EOF. […] Any other character, including whitespace, means
    # the Envelope is malformed."
    if end < len(body) and body[end] != _NEWLINE:
        raise _FormatError
    return end
