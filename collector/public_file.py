"""A file that any page may load: packed once, and sent again only when it has changed."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import brotli
from starlette.requests import Request
from starlette.responses import Response

from ingest.hits.beacon import BeaconFile

_FIXED: Final = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "public, max-age=86400",
    "vary": "accept-encoding",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class PublicFile:
    """Its bytes by their coding, and the headers that all of them bear."""

    packed: Mapping[str, bytes]
    media_type: str
    headers: Mapping[str, str]

    @classmethod
    def pack(cls, file: BeaconFile) -> PublicFile:
        """Pack a file with every coding that browsers take, the best first."""
        packed = {
            "br": brotli.compress(file.content, quality=11),
            "gzip": gzip.compress(file.content, 9, mtime=0),
            "": file.content,
        }
        # Weak, for it names the file whatever its coding; it tells what was sent, and nobody from anybody else.
        headers = {**_FIXED, "etag": f'W/"{sha256(file.content).hexdigest()[:16]}"'}
        if file.types:
            headers["x-typescript-types"] = file.types
        return cls(packed, file.media_type, headers)

    async def answer(self, request: Request) -> Response:
        """Answer the file, or that it is still the same."""
        # RFC 9110, 13.1.2: weak comparison; 8.8.3.2: two tags are equal when their opaque parts are.
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if known & {self.headers["etag"].removeprefix("W/"), "*"}:
            return Response(status_code=304, headers=self.headers)
        coding = self._coding(request.headers.get("accept-encoding", ""))
        headers = {**self.headers, "content-encoding": coding} if coding else self.headers
        return Response(self.packed[coding], media_type=self.media_type, headers=headers)

    def _coding(self, accepted: str) -> str:
        """Return the best coding that is accepted; RFC 9110, 12.4.2: a weight of 0 means not acceptable."""
        parts = [part.replace(" ", "").lower().partition(";q=") for part in accepted.split(",")]
        wanted = {name for name, _, weight in parts if weight.strip("0.") or not weight}
        return next(coding for coding in self.packed if not coding or coding in wanted)
