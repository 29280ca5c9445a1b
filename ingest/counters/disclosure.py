"""When a value may leave memory.

A value that k distinct senders from at least min(k, 3) networks have sent on one day is shared enough to be
kept. Until then its counts stand under a fallback, `(rare)` or the declared shape of a page, and only this
module knows its name. When it is disclosed, its counts move from the fallback to the name, so the name then
holds all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ingest.counters.amounts import from_bytes, to_bytes
from ingest.counters.cells import NETWORK_K, Attribute, Key, Pair

_MANY_NETWORKS: Final = 3
_PAIRS: Final = {pair.value: pair.attributes for pair in Pair if not pair.is_weekly}
"""Pairs whose sides are counted here too. A goal's pair stands alone in its week: who shares it shares both sides."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who sent something, as far as counting may know: a digest that lives a day, and a network."""

    sender: bytes = field(repr=False)
    network: str


@dataclass(slots=True)
class Pending:
    """The counts of a value that too few have shared so far. It never leaves memory."""

    fallback: Key
    amounts: int = 0  # packed, see `amounts`
    senders: set[bytes] = field(default_factory=set, repr=False)
    networks: set[str] = field(default_factory=set, repr=False)


class Waiting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A value that too few have shared, as a planned restart hands it from memory to memory."""

    key: tuple[str, ...]
    fallback: tuple[str, ...]
    amounts: bytes
    senders: list[bytes]
    networks: list[str]


@dataclass(frozen=True, slots=True)
class Threshold:
    """How many must share a value, and how many values of one kind are watched at most."""

    k: int
    values: int = 50_000

    def senders(self, kind: str) -> int:
        """Return the senders that a value of this kind needs."""
        return max(self.k, NETWORK_K) if kind == Attribute.NETWORK else self.k

    def networks(self, kind: str) -> int:
        """Return the networks that they must come from: one office is not a crowd. A network comes from itself."""
        return 1 if kind == Attribute.NETWORK else min(self.k, _MANY_NETWORKS)


class Disclosure:
    """The values of one day: those that may be named, and those that may not yet."""

    def __init__(self, threshold: Threshold) -> None:
        self._threshold = threshold
        self._disclosed: set[Key] = set()
        self._pending: dict[Key, Pending] = {}
        self._watched: Counter[str] = Counter()

    @property
    def disclosed(self) -> frozenset[Key]:
        """Keys that have been named today."""
        return frozenset(self._disclosed)

    def name(self, key: Key) -> None:
        """Let a key be named from now on: it is free, or the journal shows that it was named before."""
        self._disclosed.add(key)

    def remember(self) -> list[Waiting]:
        """Return the values that may not be named yet, for the next process."""
        return [
            Waiting(key, pending.fallback, to_bytes(pending.amounts), list(pending.senders), list(pending.networks))
            for key, pending in self._pending.items()
        ]

    def resume(self, waiting: Iterable[Waiting]) -> None:
        """Go on watching values. Their counts stand under their fallbacks already."""
        for value in waiting:
            self._watched[value.key[0]] += 1
            self._pending[value.key] = Pending(
                value.fallback, from_bytes(value.amounts), set(value.senders), set(value.networks)
            )

    def is_named(self, key: Key) -> bool:
        """Return whether a key has been named: then it stays so for the day."""
        return key in self._disclosed

    def place(self, key: Key, amounts: int, who: Who, fallback: Key, *, free: bool) -> tuple[tuple[Key, int], ...]:
        """Return what these packed amounts may add, to keys that may be named.

        One entry as a rule; three when the key becomes named now: its earlier counts leave the fallback.
        """
        if key in self._disclosed:
            return ((key, amounts),)
        if free:
            self._disclosed.add(key)
            return ((key, amounts),)
        pending = self._pending.get(key)
        if pending is None:
            if self._watched[key[0]] >= self._threshold.values:
                return ((fallback, amounts),)
            self._watched[key[0]] += 1
            pending = self._pending[key] = Pending(fallback)
        earlier = pending.amounts
        pending.amounts += amounts
        self._witness(pending, key, who)
        if not self._is_shared(pending, key):
            return ((pending.fallback, amounts),)
        del self._pending[key]
        self._disclosed.add(key)
        if not earlier:
            return ((key, amounts),)
        return (pending.fallback, -earlier), (key, earlier), (key, amounts)

    def _witness(self, pending: Pending, key: Key, who: Who) -> None:
        # No set grows past what the decision needs: what is not needed is not remembered.
        if len(pending.senders) < self._threshold.senders(key[0]):
            pending.senders.add(who.sender)
        if len(pending.networks) < self._threshold.networks(key[0]):
            pending.networks.add(who.network)

    def _is_shared(self, pending: Pending, key: Key) -> bool:
        threshold, kind = self._threshold, key[0]
        if len(pending.senders) < threshold.senders(kind) or len(pending.networks) < threshold.networks(kind):
            return False
        attributes = _PAIRS.get(key[0])
        if attributes is None:
            return True
        # A pair is told only when both of its sides are told anyway.
        return all(
            (attribute.value, value) in self._disclosed for attribute, value in zip(attributes, key[1:], strict=True)
        )
