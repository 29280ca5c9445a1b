"""The families that uap-core writes out itself: the closed list of browsers and systems that are told.

Some of its patterns copy a family out of the user agent, whatever stands there. Where a pattern copies, only words
that the pattern spells are families: of `(Firefox|Camino)/` these two, of `(.{0,200})/` none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_COPY: Final = "$1"  # uap-core, specification.md, "family_replacement"
_PLAIN: Final = frozenset(" -_!:")  # beside letters and digits: what is no operator of a regular expression


def written_families(patterns: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return every family that patterns can tell without repeating what only the user agent says.

    A pattern is a regular expression and what its family is called; `$1` stands for its first group.
    """
    found: set[str] = set()
    for regex, family in patterns:
        words = _words(regex) if _COPY in family else ("",)
        found.update(family.replace(_COPY, word) for word in words)
    return frozenset(found)


def _words(regex: str) -> Iterator[str]:
    """Yield the words between which the first group chooses; a choice that is itself a pattern is none."""
    for choice in _choices(list(_parts(regex))):
        if choice and all(_is_itself(part) for part in choice):
            yield "".join(part.removeprefix("\\") for part in choice)


def _is_itself(part: str) -> bool:
    r"""Return whether a part stands for the letter that it shows: `a`, `:`, `\.`, but not `.`, `\d`, `[a-z]`."""
    return not part[1].isalnum() if part[0] == "\\" else len(part) == 1 and (part.isalnum() or part in _PLAIN)


def _choices(parts: list[str]) -> Iterator[list[str]]:
    """Yield each alternative of the first group that captures."""
    start = next((place for place, part in enumerate(parts) if part == "(" and parts[place + 1] != "?"), len(parts))
    depth = 0
    choice: list[str] = []
    for part in parts[start + 1 :]:
        depth += (part == "(") - (part == ")")
        if depth < 0:
            break
        if part == "|" and depth == 0:
            yield choice
            choice = []
        else:
            choice.append(part)
    yield choice


def _parts(regex: str) -> Iterator[str]:
    """Yield a regular expression in parts of one letter, escape or class of letters."""
    place = 0
    while place < len(regex):
        end = place + 1
        if regex[place] == "\\":
            end += 1
        elif regex[place] == "[":
            # A bracket that stands first in a class is one of its letters.
            end = regex.index("]", place + 2) + 1
        yield regex[place:end]
        place = end
