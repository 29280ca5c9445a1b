"""What a Sentry SDK is answered. Every text here is a constant: nothing that came in goes out.

The one exception is the id of an event, which the protocol has the client choose: it goes back as 32 hex digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from starlette.types import Send

from ingest.app import App
from ingest.counters.cells import Refusal

Headers = tuple[tuple[bytes, bytes], ...]

RETRY_AFTER: Final = 60  # seconds
_COLLECT_NEVER: Final = 86_400  # seconds

NEVER_WANTED: Final = (
    *("transaction", "span", "replay", "profile", "profile_chunk", "log_item", "log_byte", "trace_metric"),
    *("trace_metric_byte", "monitor", "feedback"),
)
"""Categories of https://develop.sentry.dev/sdk/expected-features/rate-limiting/ that SDKs are told not to collect."""

_CORS: Final[Headers] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"x-sentry-error, x-sentry-rate-limits, retry-after"),
)
_ALLOWED_HEADERS: Final = (
    b"x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, authentication, "
    b"authorization, content-encoding, transfer-encoding, sentry-trace, baggage"
)
_PREFLIGHT: Final[Headers] = (
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", _ALLOWED_HEADERS),
    (b"access-control-max-age", b"3600"),
)
_JSON: Final = b"application/json"


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer to what is not taken: its status, and the remedy in one line."""

    status: HTTPStatus
    detail: str


NO_CONSENT: Final = Problem(
    HTTPStatus.FORBIDDEN,
    "this app takes reports only with consent: call set_tag('consent', 'given') once the person has agreed",
)
DENIED: Final = Problem(HTTPStatus.FORBIDDEN, "the report says that consent is denied: it was not read and not counted")
NOT_FOUND: Final = Problem(HTTPStatus.NOT_FOUND, "no such address: crash reports go to /api/{app}/envelope/")
WRONG_METHOD: Final = Problem(
    HTTPStatus.METHOD_NOT_ALLOWED, "crash reports are sent by POST, old ones to /store/ also by GET"
)

PROBLEMS: Final = {
    Refusal.UNKNOWN_APP: Problem(HTTPStatus.FORBIDDEN, "no such app: compare the DSN with `logless app dsn`"),
    Refusal.WRONG_KEY: Problem(
        HTTPStatus.FORBIDDEN, "the key is missing or not this app's: compare the DSN with `logless app dsn`"
    ),
    Refusal.NO_CONSENT: NO_CONSENT,
    Refusal.BAD_ENVELOPE: Problem(HTTPStatus.BAD_REQUEST, "the envelope or minidump is malformed"),
    Refusal.BAD_ENCODING: Problem(
        HTTPStatus.BAD_REQUEST,
        "the body is not what Content-Encoding says: one of gzip, deflate, br, zstd, identity is read",
    ),
    Refusal.BAD_JSON: Problem(HTTPStatus.BAD_REQUEST, "the event is not a JSON object"),
    Refusal.BAD_FIELD: Problem(HTTPStatus.BAD_REQUEST, "the session or client report breaks the protocol"),
    Refusal.BAD_TYPE: Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "send a security report as application/csp-report or application/reports+json",
    ),
    Refusal.TOO_LARGE: Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "the submission is larger than limits.envelope, minidump or the protocol allows",
    ),
    Refusal.FULL: Problem(HTTPStatus.TOO_MANY_REQUESTS, "nothing can be counted for the moment: send again later"),
    Refusal.OVER_RATE: Problem(HTTPStatus.TOO_MANY_REQUESTS, "more submissions a minute than limits.per_sender allows"),
}
"""The answers to refusals. A refusal that is not here is answered as if it had been counted."""

_PIXEL: Final = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
"""A transparent GIF of one pixel: old SDKs report by loading a picture."""


def rate_limits(app: App | None, *, busy: bool = False) -> bytes:
    """Return the value of X-Sentry-Rate-Limits: `seconds:category;category:scope:reason`, seconds as integers.

    SDKs heed it on every answer, 200 too. It outranks Retry-After, so with 429 it says that too.
    """
    categories = NEVER_WANTED if app is None or app.takes_sessions else (*NEVER_WANTED, "session")
    never = f"{_COLLECT_NEVER}:{';'.join(categories)}:organization:not_collected"
    for_now = f"{RETRY_AFTER}:default;error;security;session;attachment:organization:busy, " if busy else ""
    return (for_now + never).encode()


class Success(StrEnum):
    """How a client of a route hears that its submission was taken."""

    ID = "id"  # the event's id as JSON
    EMPTY = "empty"
    PIXEL = "pixel"
    TEXT = "text"  # the event's id with hyphens


async def send_taken(send: Send, app: App, event_id: bytes, success: Success = Success.ID) -> None:
    """Answer 200, exactly: sentry-java takes no other status for success."""
    limits = ((b"x-sentry-rate-limits", rate_limits(app)),)
    if success is Success.TEXT:
        await _send(send, HTTPStatus.OK, b"text/plain; charset=utf-8", str(UUID(bytes=event_id)).encode(), limits)
    elif success is Success.PIXEL:
        await _send(send, HTTPStatus.OK, b"image/gif", _PIXEL, limits)
    else:
        body = msgspec.json.encode({"id": event_id.hex()}) if success is Success.ID else b""
        await _send(send, HTTPStatus.OK, _JSON, body, limits)


async def send_problem(send: Send, app: App | None, problem: Problem) -> None:
    """Answer with an error, its text also in X-Sentry-Error."""
    busy = problem.status is HTTPStatus.TOO_MANY_REQUESTS
    headers: Headers = (
        (b"x-sentry-error", problem.detail.encode()),
        (b"x-sentry-rate-limits", rate_limits(app, busy=busy)),
    )
    if busy:
        headers = (*headers, (b"retry-after", str(RETRY_AFTER).encode()))
    if problem is WRONG_METHOD:
        headers = (*headers, (b"allow", b"POST, OPTIONS"))
    await _send(send, problem.status, _JSON, msgspec.json.encode({"detail": problem.detail}), headers)


async def send_preflight(send: Send, app: App | None) -> None:
    """Answer the question of a browser whether it may send."""
    await _send(send, HTTPStatus.OK, _JSON, b"", (*_PREFLIGHT, (b"x-sentry-rate-limits", rate_limits(app))))


async def _send(send: Send, status: HTTPStatus, content_type: bytes, body: bytes, headers: Headers) -> None:
    own = (
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    )
    await send({"type": "http.response.start", "status": status.value, "headers": [*own, *_CORS, *headers]})
    await send({"type": "http.response.body", "body": body})
