"""What the headers of a browser's request tell, live and in a log."""

from __future__ import annotations

from typing import Final

from ingest.hits.agents import UNHINTED
from ingest.hits.hints import HEADERS

_LONGEST_AGENT: Final = 512
_HINTS: Final = frozenset(HEADERS)
_PURPOSES: Final = frozenset({b"sec-purpose", b"purpose", b"x-moz"})
"""Where browsers say that they load ahead: "prefetch" (Fetch, 2.2.5), Chromium also "prefetch;prerender"."""


def agent_of(value: bytes) -> str:
    """Return a user agent as text, as far as it is looked at."""
    return value.decode("latin-1")[:_LONGEST_AGENT]


def hints_of(headers: dict[bytes, bytes]) -> tuple[bytes, ...]:
    """Return the values of the client hints, in the order of `hints.HEADERS`."""
    return UNHINTED if _HINTS.isdisjoint(headers) else tuple([headers.get(name, b"") for name in HEADERS])


def languages_of(headers: dict[bytes, bytes]) -> str:
    """Return the languages that a browser asks for."""
    return headers.get(b"accept-language", b"").decode("latin-1")


def tells_fetch(headers: dict[bytes, bytes]) -> bool:
    """Tell whether a browser says how its request came about (Fetch Metadata)."""
    return b"sec-fetch-site" in headers


def is_prefetch(headers: dict[bytes, bytes]) -> bool:
    """Tell whether a page is loaded ahead, before anybody looks at it."""
    return not _PURPOSES.isdisjoint(headers) and any(
        headers.get(name, b"")[:8].lower() == b"prefetch" for name in _PURPOSES
    )
