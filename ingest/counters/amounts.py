"""Amounts of a cell, all in one integer: adding a row of them costs one addition.

An amount has a lane of 64 bits. Amounts may be negative, and then borrow from the lane above; sums stay exact, since
a lane is read by what is left when everything below it has been taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_LANE: Final = 64
_MASK: Final = (1 << _LANE) - 1
_HALF: Final = 1 << (_LANE - 1)
_WHOLE: Final = 1 << _LANE


def lane(position: int, amount: int = 1) -> int:
    """Return an amount of one metric, by its position."""
    return amount << (_LANE * position)


def pack(amounts: Sequence[int]) -> int:
    """Return amounts as one integer. Each is within 63 bits."""
    packed = 0
    for amount in reversed(amounts):
        packed = (packed << _LANE) + amount
    return packed


def unpack(packed: int, width: int) -> list[int]:
    """Return the first amounts of an integer, one for each lane."""
    amounts = []
    for _ in range(width):
        amount = packed & _MASK
        if amount >= _HALF:
            amount -= _WHOLE
        amounts.append(amount)
        packed = (packed - amount) >> _LANE
    return amounts


def to_bytes(packed: int) -> bytes:
    """Return an integer of amounts as it stands in the journal: little-endian two's complement, as short as can be."""
    return packed.to_bytes((packed.bit_length() >> 3) + 1, "little", signed=True)


def from_bytes(data: bytes) -> int:
    """Return what `to_bytes` was given."""
    return int.from_bytes(data, "little", signed=True)
