"""The order of releases by what their names say: `app@2.14.0+45`, `2.14.0.1`, `desktop 2.14`, `1.0rc1`.

Semantic Versioning 2.0.0, section 11, is followed where a name has its form. Names have more than that: four numbers
and two, a `v`, Python's `1.0rc1`, and builds that count (`+45`, `(45)`), which the specification leaves equal and
people do not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import re2

from ingest.counters.cells import RARE, WITHHELD

UNNAMED: Final = frozenset({"", "(none)", RARE, WITHHELD})
"""What stands for a release that no report named."""

Identifier = tuple[int, int, str]
"""A part between dots: numbers first and by size, then words by their letters."""

_RELEASE: Final = 1
_PRERELEASE: Final = 0

_VERSION: Final = re2.compile(
    r"[vV]?(?P<numbers>[0-9]+(?:\.[0-9]+)*)"
    r"(?:-(?P<before>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)"
    r"|[._]?(?P<stage>(?i:alpha|beta|preview|pre|dev|post|rc|a|b|c))[._]?(?P<number>[0-9]*))?"
    r"(?:\+(?P<build>[0-9A-Za-z.-]+)| ?\((?P<counter>[0-9A-Za-z.-]+)\))?"
)
_STAGES: Final = {"a": "alpha", "b": "beta", "c": "rc", "pre": "rc", "preview": "rc"}
"""PEP 440: `a`, `b`, `c`, `pre` and `preview` are other spellings."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """What a release's name says about its place. Versions of different packages compare all the same."""

    numbers: tuple[int, ...]
    stage: int
    before: tuple[Identifier, ...]
    after: int
    build: tuple[Identifier, ...]
    package: str = field(compare=False)


def read_version(release: str) -> Version | None:
    """Return the version that a release's name holds, or None where it holds none, such as a commit."""
    package, text = _split(release)
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    numbers = [int(number) for number in found["numbers"].split(".")]
    while numbers[1:] and numbers[-1] == 0:
        numbers.pop()
    stage, before, after = _stage(found)
    return Version(tuple(numbers), stage, before, after, _identifiers(found["build"] or found["counter"]), package)


def _split(release: str) -> tuple[str, str]:
    """Return the package and the version of `package@version` or `My App 1.2 (45)`."""
    package, at, text = release.rpartition("@")
    if at and text:
        return package, text
    words = release.split(" ")
    start = next((place for place, word in enumerate(words) if word[:1].isdigit()), 0)
    return " ".join(words[:start]), " ".join(words[start:])


def _stage(found: Any) -> tuple[int, tuple[Identifier, ...], int]:
    """Return whether it is a release, what it is a release of if not, and the number of a revision after it."""
    if found["before"]:
        # 11.3: "a pre-release version has lower precedence than the associated normal version".
        return _PRERELEASE, _identifiers(found["before"]), 0
    name = (found["stage"] or "").lower()
    number = int(found["number"] or 0)
    if name == "post":
        return _RELEASE, (), number + 1
    if name == "dev":
        # PEP 440: a development release comes before every other of its version.
        return _PRERELEASE, ((0, -1, ""), (0, number, "")), 0
    return (_PRERELEASE, ((1, 0, _STAGES.get(name, name)), (0, number, "")), 0) if name else (_RELEASE, (), 0)


def _identifiers(text: str | None) -> tuple[Identifier, ...]:
    """11.4: "identifiers consisting of only digits are compared numerically", others "lexically in ASCII sort order".

    "Numeric identifiers always have lower precedence", and "a larger set of pre-release fields has a higher
    precedence than a smaller set", which is how tuples compare.
    """
    parts = text.split(".") if text else ()
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
