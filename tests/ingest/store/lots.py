"""Lots whose content follows from their number, and what the tables must then hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from ingest.counters.cells import CRASH, HOURS, LOSS, METRICS, REFUSED, SESSION, SESSION_METRICS, Key
from ingest.counters.exemplar import Exemplar
from ingest.counters.ledger import Batch
from ingest.counters.segment import Cells, Lot
from ingest.store.blocks import TABLES
from ingest.store.client import Connection

FIRST = date(2026, 10, 28)
BURST = 3
"""Batches that `writing.py` has on their way at once."""

SITES = ("example.org", "other.example")

Sums = Counter[tuple[object, ...]]


def lot_of(number: int) -> Lot:
    """Return a lot of a site or, each third time, of an app; the days go over two months."""
    day = FIRST + timedelta(days=number % 9)
    if number % 3 == 2:
        reports: Cells = {
            (CRASH, "0123456789abcdef", "release", f"{number % 4}.0"): [number],
            (CRASH, "0123456789abcdef", "model", "(rare)"): [1],
            (SESSION, f"{number % 4}.0"): [number + place for place in range(len(SESSION_METRICS))],
            (SESSION, ""): [1, 0, -1, 0, 1, 0],
            (LOSS, "error", "queue_overflow"): [number],
            (REFUSED, "duplicate"): [number % 5],
        }
        stack = Exemplar(1, "ValueError", "run", f'{{"number": {number}}}')
        return Lot("app:6", day, (number,), reports, {"0123456789abcdef": stack})
    width = len(METRICS)
    cells: Cells = {
        (HOURS, str(number % 24)): [number + place for place in range(width)],
        ("page", f"/{number % 7}"): [1] * width,
        ("page", "(rare)"): [number % 2, *([-1] * (width - 1))],
        ("page*source", "/", "it's \\ a \t source"): [2] * width,
        (REFUSED, "bot"): [number],
    }
    return Lot(SITES[number % 2], day, (number,), cells, {})


def batch_of(number: int, done: list[int] | None = None) -> Batch:
    return Batch(number, lot_of(number), lambda: (done if done is not None else []).append(number))


def expected(numbers: Iterable[int]) -> Sums:
    """Return table, key and metric with their sums, as counted by hand."""
    sums: Sums = Counter()
    for lot in map(lot_of, numbers):
        owner: object = 6 if lot.owner == "app:6" else lot.owner
        for key, amounts in lot.cells.items():
            place = _place(owner, lot, key)
            for position, amount in enumerate(amounts):
                sums[*place, position] += amount
    return _without_zeros(sums)


def _place(owner: object, lot: Lot, key: Key) -> tuple[object, ...]:
    match key:
        case ("hours", hour):
            return "hours", owner, lot.date, int(hour)
        case ("refused", reason):
            return "refusals", lot.owner, lot.date, reason
        case ("crash", group, attribute, value):
            return "crash_cells", owner, group, attribute, lot.date, value
        case ("session", release):
            return "sessions", owner, lot.date, release
        case ("loss", category, reason):
            return "losses", owner, lot.date, category, reason
        case (pair, first, second):
            return "pairs", owner, pair, lot.date, first, second
    attribute, value = key
    return "cells", owner, attribute, lot.date, value


def kept(connection: Connection) -> Sums:
    """Return what the tables hold, in the same form; of `crash_groups` see `groups`."""
    sums: Sums = Counter()
    for table, columns in TABLES.items():
        if table == "crash_groups":
            continue
        names = list(columns)
        node = names.index("node")
        keys, metrics = names[:node], names[node + 1 : -1]
        quoted = ", ".join(f"`{key}`" for key in keys)
        totals = ", ".join(f"sum({metric})" for metric in metrics)
        for row in connection.rows(f"SELECT {quoted}, {totals} FROM {table} WHERE node = '' GROUP BY {quoted}"):
            for position, amount in enumerate(row[len(keys) :]):
                sums[table, *row[: len(keys)], position] += amount
    return _without_zeros(sums)


def _without_zeros(sums: Sums) -> Sums:
    return Counter({key: amount for key, amount in sums.items() if amount})


def newest(connection: Connection) -> dict[str, list[int]]:
    """Return the batch numbers that the markers of each table bear."""
    return {
        table: [row[0] for row in connection.rows(f"SELECT sequence FROM {table} WHERE node != '' ORDER BY sequence")]
        for table in TABLES
    }
