"""Who has been counted under which key today: what makes a sum of visits a number of visitors."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from ingest.counters.cells import Key
from ingest.counters.slot import Pending, Seat, Slot

_WORDS: Final = 20_000
_BITS: Final = (1 << 64) - 1
_PRIME: Final = 0x100000001B3  # of FNV-1a, 64 bits


class Firsts:
    """The browsers of one day and the keys that they were counted under, as marks of 64 bits.

    A mark joins the visitor's digest, which is keyed and so evenly spread, with one of the key, made of keyed digests
    of its words: a million marks hold a pair that is alike once in thirty million days. What was marked cannot be
    listed, only tried by whoever has the visitor's digest.
    """

    __slots__ = ("_marks", "_salt", "_words")

    def __init__(self, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._salt = random_bytes(16)
        self._marks: set[int] = set()
        self._words: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._marks)

    def add(self, visitor: bytes, key: Key) -> bool:
        """Remember that a visitor was counted under a key; return whether it is the first time today."""
        mark = int.from_bytes(visitor, "little") ^ self._of(key)
        if mark in self._marks:
            return False
        self._marks.add(mark)
        return True

    def add_at(self, visitor: bytes, seat: Seat) -> bool:
        """Do what `add` does for the key of a seat of this day, which then knows its mark."""
        mark = int.from_bytes(visitor, "little") ^ (seat.mark or self._mark(seat))
        if mark in self._marks:
            return False
        self._marks.add(mark)
        return True

    def add_all(self, visitor: bytes, seats: list[Slot] | list[Pending]) -> None:
        """Remember that a visitor was counted at seats of this day for the first time; seats know their marks then."""
        whose = int.from_bytes(visitor, "little")
        self._marks.update([whose ^ (seat.mark or self._mark(seat)) for seat in seats])

    def _mark(self, seat: Seat) -> int:
        mark = seat.mark = self._of(seat.key)
        return mark

    def discard(self, visitor: bytes, seat: Seat) -> None:
        """Forget that a visitor was counted at a seat: the count has been taken back."""
        self._marks.discard(int.from_bytes(visitor, "little") ^ (seat.mark or self._mark(seat)))

    def _of(self, key: Key) -> int:
        words = self._words
        mark = len(key)
        for word in key:
            # Each word counts by its place: a pair is not the one of the same words the other way round.
            mark = (mark * _PRIME + (words.get(word) or self._word(word))) & _BITS
        return mark

    def _word(self, word: str) -> int:
        if len(self._words) >= _WORDS:
            self._words.clear()
        digest = blake2b(word.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=8).digest()
        known = self._words[word] = int.from_bytes(digest, "little")
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
