"""People who send, days that count them, and sums over what came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from ingest.counters.cells import Key
from ingest.counters.disclosure import Who
from ingest.counters.window import Cells, Rules, add_amounts

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


def summed(parts: Iterable[Mapping[Key, Sequence[int]]]) -> Cells:
    """Return the sum of many sets of cells, without those that come to nothing."""
    total: Cells = {}
    for part in parts:
        for key, amounts in part.items():
            add_amounts(total, key, amounts)
    return {key: amounts for key, amounts in total.items() if any(amounts)}
