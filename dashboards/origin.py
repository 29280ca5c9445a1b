"""Whether a request was made by one of our own pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def is_own(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request may change something on behalf of the person whose cookie it bears.

    Fetch Metadata: browsers say `same-origin` for our own forms, `none` for what the person typed. On plain http
    to another machine they leave it out and send `Origin`, which must name the host that was asked, as Go 1.25's
    CrossOriginProtection has it. With neither header it is no browser, and nobody's cookie is abused.
    """
    if method in SAFE:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(host) and host == headers.get("host")


def is_opened(headers: Mapping[str, str]) -> bool:
    """Return whether a GET is somebody opening an address, and no program fetching it ahead of them."""
    if "prefetch" in headers.get("sec-purpose", "") or "prefetch" in headers.get("purpose", ""):
        return False
    return headers.get("sec-fetch-mode", "navigate") == "navigate"
