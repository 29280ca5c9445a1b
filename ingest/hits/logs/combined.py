r"""The common and the combined format, as Apache and nginx write them.

    address ident user [time] "request" status bytes "referrer" "agent"

Apache writes `"` within a field as `\"`, nginx as `\x22`; both write what cannot be printed as `\xhh`. So a line
without a backslash parts at its quotes, which is most of them; all others are read by a pattern.
"""

from __future__ import annotations

from typing import Any, Final

import re2

from ingest.hits.logs.told import Told

_QUOTED: Final = rb'"((?:[^"\\]|\\.)*)"'


class CombinedReader:
    """Reads lines; holds the compiled patterns."""

    def __init__(self, *, has_host: bool = False, has_agent: bool = True) -> None:
        """Take whether a host stands in front (`%v:%p` or `$host`), and whether referrer and agent stand behind."""
        self._has_host = has_host
        self._parts = 7 if has_agent else 3
        tail = rb" " + _QUOTED + rb" " + _QUOTED if has_agent else rb"()()"
        self._line = re2.compile(rb'(?s)([^"]*\[[^\]"]*\] )' + _QUOTED + rb"( [0-9]{3} [0-9-]+)" + tail)
        self._escape = Unescape()

    def read(self, line: bytes) -> Told | None:
        """Return what a line tells, or None when it is none. What stands behind the last field is not looked at."""
        parts = line.split(b'"')
        if b"\\" in line or len(parts) < self._parts:
            return self._read_slowly(line)
        if self._parts == 3:
            return self._told(parts[0], parts[1], parts[2], b"", b"")
        return self._told(parts[0], parts[1], parts[2], parts[3], parts[5])

    def _read_slowly(self, line: bytes) -> Told | None:
        found = self._line.match(line)
        if found is None:
            return None
        head, request, numbers, referrer, agent = found.groups()
        plain = self._escape.undo
        return self._told(head, plain(request), numbers, plain(referrer), plain(agent))

    def _told(self, head: bytes, request: bytes, numbers: bytes, referrer: bytes, agent: bytes) -> Told | None:
        # A user's name is whatever the client sent: it may hold a bracket, so the last one begins the time.
        who, _, stamp = head.rpartition(b"[")
        method, _, rest = request.partition(b" ")
        target, _, protocol = rest.rpartition(b" ")
        status = numbers[1:4]
        if stamp[-2:] != b"] " or protocol[:5] != b"HTTP/" or not status.isdigit():
            return None
        host = b""
        if self._has_host:
            host, _, who = who.partition(b" ")
        address = who.partition(b" ")[0]
        return Told(
            address, stamp[:-2], method, target, status, b"" if referrer == b"-" else referrer,
            b"" if agent == b"-" else agent, host,
        )  # fmt: skip


class Unescape:
    r"""Takes escapes back: `\xhh`, `\u00hh` of JSON, the letters of C, and any character behind a backslash."""

    _LETTERS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v", b"f": b"\f"}

    def __init__(self) -> None:
        self._escape = re2.compile(rb"(?s)\\(?:x([0-9A-Fa-f]{2})|u00([0-9A-Fa-f]{2})|(.))")

    def undo(self, text: bytes) -> bytes:
        """Return the bytes that were sent."""
        return bytes(self._escape.sub(self._plain, text)) if b"\\" in text else text

    def _plain(self, match: Any) -> bytes:
        digits = match[1] or match[2]
        if digits:
            return bytes.fromhex(digits.decode())
        letter: bytes = match[3]
        return self._LETTERS.get(letter, letter)
