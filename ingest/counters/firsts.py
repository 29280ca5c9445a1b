"""Who has been counted under which key today: what makes a sum of visits a number of visitors."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Final

from ingest.counters.cells import Key
from ingest.counters.slot import Cell

_KEYS: Final = 20_000


class Firsts:
    """The browsers of one day and the keys that they were counted under, as marks of 64 bits.

    A mark joins the visitor's digest, which is keyed and so evenly spread, with a keyed digest of the key: a million
    marks hold a pair that is alike once in thirty million days. What was marked cannot be listed, only tried by
    whoever has the visitor's digest.
    """

    __slots__ = ("_known", "_marks", "_salt")

    def __init__(self, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._salt = random_bytes(16)
        self._marks: set[int] = set()
        self._known: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._marks)

    def add(self, visitor: bytes, key: Key) -> bool:
        """Remember that a visitor was counted under a key; return whether it is the first time today."""
        mark = int.from_bytes(visitor, "little") ^ self._of(key)
        if mark in self._marks:
            return False
        self._marks.add(mark)
        return True

    def add_all(self, visitor: bytes, cells: Iterable[Cell]) -> None:
        """Remember that a visitor was counted under keys for the first time today."""
        whose = int.from_bytes(visitor, "little")
        of = self._known.get
        self._marks.update([whose ^ (of(key) or self._of(key)) for key, _, _ in cells])

    def discard(self, visitor: bytes, key: Key) -> None:
        """Forget that a visitor was counted under a key: the count has been taken back."""
        self._marks.discard(int.from_bytes(visitor, "little") ^ self._of(key))

    def _of(self, key: Key) -> int:
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KEYS:
                self._known.clear()
            text = "\0".join(key).encode("utf-8", "surrogatepass")
            known = int.from_bytes(blake2b(text, key=self._salt, digest_size=8).digest(), "little")
            self._known[key] = known
        return known

    def remember(self) -> tuple[bytes, bytes]:
        """Return all that the next process needs to go on."""
        return self._salt, array("Q", self._marks).tobytes()

    @classmethod
    def recall(cls, salt: bytes, marks: bytes) -> Firsts:
        """Go on from what `remember` returned."""
        firsts = cls(lambda _: salt)
        firsts._marks = set(array("Q", marks))
        return firsts
