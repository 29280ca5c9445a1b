"""Whether a request objects to being counted."""

from __future__ import annotations

from typing import Final

OPT_OUT_COOKIE: Final = b"logless_opt_out"
"""The cookie that our opt-out page sets to 1 on the site's own host."""


def objects(headers: list[tuple[bytes, bytes]]) -> bool:
    """Tell whether ASGI headers carry `Sec-GPC: 1`, `DNT: 1` or our opt-out cookie."""
    for name, value in headers:
        if name in {b"sec-gpc", b"dnt"}:
            # GPC, "The Sec-GPC Header Field": "1" is its only value; DNT, 5.2: "1" is "do not track"
            if value.strip() == b"1":
                return True
        elif name == b"cookie" and _opts_out(value):
            return True
    return False


def _opts_out(cookies: bytes) -> bool:
    """Tell whether a Cookie header holds the opt-out; RFC 6265, 4.2.1: pairs are separated by a semicolon."""
    if OPT_OUT_COOKIE not in cookies:
        return False
    return any(pair.strip() == OPT_OUT_COOKIE + b"=1" for pair in cookies.split(b";"))
