"""When a value may leave memory.

A value that k distinct senders from at least min(k, 3) networks have sent on one day is shared enough to be
kept. Until then its counts stand under a fallback, `(rare)` or the declared shape of a page, and only this
module knows its name. When it is disclosed, its counts move from the fallback to the name, so the name then
holds all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ingest.counters.amounts import from_bytes, to_bytes
from ingest.counters.cells import CRASH, NETWORK_K, RARE, Attribute, Key, Pair
from ingest.counters.remembered import Waiting
from ingest.counters.slot import Cell, Needs, Pending, Seat, Slot

_MANY_NETWORKS: Final = 3
_PAIRS: Final = {
    pair.value: tuple(side.value for side in pair.attributes) for pair in Pair if not pair.is_weekly
}  # fmt: skip
"""Pairs whose sides are counted here too. A goal's pair stands alone in its week: who shares it shares both sides."""


@dataclass(slots=True)
class Who:
    """Who sent something, as far as counting may know: a digest that lives a day, and a network."""

    sender: bytes = field(repr=False)
    network: str


class Threshold:
    """How many must share a value, and how many values of one kind are watched at most."""

    def __init__(self, k: int, values: int = 50_000) -> None:
        self.k = k
        self.values = values
        most = min(k, _MANY_NETWORKS)
        # A network comes from itself.
        self._needs: dict[str, Needs] = {Attribute.NETWORK.value: (max(k, NETWORK_K), 1, None)}
        self._needs |= {pair: (k, most, sides) for pair, sides in _PAIRS.items()}
        self._others: Needs = (k, most, None)

    def needs(self, kind: str) -> Needs:
        """Return the senders that a value of this kind needs, the networks that they must come from, and its sides.

        One office is not a crowd.
        """
        return self._needs.get(kind, self._others)


class Disclosure:
    """The values of one day: those that may be named, and those that may not yet."""

    def __init__(self, threshold: Threshold) -> None:
        self._threshold = threshold
        self._slots: dict[Key, Slot] = {}
        self._seats: dict[Key, Seat] = {}
        self._rare: dict[str, Slot] = {}
        self._watched: dict[str, int] = {}

    @property
    def disclosed(self) -> frozenset[Key]:
        """Keys that have been named today."""
        return frozenset(key for key, seat in self._seats.items() if isinstance(seat, Slot))

    @property
    def pending(self) -> list[Pending]:
        """Values that too few have shared so far."""
        return [seat for seat in self._seats.values() if isinstance(seat, Pending)]

    def slot(self, key: Key) -> Slot:
        """Return the slot of a key that tells no value, or stands for others: it is not named by that."""
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = Slot(key)
        return slot

    def name(self, key: Key) -> Slot:
        """Let a key be named from now on: it is free or shared, or the journal shows that it was named before."""
        slot = self._seats[key] = self.slot(key)
        return slot

    def seat(self, key: Key, fallback: Key | None, *, free: bool) -> Seat:
        """Return where the amounts of a key go: its slot if it may be named, else where it waits.

        Without a fallback it stands under `(rare)` of the same kind. Past the most values that are watched of a kind
        it is the fallback's slot.
        """
        return self._seats.get(key) or self._open(key, fallback, free=free)

    def share(self, cells: list[Cell], who: Who) -> tuple[list[Slot], list[Pending], list[Pending]]:
        """Return where amounts of keys go that somebody now has a share in.

        Those that are named, those that wait, and those that wait no longer, which are to be named.
        """
        seats = self._seats.get
        named: list[Slot] = []
        waiting: list[Pending] = []
        ripe: list[Pending] = []
        for key, free, fallback in cells:
            seat = seats(key) or self._open(key, fallback, free=free)
            if isinstance(seat, Slot):
                named.append(seat)
            elif free or self.witness(seat, who):
                ripe.append(seat)
            else:
                waiting.append(seat)
        return named, waiting, ripe

    def _open(self, key: Key, fallback: Key | None, *, free: bool) -> Seat:
        if free:
            return self.name(key)
        kind = key[0]
        standing = self.slot(fallback) if fallback is not None else self._rare.get(kind) or self._rare_slot(key)
        watched = self._watched.get(kind, 0)
        if watched >= self._threshold.values:
            return standing
        self._watched[kind] = watched + 1
        seat = self._seats[key] = Pending(key, standing, self._threshold.needs(kind))
        return seat

    def _rare_slot(self, key: Key) -> Slot:
        slot = self.slot(rare_of(key))
        if key[0] != CRASH:
            # Of every other kind there is one.
            self._rare[key[0]] = slot
        return slot

    def witness(self, pending: Pending, who: Who) -> bool:
        """Note who sent a value; return whether it may be named now."""
        # Nothing grows past what the decision needs: what is not needed is not remembered.
        senders, networks, _ = pending.needs
        if who.sender not in pending.senders and len(pending.senders) < senders:
            pending.senders += (who.sender,)
        if who.network not in pending.networks and len(pending.networks) < networks:
            pending.networks += (who.network,)
        if len(pending.senders) < senders or len(pending.networks) < networks:
            return False
        pending.is_ripe = True
        return self.is_shared(pending)

    def is_shared(self, pending: Pending) -> bool:
        """Return whether a value that enough have sent may be named by now."""
        sides = pending.needs[2]
        return pending.is_ripe and (sides is None or self._are_named(sides, pending.key))

    def _are_named(self, sides: tuple[str, ...], key: Key) -> bool:
        # A pair is told only when both of its sides are told anyway.
        return all(isinstance(self._seats.get((side, value)), Slot) for side, value in zip(sides, key[1:], strict=True))

    def remember(self) -> list[Waiting]:
        """Return the values that may not be named yet, for the next process."""
        return [
            Waiting(
                pending.key, pending.fallback.key, to_bytes(pending.amounts), pending.senders, pending.networks
            )
            for pending in self.pending
        ]  # fmt: skip

    def resume(self, waiting: Iterable[Waiting]) -> None:
        """Go on watching values. Their counts stand under their fallbacks already."""
        for value in waiting:
            self._watched[value.key[0]] = self._watched.get(value.key[0], 0) + 1
            needs = self._threshold.needs(value.key[0])
            pending = self._seats[value.key] = Pending(value.key, self.slot(value.fallback), needs)
            pending.amounts = from_bytes(value.amounts)
            pending.senders, pending.networks = value.senders, value.networks


def rare_of(key: Key) -> Key:
    """Return the `(rare)` row of a key's kind: of both sides of a pair, of the value of anything else."""
    if key[0] == CRASH:
        return (*key[:-1], RARE)
    return (key[0], *(RARE for _ in key[1:]))
