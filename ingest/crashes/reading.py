"""What apps and their developers may read: the closed schema, the filters made from it, and a preview of an event.

`GET /api/{app}/schema.json`, `GET /api/{app}/filter/{name}`, `POST /api/{app}/preview/`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
import re2
from starlette.types import Receive, Scope, Send

from ingest.app import App, Apps
from ingest.body import DisconnectedError, read_body
from ingest.counters.cells import Refusal
from ingest.crashes.device import FILTERS, filter_for
from ingest.crashes.encoding import Limits, decode
from ingest.crashes.envelope import Envelope, read_envelope
from ingest.crashes.event import open_event
from ingest.crashes.manifest import schema_of
from ingest.crashes.preview import preview_of
from ingest.crashes.sections import Section
from ingest.crashes.submission import EVENT
from ingest.crashes.tally import Tally

PATH: Final = re2.compile(r"/api/(\d{1,10})/(?:(schema\.json)|filter/([A-Za-z._-]{1,40})|(preview)/?)$")

IsAllowed = Callable[[str, int], Awaitable[bool]]
"""Whether a token may see previews of an app."""

_JSON: Final = b"application/json"
_TEXT: Final = b"text/plain; charset=utf-8"
_BEARER: Final = re2.compile(r"(?i)^bearer +([0-9A-Za-z_.~+/=-]{1,200})$")


class CrashReading:
    """Answers what may be read about an app's crash reports without looking into any of them."""

    def __init__(self, apps: Apps, tally: Tally, limits: Limits, is_allowed: IsAllowed) -> None:
        """Take the apps, what knows messages, what an event may weigh, and who may see previews."""
        self._apps = apps
        self._tally = tally
        self._limits = limits
        self._is_allowed = is_allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        match = PATH.search(scope["path"])
        app = self._apps.get(int(match.group(1))) if match is not None else None
        if match is None or app is None:
            await _say(send, HTTPStatus.NOT_FOUND, "no such address, or no such app")
        elif match.group(4):
            await self._preview(scope, receive, send, app)
        elif scope["method"] not in {"GET", "HEAD"}:
            await _say(send, HTTPStatus.METHOD_NOT_ALLOWED, "this is read by GET", (b"allow", b"GET, HEAD"))
        elif match.group(2):
            await _send(send, HTTPStatus.OK, msgspec.json.encode(schema_of(app)), _JSON, _CACHED)
        elif match.group(3) in FILTERS:
            await _send(send, HTTPStatus.OK, filter_for(app, match.group(3)).encode(), _TEXT, _CACHED)
        else:
            await _say(send, HTTPStatus.NOT_FOUND, f"no such filter: there are {', '.join(sorted(FILTERS))}")

    async def _preview(self, scope: Scope, receive: Receive, send: Send, app: App) -> None:
        # The body is read before anything is decided: a client that is still sending would not hear the answer.
        try:
            body = await read_body(receive, self._limits.compressed)
        except DisconnectedError:
            return
        if scope["method"] != "POST":
            await _say(send, HTTPStatus.METHOD_NOT_ALLOWED, "an event is previewed by POST", (b"allow", b"POST"))
            return
        headers = dict(scope["headers"])
        match = _BEARER.match(headers.get(b"authorization", b"").decode("latin-1"))
        if match is None or not await self._is_allowed(match.group(1), app.id):
            remedy = "a token with the scope preview is needed: logless token create NAME --scope preview"
            await _say(send, HTTPStatus.UNAUTHORIZED, remedy, (b"www-authenticate", b"Bearer"))
            return
        event = body if isinstance(body, Refusal) else self._open(body, headers)
        if isinstance(event, Refusal):
            status, detail = _REFUSALS.get(event, (HTTPStatus.BAD_REQUEST, "send one event as JSON, or an envelope"))
            await _say(send, status, detail)
            return
        answer = msgspec.json.encode(preview_of(event, app, self._tally))
        await _send(send, HTTPStatus.OK, answer, _JSON, _PRIVATE)

    def _open(self, body: bytes, headers: dict[bytes, bytes]) -> Section | Refusal:
        opened = decode(body, headers.get(b"content-encoding", b""), self._limits)
        if isinstance(opened, Refusal):
            return opened
        if b"envelope" in headers.get(b"content-type", b""):
            envelope = read_envelope(opened)
            if isinstance(envelope, Envelope):
                return next((open_event(item.payload) for item in envelope.items if item.type == EVENT), _NO_EVENT)
            return envelope
        return open_event(opened)


_NO_EVENT: Final = Refusal.BAD_ENVELOPE
_REFUSALS: Final = {
    Refusal.TOO_LARGE: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the event is larger than limits.envelope allows"),
}
Header = tuple[bytes, bytes]
_CACHED: Final[tuple[Header, ...]] = ((b"cache-control", b"max-age=300"), (b"access-control-allow-origin", b"*"))
_PRIVATE: Final[tuple[Header, ...]] = ((b"cache-control", b"no-store"),)


async def _say(send: Send, status: HTTPStatus, detail: str, *headers: Header) -> None:
    content: dict[str, Any] = {"detail": detail}
    await _send(send, status, msgspec.json.encode(content), _JSON, (*_PRIVATE, *headers))


async def _send(send: Send, status: HTTPStatus, body: bytes, kind: bytes, headers: tuple[Header, ...]) -> None:
    own = ((b"content-type", kind), (b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status.value, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})
