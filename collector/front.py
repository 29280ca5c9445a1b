"""The paths that submissions take, answered in front of the router."""

from __future__ import annotations

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_READING: Final = re.compile(r"/api/\d{1,10}/(?:schema\.json|filter/|preview/?\Z)")
_CRASH: Final = re.compile(r"/api/\d{1,10}/(?:envelope|store)/?\Z")


class Front:
    """Sends hits and crash reports to their endpoints, and everything else to the pages."""

    def __init__(self, event_path: str, hits: ASGIApp, crashes: ASGIApp, reading: ASGIApp, pages: ASGIApp) -> None:
        self._event_path = event_path
        self._hits = hits
        self._crashes = crashes
        self._reading = reading
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        if scope["type"] == "http":
            path = scope["path"]
            if path == self._event_path:
                return await self._hits(scope, receive, send)
            if path.startswith("/api/") and _READING.match(path):
                return await self._reading(scope, receive, send)
            if path.startswith("/api/") and _CRASH.match(path):
                return await self._crashes(scope, receive, send)
        return await self._pages(scope, receive, send)
