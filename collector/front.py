"""The paths that submissions take, answered in front of the router."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_READING: Final = re.compile(r"/api/\d{1,10}/(?:schema\.json|filter/|preview/?\Z)")
"""What developers ask for below an app: what is kept of a crash report."""

_CRASH: Final = re.compile(r"/api/(?:\d{1,10}/|store/?\Z)")
"""All that SDKs may ask for below an app: what is not there is refused in their own words."""


class Front:
    """Sends hits and crash reports to their endpoints, and everything else to the pages."""

    def __init__(self, hits: Mapping[str, ASGIApp], crashes: ASGIApp, reading: ASGIApp, pages: ASGIApp) -> None:
        """Take the endpoints of hits by their paths, the one of crash reports, their schema, and the pages."""
        self._hits = hits
        self._crashes = crashes
        self._reading = reading
        self._pages = pages

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand a request on. No frame of its own stays on the way: the endpoint's is resumed at once."""
        if scope["type"] == "http":
            path = scope["path"]
            hits = self._hits.get(path)
            if hits is not None:
                return hits(scope, receive, send)
            if path.startswith("/api/"):
                if _READING.match(path):
                    return self._reading(scope, receive, send)
                if _CRASH.match(path):
                    return self._crashes(scope, receive, send)
        return self._pages(scope, receive, send)
