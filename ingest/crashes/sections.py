"""Looking into JSON without materialising what is not kept.

A value is held as `msgspec.Raw`, a slice of the submission, until a reader for exactly one type is asked for it. A
value of another type reads as None: one wrong field never loses a report.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

Raw = msgspec.Raw
Section = dict[str, Raw]

MISSING: Final = Raw(b"")
"""What stands for a field that was not sent."""

T = TypeVar("T")
_EMPTY: Final = frozenset({b"", b"null", b'""', b"[]", b"{}"})
_LONGEST_EMPTY: Final = 4
_LONG: Final = 64 << 10
_MOST_ENTRIES: Final = 100_000
_MOST_KEYS: Final = 50_000


def is_given(raw: Raw) -> bool:
    """Whether a field was sent with more in it than null or an empty text, list or object."""
    return raw is not MISSING and bytes(memoryview(raw)[: _LONGEST_EMPTY + 1]) not in _EMPTY


def is_crowded(payload: bytes | memoryview) -> bool:
    """Tell whether an event has more keys than any SDK sends: to make an object of them would hold the event loop."""
    return len(payload) > _LONG and bytes(payload).count(b":") > _MOST_KEYS


def reader_of(kind: type[T]) -> Callable[[Raw], T | None]:
    """Return a function that reads a raw value as `kind`, or returns None when it is anything else."""
    decode = msgspec.json.Decoder(kind).decode

    def read(raw: Raw) -> T | None:
        try:
            return decode(raw)
        except (ValueError, RecursionError):  # ValueError: another type, out of range, not UTF-8, not JSON
            return None

    return read


read_text: Final = reader_of(str)
read_whole: Final = reader_of(int)
read_number: Final = reader_of(float)
read_flag: Final = reader_of(bool)
_read_list: Final = reader_of(list[Raw])
read_section: Final = reader_of(dict[str, Raw])


def read_list(raw: Raw) -> list[Raw] | None:
    """Read a list. One with more entries than any SDK sends would hold the event loop: it reads as None."""
    is_long = len(memoryview(raw)) > _LONG and bytes(memoryview(raw)).count(b",") > _MOST_ENTRIES
    return None if is_long else _read_list(raw)


def read_values(raw: Raw) -> list[Raw] | None:
    """Read a list that the schema wraps as `{"values": [...]}` and that older SDKs send bare."""
    section = read_section(raw)
    if section is None:
        return read_list(raw)
    if "values" in section:
        return read_list(section["values"])
    return [raw]
