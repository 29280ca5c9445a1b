"""`GET` and `POST /matomo.php`: answers as Matomo does, whatever was counted and whatever was not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from ingest.body import DisconnectedError, read_body
from ingest.boundary.consent import objects
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.ledger import Ledger
from ingest.hits.answers import BUSY, EMPTY, PIXEL, TOO_LARGE, WRONG_TYPE, Answer, answer, refused, settle
from ingest.hits.endpoint import HitEndpoint
from ingest.hits.matomo.calls import Call, read_call
from ingest.hits.matomo.parameters import Parameters
from ingest.hits.matomo.submission import read_submission
from ingest.hits.wire import Submission, WireError
from ingest.site import Site, Sites

PATHS: Final = ("/matomo.php", "/piwik.php")
"""The file's name, and the one that it had before 2018, which trackers still use."""

_TYPES: Final = (b"application/x-www-form-urlencoded", b"text/plain", b"application/json", b"")
_PREFLIGHT: Final = answer(
    204,
    headers=(
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", b"86400"),
    ),
)


@dataclass(frozen=True, slots=True)
class _Sound:
    """A tracking request that can be taken, if only to be refused for a reason that is not told."""

    site: Site
    told: Submission | Refusal
    has_ids: bool


@dataclass(frozen=True, slots=True)
class _Unsound:
    """A tracking request that cannot."""

    reason: Refusal
    message: str


class MatomoEndpoint:
    """The way in for Matomo's trackers, as an ASGI application behind the airlock."""

    def __init__(
        self, hits: HitEndpoint, sites: Sites, ledger: Ledger, clock: Callable[[], float], most_bytes: int
    ) -> None:
        """Take the endpoint that counts, the configured sites, and how much of a body is read."""
        self._hits = hits
        self._sites = sites
        self._ledger = ledger
        self._clock = clock
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "OPTIONS":
            made = _PREFLIGHT
        else:
            try:
                made = await self._answer(scope, receive)
            except DisconnectedError:
                return
        await made.readable_by(self._own_origin(scope)).send(send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        """Return the answer to a request once what it brings is journaled. Raises DisconnectedError."""
        query, body = scope["query_string"], b""
        if scope["method"] not in {"GET", "POST"} or _header(scope, b"content-type") not in _TYPES:
            return await self._refuse(scope, Refusal.BAD_TYPE, WRONG_TYPE)
        if scope["method"] == "POST":
            read = await read_body(receive, self._most_bytes)
            if isinstance(read, Refusal):
                return await self._refuse(scope, read, TOO_LARGE)
            body = read
        elif len(query) > self._most_bytes:
            return await self._refuse(scope, Refusal.TOO_LARGE, TOO_LARGE)
        try:
            call = read_call(query, body)
        except WireError as error:
            reason = Refusal.BAD_JSON if str(error) == "not JSON" else Refusal.BAD_FIELD
            return await self._refuse(scope, reason, refused(str(error)))
        return await self._take(call, scope)

    async def _refuse(self, scope: Scope, reason: Refusal, made: Answer) -> Answer:
        if objects(scope["headers"]):
            # Somebody who objects is counted nowhere, not even among the refusals, whatever they sent.
            return PIXEL
        self._ledger.refuse(UNKNOWN_OWNER, reason, self._clock())
        return await settle(self._ledger, made)

    async def _take(self, call: Call, scope: Scope) -> Answer:
        referer = dict(scope["headers"]).get(b"referer", b"").decode("latin-1")
        judged = [self._judge(request, referer) for request in call.requests]
        if objects(scope["headers"]):
            return _answer_to(call, judged, objecting=True)
        if self._ledger.full:
            return BUSY
        for one in judged:
            self._count(one, scope)
        return await settle(self._ledger, _answer_to(call, judged))

    def _judge(self, given: Parameters | WireError, referer: str) -> _Sound | _Unsound:
        try:
            if isinstance(given, WireError):
                return _Unsound(Refusal.BAD_FIELD, str(given))
            idsite = given.get("idsite", 100)
            site = self._sites.of_matomo(idsite)
            if not idsite:
                return _Unsound(Refusal.BAD_FIELD, "field idsite is missing")
            if site is None:
                return _Unsound(Refusal.UNKNOWN_SITE, "field idsite names no site of this server")
            return _Sound(site, read_submission(given, site, referer), given.has_ids)
        except WireError as error:
            return _Unsound(Refusal.BAD_FIELD, str(error))

    def _count(self, one: _Sound | _Unsound, scope: Scope) -> None:
        now = self._clock()
        if isinstance(one, _Unsound):
            self._ledger.refuse(UNKNOWN_OWNER, one.reason, now)
            return
        if one.has_ids:
            self._ledger.refuse(one.site.owner, Refusal.IDS_IGNORED, now)
        if isinstance(one.told, Refusal):
            self._ledger.refuse(one.site.owner, one.told, now)
        else:
            self._hits.count(one.site, one.told, scope)

    def _own_origin(self, scope: Scope) -> bytes:
        """Return the origin of the page that asks, where it is a page of a site of ours; else nothing.

        matomo.js asks with credentials, and a browser lets it read the answer to that only by name; where it cannot,
        it sends the same again. A name that no site declares is not repeated.
        """
        origin: bytes = dict(scope["headers"]).get(b"origin", b"")
        scheme, _, authority = origin.partition(b"://")
        host, _, port = authority.partition(b":")
        is_whole = scheme in {b"http", b"https"} and (not port or (port.isdigit() and len(port) <= 5))
        return origin if is_whole and self._sites.serve(host.decode("latin-1")) else b""


def _answer_to(call: Call, judged: list[_Sound | _Unsound], *, objecting: bool = False) -> Answer:
    """Return the answer to what was judged. What was dropped is told to nobody: all that is sound is `tracked`."""
    if not call.is_bulk:
        (one,) = judged
        if isinstance(one, _Unsound) and not objecting:
            return refused(one.message)
        return PIXEL if call.wants_content else EMPTY
    invalid = sum(isinstance(one, _Unsound) for one in judged)
    tracked = len(judged) - invalid
    if tracked and not call.wants_content:
        return EMPTY
    content = {"status": "success" if tracked else "error", "tracked": tracked, "invalid": invalid}
    kind = ((b"content-type", b"application/json"),)
    return answer(200 if tracked or objecting else 400, json.dumps(content).encode(), kind)


def _header(scope: Scope, name: bytes) -> bytes:
    """Return the media type in a header; RFC 9110, 8.3.1: parameters follow a semicolon."""
    value: bytes = dict(scope["headers"]).get(name, b"")
    return value.partition(b";")[0].strip().lower()
