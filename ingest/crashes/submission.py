"""From a request to an opened envelope: key, content coding, format."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from hmac import compare_digest
from typing import Final

from starlette.types import Scope

from ingest.app import App
from ingest.counters.cells import Refusal
from ingest.crashes.authentication import key_of_dsn, key_of_request
from ingest.crashes.dumps import join_dump, open_dump
from ingest.crashes.encoding import Limits, decode, unwrap_store
from ingest.crashes.envelope import Envelope, Item, read_envelope
from ingest.crashes.query import parameter_of
from ingest.crashes.security import RAW_SECURITY, SECURITY_TYPES

EVENT: Final = "event"
"""The type of the item that is a crash report."""


class Route(StrEnum):
    """What a path takes, by its last part."""

    ENVELOPE = "envelope"
    STORE = "store"
    SECURITY = "security"
    CSP_REPORT = "csp-report"
    MINIDUMP = "minidump"


SECURITY_ROUTES: Final = frozenset({Route.SECURITY, Route.CSP_REPORT})


def open_submission(
    scope: Scope, app: App, body: bytes | Refusal, limits: Limits, route: Route, *, roomy: bool = False
) -> Envelope | Refusal:
    """Check that the key is the app's, wherever it is, and open the envelope.

    `body` is as it came, or why it could not be read. What is posted to `/store/` is one event, and to `/security/`
    one report of a browser: each stands for an envelope of it. `WRONG_KEY` goes before whatever else is wrong. An
    envelope is opened `roomy` to see whether it is a minidump that makes it too large.
    """
    key = key_of_request(scope["query_string"], scope["headers"])
    if key is not None and not is_same_key(key, app):
        return Refusal.WRONG_KEY
    envelope = body if isinstance(body, Refusal) else _unpack(scope, body, limits, route, roomy=roomy)
    if key is None:
        dsn = envelope.dsn if isinstance(envelope, Envelope) else None
        if not is_same_key(key_of_dsn(dsn), app):
            # "If both are missing, the Envelope is rejected with status code 403 Forbidden."
            return Refusal.WRONG_KEY
    return envelope


def has_key(scope: Scope, app: App) -> bool:
    """Tell whether a request bears the app's key before its body is read."""
    return is_same_key(key_of_request(scope["query_string"], scope["headers"]), app)


def is_same_key(key: str | None, app: App) -> bool:
    """Tell whether a key is the app's, in a time that does not depend on it."""
    return key is not None and compare_digest(key.encode("utf-8", "surrogatepass"), app.key.encode())


def _header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")


def _kind(scope: Scope) -> bytes:
    """Return the content type without its parameters, in lower case, empty when there is none."""
    return _header(scope["headers"], b"content-type").partition(b";")[0].strip().lower()


def _unpack(scope: Scope, body: bytes, limits: Limits, route: Route, *, roomy: bool) -> Envelope | Refusal:
    if route in SECURITY_ROUTES and _kind(scope) not in SECURITY_TYPES:
        return Refusal.BAD_TYPE
    # RFC 9110, 5.3: several fields of one name are one list.
    if route is Route.MINIDUMP:
        limits = limits.of_minidumps
    coding = b", ".join(value for name, value in scope["headers"] if name == b"content-encoding")
    if route is Route.ENVELOPE:
        return _open_envelope(body, coding, limits, roomy=roomy)
    opened = decode(body, coding, limits)
    if isinstance(opened, Refusal):
        return opened
    if route is Route.MINIDUMP:
        return open_dump(opened, _header(scope["headers"], b"content-type"))
    if route is Route.STORE:
        event = unwrap_store(opened, limits)
        return event if isinstance(event, Refusal) else Envelope(None, None, (Item(EVENT, memoryview(event)),))
    query = scope["query_string"]
    release, environment = parameter_of(query, "sentry_release"), parameter_of(query, "sentry_environment")
    return Envelope(None, None, (Item(RAW_SECURITY, memoryview(opened), release, environment),))


def _open_envelope(body: bytes, coding: bytes, limits: Limits, *, roomy: bool) -> Envelope | Refusal:
    opened = decode(body, coding, limits.with_minidump if roomy else limits)
    envelope = opened if isinstance(opened, Refusal) else read_envelope(opened)
    if isinstance(opened, bytes) and isinstance(envelope, Envelope):
        return join_dump(envelope, len(opened), limits)
    # What has no room as an envelope, and is none, is too large before all else.
    return Refusal.TOO_LARGE if roomy else envelope
