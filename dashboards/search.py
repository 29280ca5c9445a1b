"""Crash groups that hold some words, in their names or in the frames of their stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import re2

from dashboards.stack import Stack, read_stack

LONGEST: Final = 200
MOST_WORDS: Final = 8

_SEAM: Final = re2.compile(r'[":\\]')


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a search, all of which a group must hold."""
    return tuple(text.replace("\0", "")[:LONGEST].split()[:MOST_WORDS])


def sieve_of(words: Sequence[str]) -> list[str]:
    """Return texts that a stack must hold, in the form in which it is kept, if it holds the words.

    A stack is kept as JSON: quotes and backslashes are escaped there, and `sync.py:88` is a file and a line.
    """
    parts = (max(_SEAM.split(word), key=len) for word in words)
    return [part for part in parts if part]


def holds(words: Sequence[str], kind: str, function: str, stack: str) -> bool:
    """Tell whether the names of a group and the stack, as it is kept, hold all the words, whatever their case."""
    text = "\n".join([kind, function, *_names(read_stack(stack))]).lower()
    return all(word.lower() in text for word in words)


def _names(stack: Stack | None) -> Iterator[str]:
    for exception in stack.exceptions if stack is not None else ():
        yield exception.type or ""
        for frame in exception.frames:
            yield from (frame.function or "", frame.module or "", frame.place)
