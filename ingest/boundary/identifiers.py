"""The tripwire: finds what identifies a person in strings that are about to be kept.

It stands behind the closed schemas and is never the guard: a hit withholds the string and is counted. It is
tuned on names of code, where a false alarm costs a frame of somebody's crash report.
"""

from __future__ import annotations

import unicodedata
from base64 import b64decode
from binascii import unhexlify
from collections.abc import Iterable, Iterator
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
    for reading in _read_plainly(text):
        if not _ALL.Match(reading):
            continue
        bare = _BUILT.sub(" ", reading)
        for rule in [RULES[index] for index in sorted(_ALL.Match(bare) or ())]:
            if kind is Kind.RELEASE and rule.detector in LIKE_A_RELEASE:
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
    if any(char.isdigit() for char in text):
        for match in _ENCODED.finditer(text):
            yield from _decode(match[0])


def _decode(run: str) -> Iterator[str]:
    """Yield what a run of letters and digits says in base64 or hexadecimal, if that is printable text."""
    padded = run.replace("-", "+").replace("_", "/").rstrip("=")
    for decode, source in ((b64decode, padded + "=" * (-len(padded) % 4)), (unhexlify, run)):
        try:
            decoded = decode(source).decode("ascii")
        except ValueError:
            continue
        if decoded.isprintable():
            yield decoded


def _join(rules: Iterable[Rule]) -> Any:
    """Compile all patterns into one automaton: most names set off none, and are done with after one pass."""
    joined = re2.Set.SearchSet()
    for rule in rules:
        joined.Add(rule.pattern.pattern)
    joined.Compile()
    return joined


_ALL: Final = _join(RULES)
_ENCODED: Final = re2.compile(r"[A-Za-z0-9+/_-]{10,}={0,2}")

# What compilers write into names: the hash of a Rust symbol (plain and mangled), the key and the version of a .NET
# assembly. They are the same for everybody who runs the build.
_BUILT: Final = re2.compile(
    r"::h[0-9a-f]{16}\b|17h[0-9a-f]{16}E|PublicKeyToken=[0-9a-f]{16}\b|Version=[0-9]+(?:\.[0-9]+){3}\b"
)
