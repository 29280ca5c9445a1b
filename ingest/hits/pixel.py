"""`GET /api/pixel.gif`: a page view told by an image, for browsers that run no scripts. Off unless a site says so.

    <noscript><img src="https://your.host/api/pixel.gif?d=example.org" alt=""
      referrerpolicy="no-referrer-when-downgrade"></noscript>

`d` names the site, `u` the page and `r` where somebody came from, as in `POST /api/event`. Without `u` the page is
told by the Referer header, of which browsers send to another host the whole only where the tag asks them to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_plus

from starlette.types import Receive, Scope, Send

from ingest.boundary.consent import objects
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.ledger import Ledger
from ingest.hits.answers import BUSY, PIXEL, TOO_LARGE, WRONG_TYPE, Answer, refused, settle
from ingest.hits.endpoint import HitEndpoint
from ingest.hits.location import Location
from ingest.hits.wire import Submission
from ingest.site import Sites

_LONGEST: Final = 2_000


class PixelEndpoint:
    """The way in for images, as an ASGI application behind the airlock."""

    def __init__(
        self, hits: HitEndpoint, sites: Sites, ledger: Ledger, clock: Callable[[], float], most_bytes: int
    ) -> None:
        """Take the endpoint that counts, the configured sites, and how much of an address is read."""
        self._hits = hits
        self._sites = sites
        self._ledger = ledger
        self._clock = clock
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer one request: whoever objects is answered alike, and counted nowhere."""
        made = PIXEL if objects(scope["headers"]) else await settle(self._ledger, self._take(scope))
        await made.send(send)

    def _take(self, scope: Scope) -> Answer:
        if scope["method"] != "GET":
            return self._refuse(Refusal.BAD_TYPE, WRONG_TYPE)
        if len(scope["query_string"]) > self._most_bytes:
            return self._refuse(Refusal.TOO_LARGE, TOO_LARGE)
        if self._ledger.full:
            return BUSY
        # Read as the query of a URL is, wherever one is read.
        given: dict[str, str] = {}
        for name, value in Location("", "", scope["query_string"].decode("utf-8", "replace"), "").params():
            given.setdefault(name.lower(), unquote_plus(value))
        site = self._sites.get(given.get("d", ""))
        if site is None:
            return self._refuse(Refusal.UNKNOWN_SITE, refused("field d names no site of this server"))
        if not site.pixel:
            made = refused("this site counts no images: set pixel = true")
            return self._refuse(Refusal.EXCLUDED, made, site.owner)
        page = given.get("u") or dict(scope["headers"]).get(b"referer", b"").decode("latin-1")
        for name, text in (("u", page), ("r", given.get("r", ""))):
            if len(text) > _LONGEST:
                return self._refuse(Refusal.BAD_FIELD, refused(f"field {name} has a wrong type or size"))
        if not page:
            return self._refuse(Refusal.BAD_FIELD, refused("field u is missing"))
        self._hits.count(site, Submission(n="pageview", u=page, d=site.id, r=given.get("r") or None), scope)
        return PIXEL

    def _refuse(self, reason: Refusal, made: Answer, owner: str = UNKNOWN_OWNER) -> Answer:
        self._ledger.refuse(owner, reason, self._clock())
        return made
