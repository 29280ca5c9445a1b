"""Texts that are known: the runtimes' own messages, shipped with Logless, and what a release's developers uploaded.

A message that is one of them is shown at once, and it is the known text that is shown, with its placeholders: what
stood in their place goes no further. So even a phrase that fits too much says nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Final

import re2

from ingest.crashes.templates import LONGEST_MESSAGE, template_of

# printf and NSString (%s, %1$d, %-5.2f, %@, %(name)s), Python and .NET ({}, {0:>5}, {name!r}), JavaScript and Kotlin
# (${name}), Swift (\(name)), SLF4J ({}).
_FORMATS: Final = re2.compile(
    r"%(?:\([^)]*\))?(?:[0-9]+\$)?[-+ #0]*[0-9*]*(?:\.[0-9*]+)?(?:hh|ll|[hlLqjzt])?[@a-zA-Z]"
    r"|\$\{[^}]*\}|\{[^{}]*\}|\\\([^()]*\)"
)
_FEWEST_LETTERS: Final = 6

SHIPPED: Final = ("python", "javascript", "java", "apple", "system")
"""Files of the runtimes' own messages, in `vocabulary/`."""


class Phrases:
    """A set of texts with gaps."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Take texts, their gaps written as placeholders. One with hardly a word of its own is left out."""
        self._whole: set[str] = set()
        self._gapped: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for text in texts:
            self._add(text)

    def _add(self, text: str) -> None:
        pieces = _split(text)
        if len(pieces) == 1:
            self._whole.add(text)
        elif sum(char.isalpha() for piece in pieces for char in piece) >= _FEWEST_LETTERS:
            # Looked up by its longest word, so that a message is held against few of thousands.
            self._gapped.setdefault(max(_words(pieces), key=len, default=""), []).append((text, pieces))

    def __len__(self) -> int:
        return len(self._whole) + sum(map(len, self._gapped.values()))

    def find(self, template: str) -> str | None:
        """Return the known text that a template is, or None. Of several the one with most of its own words."""
        if template in self._whole:
            return template
        found = [
            text
            for word in {*template.split(" "), ""}
            for text, pieces in self._gapped.get(word, ())
            if _fits(pieces, template)
        ]
        return max(found, key=lambda text: (sum(map(len, _split(text))), text), default=None)


def _split(text: str) -> tuple[str, ...]:
    """Return what stands between the gaps of a text."""
    first, *rest = text.split("<")
    pieces = [first]
    for part in rest:
        name, closed, behind = part.partition(">")
        if closed and name.isalpha() and name.islower():
            pieces.append(behind)
        else:
            pieces[-1] += "<" + part
    return tuple(pieces)


def _words(pieces: tuple[str, ...]) -> Iterator[str]:
    """Yield the words that no gap touches: they are words of every text that fits."""
    for index, piece in enumerate(pieces):
        words = piece.split(" ")
        begin, end = int(index > 0), len(words) - int(index < len(pieces) - 1)
        yield from words[begin:end]


def _fits(pieces: tuple[str, ...], template: str) -> bool:
    """Tell whether a text has these pieces in this order, the first at its beginning and the last at its end."""
    first, last = pieces[0], pieces[-1]
    if not template.startswith(first):
        return False
    at, end = len(first), len(template) - len(last)
    if end < at or not template.endswith(last):
        return False
    for piece in pieces[1:-1]:
        at = template.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def shipped() -> Phrases:
    """Read the runtimes' own messages, which come with Logless."""
    folder = files(__package__) / "vocabulary"
    return Phrases(text for name in SHIPPED for text in read_lines((folder / f"{name}.txt").read_text("utf-8")))


def read_lines(text: str) -> Iterator[str]:
    """Yield the texts of a file that has one a line; lines that begin with `#` are remarks."""
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def phrase_of(text: str) -> str:
    """Return a developer's text as a phrase: what a format puts in becomes a gap."""
    # A digit in its place, so that the gap swallows what a value would be glued to.
    return template_of(_FORMATS.sub("0", text[:LONGEST_MESSAGE]))
