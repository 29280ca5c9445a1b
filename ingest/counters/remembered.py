"""What memory knows and the journal may not: a planned restart hands it from memory to memory."""

from __future__ import annotations

import msgspec


class Waiting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A value that too few have shared."""

    key: tuple[str, ...]
    fallback: tuple[str, ...]
    amounts: bytes
    senders: tuple[bytes, ...]
    networks: tuple[str, ...]


class Remembered(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What memory knows of a day beside what the journal holds."""

    owner: str
    day: int  # ordinal of the date
    span: int
    people: list[tuple[int, list[bytes]]]  # segment, and who is mixed into it
    waiting: list[Waiting]
