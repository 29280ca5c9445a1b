"""What native crash handlers send: a form with a minidump and what the app says beside it.

https://docs.sentry.io/platforms/native/guides/minidumps/: a part `upload_file_minidump`; beside it the field `sentry`
with an event in JSON, that JSON in pieces `sentry__1`, `sentry__2`, fields `sentry[release]`, or the event that
sentry-native writes as msgpack, `__sentry-event`. Of these are read: id, release, environment, consent and what tells
the installation. Everything else of the form, and Crashpad's annotations, are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from ingest.counters.cells import Refusal
from ingest.crashes.envelope import Envelope, Item, read_uuid
from ingest.crashes.minidump import Dump, read_minidump
from ingest.crashes.multipart import Part, read_parts

_DUMP: Final = b"upload_file_minidump"
_RAW_TYPES: Final = frozenset({b"application/octet-stream", b"application/x-dmp", b"application/x-minidump"})
_LONGEST_EVENT: Final = 1 << 20
_MOST_PIECES: Final = 64


class _Tags(msgspec.Struct, omit_defaults=True):
    consent: str | None = None


class _User(msgspec.Struct, omit_defaults=True):
    id: str | int | None = None


class _Said(msgspec.Struct, omit_defaults=True):
    """What an app says beside a dump, in the form of an event."""

    event_id: str | None = None
    release: str | None = None
    environment: str | None = None
    tags: _Tags = msgspec.field(default_factory=_Tags)
    user: _User = msgspec.field(default_factory=_User)


_JSON: Final = msgspec.json.Decoder(_Said)
_MSGPACK: Final = msgspec.msgpack.Decoder(_Said)


def open_dump(body: bytes, content_type: bytes) -> Envelope | Refusal:
    """Return an envelope with an event that stands for a dump, or `BAD_ENVELOPE`.

    `body` is a form, or by its content type a dump alone, which then bears no consent.
    """
    if content_type.partition(b";")[0].strip().lower() in _RAW_TYPES:
        parts: Sequence[Part] | None = [Part(_DUMP, memoryview(body))]
    else:
        parts = read_parts(body, content_type)
    if parts is None:
        return Refusal.BAD_ENVELOPE
    dump = next((read_minidump(part.content) for part in parts if part.name == _DUMP), None)
    if dump is None:
        return Refusal.BAD_ENVELOPE
    said = _said(parts)
    event = msgspec.json.encode(_event_of(dump, said))
    return Envelope(read_uuid(said.event_id), None, (Item("event", memoryview(event)),))


def _event_of(dump: Dump, said: _Said) -> dict[str, object]:
    event: dict[str, object] = {"tags": said.tags, "user": said.user}
    event |= {name: value for name in ("release", "environment") if (value := getattr(said, name)) is not None}
    return event | dump.event


def _said(parts: Sequence[Part]) -> _Said:
    """Return what was said, of the first form in which anything was."""
    fields = {part.name: part.content for part in parts if part.name != _DUMP}
    for content, decode in (
        (fields.get(b"sentry"), _JSON.decode),
        (_joined(fields.get(b"sentry__%d" % number) for number in range(1, _MOST_PIECES)), _JSON.decode),
        (fields.get(b"__sentry-event"), _MSGPACK.decode),
    ):
        said = _read(content, decode)
        if said is not None:
            return said
    texts = {name: bytes(content[:1024]).decode("utf-8", "replace") for name, content in fields.items() if content}
    return _Said(
        event_id=texts.get(b"sentry[event_id]"),
        release=texts.get(b"sentry[release]"),
        environment=texts.get(b"sentry[environment]"),
        tags=_Tags(texts.get(b"sentry[tags][consent]")),
        # Crashpad's id of the installation: it goes into the day's digest of senders and nowhere else.
        user=_User(texts.get(b"sentry[user][id]", texts.get(b"guid"))),
    )


def _joined(pieces: Iterable[memoryview | None]) -> memoryview | None:
    found = []
    for piece in pieces:
        if piece is None:
            break
        found.append(piece)
    return memoryview(b"".join(found)) if found else None


def _read(content: memoryview | None, decode: Callable[[memoryview], _Said]) -> _Said | None:
    if not content or len(content) > _LONGEST_EVENT:
        return None
    try:
        return decode(content)
    except (ValueError, RecursionError):
        return None
