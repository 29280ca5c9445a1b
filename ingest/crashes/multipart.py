"""Forms of parts, as crash handlers of native code send them: RFC 7578, RFC 2046, section 5.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import re2

_BOUNDARY: Final = re2.compile(rb'(?i)^\s*multipart/form-data\s*;.*?\bboundary="?([A-Za-z0-9\'()+_,./:=? -]{1,70})"?')
_NAME: Final = re2.compile(rb'(?i)[; ]name="([^"]{1,256})"')
_MOST_PARTS: Final = 256
_LONGEST_HEAD: Final = 8192


@dataclass(frozen=True, slots=True)
class Part:
    """A part: the name of its field, and a view of what it holds. Its file name and type are not read."""

    name: bytes
    content: memoryview


def read_parts(body: bytes, content_type: bytes) -> Sequence[Part] | None:
    """Return the named parts of a form, without copying them, or None when it is none or has over 256 parts."""
    match = _BOUNDARY.match(content_type)
    if match is None:
        return None
    # RFC 2046, 5.1.1: a delimiter is "--" and the boundary at the beginning of a line; the last one ends in "--".
    delimiter = b"--" + match.group(1).rstrip()
    whole = memoryview(body).toreadonly()
    at = body.find(delimiter)
    parts: list[Part] = []
    while at >= 0:
        at += len(delimiter)
        if body[at : at + 2] == b"--":
            return parts
        head = body.find(b"\r\n\r\n", at, at + _LONGEST_HEAD)
        end = body.find(b"\r\n" + delimiter, head + 2) if head >= 0 else -1
        if end < 0 or len(parts) >= _MOST_PARTS:
            return None
        name = _NAME.search(body[at:head])
        if name is not None:
            # A part without content has one line break where the head's end and the next delimiter meet.
            parts.append(Part(name.group(1), whole[min(head + 4, end) : end]))
        at = end + 2
    return None
