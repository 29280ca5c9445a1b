"""What native crash handlers send: a form with a minidump and what the app says beside it.

https://docs.sentry.io/platforms/native/guides/minidumps/: a part `upload_file_minidump`; beside it the field `sentry`
with an event in JSON, that JSON in pieces `sentry__1`, `sentry__2`, fields `sentry[release]`, or the event that
sentry-native writes as msgpack, `__sentry-event`. Of these are read: id, release, environment, consent and what tells
the installation. Everything else of the form, and Crashpad's annotations, are passed over.

sentry-native and Electron also send an envelope of the event and, as an attachment, the dump: then the event is read as
any other, and the dump says what was thrown and where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from ingest.counters.cells import Refusal
from ingest.crashes.encoding import Limits
from ingest.crashes.envelope import Envelope, Item, read_uuid
from ingest.crashes.event import open_event
from ingest.crashes.minidump import Dump, read_minidump
from ingest.crashes.multipart import Part, read_parts
from ingest.crashes.sections import MISSING, Raw, is_crowded, is_given, read_section

ATTACHMENT: Final = "event.minidump"
"""https://develop.sentry.dev/sdk/data-model/envelope-items/#attachment: the type of an attachment that is a dump."""

_DUMP: Final = b"upload_file_minidump"
_EVENT: Final = "event"
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
    return Envelope(read_uuid(said.event_id), None, (Item(_EVENT, memoryview(event)),))


def join_dump(envelope: Envelope, size: int, limits: Limits) -> Envelope | Refusal:
    """Put what a minidump among the attachments tells into the event beside it, and let go of the dump.

    `size` is what the whole envelope weighs: `TOO_LARGE` if it does not keep to the limits without the dumps, or the
    dumps to theirs. An attachment that only calls itself a dump is `BAD_ENVELOPE`, as at the address of minidumps.
    Without an event the dump stands for one, which then bears no consent.
    """
    dumps = [item.payload for item in envelope.items if item.attachment == ATTACHMENT]
    weight = sum(len(payload) for payload in dumps)
    if size - weight > limits.decompressed or weight > limits.minidump:
        return Refusal.TOO_LARGE
    if not dumps:
        return envelope
    dump = read_minidump(dumps[0])
    if dump is None:
        return Refusal.BAD_ENVELOPE
    # Payloads are views: a copy of what is small lets go of what is large.
    items = [
        replace(item, payload=memoryview(bytes(item.payload)))
        for item in envelope.items
        if item.attachment != ATTACHMENT
    ]
    events = [number for number, item in enumerate(items) if item.type == _EVENT]
    if not events:
        items.append(Item(_EVENT, memoryview(b"{}")))
    at = events[0] if events else -1
    items[at] = replace(items[at], payload=_joined_event(items[at].payload, dump))
    return replace(envelope, items=tuple(items))


def _joined_event(payload: memoryview, dump: Dump) -> memoryview:
    """Return an event with the dump's exception in the place of its own; one that cannot be read, as it is."""
    event = Refusal.TOO_LARGE if is_crowded(payload) else open_event(payload)
    if isinstance(event, Refusal):
        return payload
    told = dump.event
    contexts = _completed(event.get("contexts", MISSING), told.pop("contexts"))
    return memoryview(msgspec.json.encode({**event, **told, "contexts": contexts}))


def _completed(raw: Raw, told: Mapping[str, Any]) -> Any:
    """Return an object with what it does not say itself added, object by object."""
    said = read_section(raw) if is_given(raw) else {}
    if said is None:
        return raw
    return {
        **told,
        **said,
        **{
            name: _completed(said[name], more)
            for name, more in told.items()
            if name in said and isinstance(more, Mapping)
        },
    }


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
