"""What may pass for a name of code.

A name is kept from the first report on, so it must have the shape of one and must not look like an identifier of a
person or a machine; the tripwire in `ingest.boundary.identifiers` stands behind the shape, never in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import re2

from ingest.boundary.identifiers import Detector, find_identifier
from ingest.crashes.stripped import Losses, Stripped

_BETWEEN: Final = "\0\0"


NONE: Final = "(none)"
"""What stands for a name that was not sent."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The characters that a kind of name consists of, and how many there may be at most.

    The length is no part of the pattern: counted repetitions of Unicode classes make automata of megabytes.
    """

    pattern: Any  # re2 has no types
    longest: int

    def fits(self, text: str) -> bool:
        """Tell whether a text has this shape."""
        if len(text) > self.longest:
            return False
        # Dotted identifiers, as most names are, have every shape; asking them so is twenty times as fast.
        if text.isascii() and text[:1] != "." and text.replace(".", "").isidentifier():
            return True
        return self.pattern.fullmatch(text) is not None


TYPE: Final = Shape(
    re2.compile(r"[*&\\]?[\pL_$<][\pL\pN_$.:<>\[\]*&/\\-]*|[A-Z][A-Z0-9_]+(?: / [A-Z][A-Z0-9_]+)+"), 128
)
FUNCTION: Final = Shape(re2.compile(r"[\pL\pN_$.:<>(){}\[\]*&~@#?=!+|^%/\\ -]+"), 160)
MODULE: Final = Shape(re2.compile(r"[@\pL_$][\pL\pN_$.:<>(){}\[\]*@~#/\\-]*"), 160)
FILE: Final = Shape(re2.compile(r"[\pL\pN_.$+\[\]()@~-]+|<[\pL\pN_. ]+>"), 80)
IMAGE: Final = Shape(re2.compile(r"[\pL\pN_.+() -]+"), 80)
LOGGER: Final = Shape(re2.compile(r"[\pL_][\pL\pN_.:$/-]*"), 64)
# One word, or up to four of which the last has a digit: "My App 1.2 (45)" is a release, a sentence is none.
RELEASE: Final = Shape(re2.compile(r"(?:[\w.\-+@()/]+ ){1,3}[\w.\-+@()/]*\d[\w.\-+@()/]*|[\w.\-+@()/]+"), 64)
MODEL: Final = Shape(re2.compile(r"[\w.,\-+()/ ]+"), 40)

SPOKEN_TYPES: Final = frozenset(
    {
        "App Hanging",
        "App Hang Fully Blocked",
        "App Hang Non Fully Blocked",
        "Fatal App Hang Fully Blocked",
        "Fatal App Hang Non Fully Blocked",
        "Background ANR",
        "Fatal Error",
        "Out Of Memory",
        "Unhandled Rejection",
        "Unhandled Exception",
        "Watchdog Termination",
    }
)
"""Types of more than one word that SDKs themselves give. Any other text with spaces is a message, not a type."""


def keep_name(text: str, shape: Shape, field: Stripped, losses: Losses) -> str | None:
    """Return the text if it has the shape of a name and trips no detector, else None, and count the loss."""
    if not shape.fits(text):
        losses.add(field)
        return None
    detector = find_identifier(text)
    if detector is not None:
        losses.trip(field, detector)
        return None
    return text


def tripping(names: Iterable[str]) -> Mapping[str, Detector]:
    """Return those of many names that trip a detector, and which.

    All are looked at as one text first, in which nothing is found as a rule. NULs stand between them, which are part
    of no name's shape; two, so that a detector may take one for the end of a match and still begin behind it.
    """
    together = frozenset(names)
    if find_identifier(_BETWEEN.join(together)) is None:
        return {}
    found = ((name, find_identifier(name)) for name in together)
    return {name: detector for name, detector in found if detector is not None}
