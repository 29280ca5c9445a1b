"""Client hints: what a Chromium says of itself in headers of its own.

Every Chromium sends the first three with each request to https; the last two only to servers that ask, and Logless
never asks. They are read when they are there, bounded and strictly: a header that breaks its grammar is one that
was not sent.

Grammar: RFC 8941, 3.1 (lists), 3.1.2 (parameters) and 4.2; meaning: User-Agent Client Hints, 3 ("Sec-CH-UA").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import re2

BRANDS: Final = b"sec-ch-ua"
FULL_BRANDS: Final = b"sec-ch-ua-full-version-list"
MOBILE: Final = b"sec-ch-ua-mobile"
PLATFORM: Final = b"sec-ch-ua-platform"
PLATFORM_VERSION: Final = b"sec-ch-ua-platform-version"
HEADERS: Final = (BRANDS, FULL_BRANDS, MOBILE, PLATFORM, PLATFORM_VERSION)

_LONGEST: Final = 512  # bytes; four brands with full versions are under 150
_MOST_BRANDS: Final = 16

_STRING: Final = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
_BARE: Final = rf"(?:{_STRING}|[A-Za-z*][!#$%&'*+\-.^_`|~\w:/]*|-?\d{{1,12}}(?:\.\d{{1,3}})?|\?[01])"
_PARAM: Final = rf"; *([a-z*][a-z0-9_\-.*]*)(?:=({_BARE}))?"
_ITEM: Final = rf"({_STRING})((?:{_PARAM})*)"


@dataclass(frozen=True, slots=True)
class Hints:
    """What hints tell. Brands, by name, have the version that stands first of them, as it was sent."""

    brands: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    platform_version: str = ""
    is_mobile: bool | None = None


class HintReader:
    """Reads hints; holds the compiled grammar."""

    def __init__(self) -> None:
        self._string = re2.compile(_STRING)
        self._item = re2.compile(_ITEM)
        self._list = re2.compile(rf"{_ITEM}(?:[ \t]*,[ \t]*{_ITEM})*")
        self._param = re2.compile(_PARAM)

    def read(self, sent: tuple[bytes, ...]) -> Hints:
        """Read the values of `HEADERS`, in their order, empty where one was not sent. Never raises."""
        brands, full_brands, mobile, platform, platform_version = (_text(value) for value in sent)
        return Hints(
            self._brands(brands) | self._brands(full_brands),
            self._plain(platform),
            self._plain(platform_version),
            # RFC 8941, 3.3.6: a boolean is "?1" or "?0"
            {"?1": True, "?0": False}.get(mobile),
        )

    def _brands(self, text: str) -> dict[str, str]:
        """Read a list of strings with parameters; of a parameter that is there twice the last counts (4.2.3.2)."""
        if not text or self._list.fullmatch(text) is None:
            return {}
        found: dict[str, str] = {}
        for item in self._item.finditer(text):
            if len(found) == _MOST_BRANDS:
                return {}
            params = {param[1]: param[2] or "" for param in self._param.finditer(item[2])}
            found.setdefault(_unquoted(item[1]), self._plain(params.get("v", "")))
        return found

    def _plain(self, text: str) -> str:
        return _unquoted(text) if self._string.fullmatch(text) else ""


def _text(value: bytes) -> str:
    return value.decode("latin-1").strip(" ") if len(value) <= _LONGEST else ""


def _unquoted(text: str) -> str:
    return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
