"""From a request to an opened envelope: key, content coding, format."""

from __future__ import annotations

from hmac import compare_digest

from starlette.types import Scope

from ingest.app import App
from ingest.counters.cells import Refusal
from ingest.crashes.authentication import key_of_dsn, key_of_request
from ingest.crashes.encoding import Limits, decode, unwrap_store
from ingest.crashes.envelope import Envelope, Item, read_envelope

EVENT = "event"
"""The type of the one item that is counted."""


def open_submission(
    scope: Scope, app: App, body: bytes | Refusal, limits: Limits, *, is_store: bool
) -> Envelope | Refusal:
    """Check that the key is the app's, wherever it is, and open the envelope.

    `body` is as it came, or why it could not be read. A body posted to `/store/` is one event and stands for an
    envelope of it. `WRONG_KEY` goes before whatever else is wrong.
    """
    key = key_of_request(scope["query_string"], scope["headers"])
    if key is not None and not _is_same(key, app.key):
        return Refusal.WRONG_KEY
    envelope = body if isinstance(body, Refusal) else _unpack(scope, body, limits, is_store=is_store)
    if key is None:
        dsn = envelope.dsn if isinstance(envelope, Envelope) else None
        if not _is_same(key_of_dsn(dsn), app.key):
            # "If both are missing, the Envelope is rejected with status code 403 Forbidden."
            return Refusal.WRONG_KEY
    return envelope


def _unpack(scope: Scope, body: bytes, limits: Limits, *, is_store: bool) -> Envelope | Refusal:
    # RFC 9110, 5.3: several fields of one name are one list.
    coding = b", ".join(value for name, value in scope["headers"] if name == b"content-encoding")
    opened = decode(body, coding, limits)
    if isinstance(opened, Refusal):
        return opened
    if not is_store:
        return read_envelope(opened)
    event = unwrap_store(opened, limits)
    return event if isinstance(event, Refusal) else Envelope(None, None, (Item(EVENT, memoryview(event)),))


def _is_same(key: str | None, own: str) -> bool:
    return key is not None and compare_digest(key.encode("utf-8", "surrogatepass"), own.encode())
