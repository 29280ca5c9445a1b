"""The tripwire: finds what identifies a person in strings that are about to be kept.

It stands behind the closed schemas and is never the guard: a hit withholds the string and is counted. It is
tuned on names of code, where a false alarm costs a frame of somebody's crash report.
"""

from __future__ import annotations

import unicodedata
from binascii import a2b_base64, unhexlify
from collections.abc import Iterable, Iterator
from string import ascii_letters, digits, hexdigits
from typing import Any, Final
from urllib.parse import unquote

import re2

from ingest.boundary.detectors import LIKE_A_RELEASE, RULES, Detector, Kind, Rule

__all__ = ["Detector", "Kind", "find_identifier"]


def find_identifier(text: str, kind: Kind = Kind.TEXT) -> Detector | None:
    """Return a detector that the text sets off, or None.

    Text is also looked at with compatibility characters made plain, invisible ones taken out, percent-decoded
    twice, and with its base64 and hexadecimal runs decoded.
    """
    if len(text) <= _TOO_SHORT and text.isascii() and text.isalpha():
        return None
    for reading in _read_plainly(text):
        found, bare = _ALL.Match(reading), reading
        if found and any(mark in reading for mark in _BUILT_MARKS):
            bare = _BUILT.sub(" ", reading)
            found = _ALL.Match(bare)
        if not found:
            continue
        longest = max(map(len, bare.translate(_RUNS).split()), default=0)
        for rule in [RULES[index] for index in sorted(found)]:
            if longest < rule.shortest or (kind is Kind.RELEASE and rule.detector in LIKE_A_RELEASE):
                continue
            if any(rule.holds(match, kind) for match in rule.pattern.finditer(bare)):
                return rule.detector
    return None


def _read_plainly(text: str) -> Iterator[str]:
    """Yield the readings of a text in which a detector may recognise something."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    yield text
    for _ in range(2):
        if "%" in text:
            text = unquote(text)
            yield text
    if len(text) >= _ENCODED and any(map(str.isdigit, text)):
        for run in text.translate(_PARTS).split():
            if len(run) >= _ENCODED:
                yield from _decode(run)


def _decode(run: str) -> Iterator[str]:
    """Yield what a run of letters and digits says in base64 or hexadecimal, if that is printable text."""
    missing = -len(run) % 4
    if missing < 3:
        yield from _printable(a2b_base64(run.replace("-", "+").replace("_", "/") + "=" * missing))
    if not len(run) % 2 and not run.strip(hexdigits):
        yield from _printable(unhexlify(run))


def _printable(decoded: bytes) -> Iterator[str]:
    if decoded.isascii():
        text = decoded.decode("ascii")
        if text.isprintable():
            yield text


def _join(rules: Iterable[Rule]) -> Any:
    """Compile all patterns into one automaton: most names set off none, and are done with after one pass."""
    joined = re2.Set.SearchSet()
    for rule in rules:
        joined.Add(rule.pattern.pattern)
    joined.Compile()
    return joined


_ALL: Final = _join(RULES)

_TOO_SHORT: Final = 10
"""Characters of a word, letters alone, in which no detector could find anything: a test tries them."""

_ENCODED: Final = 10
"""Characters from which on a run may be base64 or hexadecimal."""


class _Runs(dict[int, str]):
    """Turns everything into a space that is not one of some characters."""

    def __missing__(self, _: int) -> str:
        return " "


_RUNS: Final = _Runs({ord(char): char for char in digits + ascii_letters})
_PARTS: Final = _Runs({ord(char): char for char in digits + ascii_letters + "+/_-"})
"""Runs of base64, base64url and hexadecimal."""

_BUILT_MARKS: Final = ("::h", "17h", "=")
"""One of these is in whatever the pattern below finds."""

# What compilers write into names: the hash of a Rust symbol (plain and mangled), the key and the version of a .NET
# assembly. They are the same for everybody who runs the build.
_BUILT: Final = re2.compile(
    r"::h[0-9a-f]{16}\b|17h[0-9a-f]{16}E|PublicKeyToken=[0-9a-f]{16}\b|Version=[0-9]+(?:\.[0-9]+){3}\b"
)
