"""Counts that are written together, on their way from a turn of the loop to the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ingest.counters.amounts import unpack
from ingest.counters.cells import (
    Key,
    metrics_of,
)
from ingest.counters.exemplar import Exemplar
from ingest.counters.rules import DAY

Cells = dict[Key, list[int]]


Packed = dict[Key, int]
"""Cells with their amounts packed: see `amounts`."""


def add_packed(cells: Packed, key: Key, amounts: int) -> None:
    """Add packed amounts to a cell, opening it if need be."""
    cells[key] = cells.get(key, 0) + amounts


def unpacked(cells: Packed) -> Cells:
    """Return cells with their amounts apart, without those that come to nothing."""
    return {key: unpack(amounts, len(metrics_of(key))) for key, amounts in cells.items() if amounts}


@dataclass(slots=True)
class Segment:
    """Counts that are written together, and the people whom they mix.

    `known` is how many people the journal remembers of a segment begun before a crash; their digests are gone,
    so the larger of the two counts is taken, never the sum.
    """

    number: int
    cells: Packed = field(default_factory=dict)
    exemplars: dict[str, Exemplar] = field(default_factory=dict)
    people: set[bytes] = field(default_factory=set, repr=False)
    known: int = 0

    @property
    def mixed(self) -> int:
        """Return how many people are mixed here, counted low."""
        return max(self.known, len(self.people))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.cells and not self.exemplars


@dataclass(slots=True)
class Change:
    """What one turn of the loop added to a day, in the form that the journal may hold.

    Keys stand beside the packed amounts that were added to each of them: what one visit does is one amount and
    many keys.
    """

    owner: str
    date: date
    segment: int
    mixed: int
    groups: dict[int, list[Key]]
    exemplars: dict[str, Exemplar]
    span: int = DAY

    @property
    def cells(self) -> Packed:
        """The same by key."""
        return {key: amounts for amounts, keys in self.groups.items() for key in keys}


@dataclass(frozen=True, slots=True)
class Lot:
    """Counts that leave memory in one write: rows of one owner and day."""

    owner: str
    date: date
    segments: tuple[int, ...]
    cells: Cells
    exemplars: dict[str, Exemplar]
    closing: bool = False
    span: int = DAY


def grouped(cells: Packed) -> dict[int, list[Key]]:
    """Return cells by their amounts, as a `Change` has them."""
    groups: dict[int, list[Key]] = {}
    for key, amounts in cells.items():
        groups.setdefault(amounts, []).append(key)
    return groups
