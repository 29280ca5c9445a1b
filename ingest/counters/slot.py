"""Where the amounts of a key go, for whoever adds to it often: found once, then added to without a look-up."""

from __future__ import annotations

from ingest.counters.cells import RARE, Key


class Slot:
    """A cell that may leave memory under its own name."""

    __slots__ = ("change", "held", "is_rare", "key", "mark")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.is_rare = is_rare(key)
        self.change = 0  # what this turn of the loop has added, packed
        self.mark = 0  # see `firsts`
        self.held = 0  # what earlier turns have added, and no segment has taken up yet


Needs = tuple[int, int, tuple[str, ...] | None]
"""What a value needs to be shared: senders, networks that they come from, and the attributes of a pair."""


class Pending:
    """The counts of a value that too few have shared so far. It never leaves memory."""

    __slots__ = ("amounts", "fallback", "is_ripe", "key", "mark", "named", "needs", "networks", "senders")

    def __init__(self, key: Key, fallback: Slot, needs: Needs) -> None:
        self.key = key
        self.needs = needs
        self.fallback = fallback  # where its counts stand meanwhile
        self.amounts = 0  # packed
        self.mark = 0  # see `firsts`
        self.senders: tuple[bytes, ...] = ()
        self.networks: tuple[str, ...] = ()
        self.is_ripe = False  # enough have shared it, but a side of the pair that it is waits yet
        self.named: Slot | None = None  # once it may be named


Seat = Slot | Pending

Cell = tuple[Key, bool, Key | None]
"""What a seat is asked for: a key, whether it may be named from the first, and what it counts as until it may be."""


def is_rare(key: Key) -> bool:
    """Whether the key is a `(rare)` row, which is written once, when the day closes."""
    return key[-1] == RARE
