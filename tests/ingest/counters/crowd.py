"""People who send, days that count them, and sums over what came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from ingest.counters.amounts import from_bytes, pack, unpack
from ingest.counters.cells import Key
from ingest.counters.disclosure import Who
from ingest.counters.rules import Rules
from ingest.counters.segment import Cells, Packed, add_packed

DAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0


def who(number: int, network: int | str) -> Who:
    name = network if isinstance(network, str) else f"198.{network}"
    return Who(number.to_bytes(8, "big"), name)


def crowd(count: int, networks: int = 3) -> list[Who]:
    """Return people of as many networks as that, as evenly as can be."""
    return [who(number, number % networks) for number in range(count)]


def rules(k: int = 5, batch: int = 0, *, at_close_only: bool = False, values: int = 50_000) -> Rules:
    return Rules(UTC, k, batch, batch, at_close_only, values)


def noon_of(day: date) -> float:
    return NOON + (day - DAY) / timedelta(seconds=1)


def summed(parts: Iterable[Mapping[Key, Sequence[int] | int | bytes]]) -> Cells:
    """Return the sum of many sets of cells, packed or apart, without those and without ends that come to nothing."""
    total: Packed = {}
    for part in parts:
        for key, amounts in part.items():
            packed = from_bytes(amounts) if isinstance(amounts, bytes) else amounts
            add_packed(total, key, packed if isinstance(packed, int) else pack(packed))
    return {key: trimmed(unpack(amounts, 8)) for key, amounts in total.items() if amounts}


def trimmed(amounts: Sequence[int]) -> list[int]:
    """Return amounts without the zeros that they end in."""
    return list(amounts)[: max((place + 1 for place, amount in enumerate(amounts) if amount), default=0)]
