"""Rows as the tables take them: a lot of counts, table by table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ingest.counters.cells import (
    CRASH,
    CRASH_METRICS,
    HOURS,
    LOSS,
    LOSS_METRICS,
    METRICS,
    REFUSED,
    SESSION,
    SESSION_METRICS,
    Key,
    Pair,
)
from ingest.counters.segment import Lot

_AMOUNTS: Final = dict.fromkeys(METRICS, "Int64")
_LAST: Final = {"node": "String"}
_SEQUENCE: Final = {"sequence": "UInt64"}

TABLES: Final[dict[str, dict[str, str]]] = {
    "hours": {"site": "String", "day": "Date", "hour": "Int8", **_LAST, **_AMOUNTS, **_SEQUENCE},
    "cells": {
        "site": "String", "attribute": "LowCardinality(String)", "day": "Date", "value": "String",
        **_LAST, **_AMOUNTS, **_SEQUENCE,
    },
    "pairs": {
        "site": "String", "pair": "LowCardinality(String)", "day": "Date", "first": "String", "second": "String",
        **_LAST, **_AMOUNTS, **_SEQUENCE,
    },
    "crash_cells": {
        "app": "UInt32", "group": "String", "attribute": "LowCardinality(String)", "day": "Date", "value": "String",
        **_LAST, **dict.fromkeys(CRASH_METRICS, "Int64"), **_SEQUENCE,
    },
    "crash_groups": {
        "app": "UInt32", "group": "String", "week": "Date", **_LAST, "algorithm": "UInt8", "type": "String",
        "function": "String", "exemplar": "String", "first_day": "Date", "last_day": "Date", **_SEQUENCE,
    },
    "sessions": {
        "app": "UInt32", "day": "Date", "release": "String",
        **_LAST, **dict.fromkeys(SESSION_METRICS, "Int64"), **_SEQUENCE,
    },
    "losses": {
        "app": "UInt32", "day": "Date", "category": "LowCardinality(String)", "reason": "LowCardinality(String)",
        **_LAST, **dict.fromkeys(LOSS_METRICS, "Int64"), **_SEQUENCE,
    },
    "refusals": {
        "owner": "String", "day": "Date", "reason": "LowCardinality(String)", **_LAST, "submissions": "Int64",
        **_SEQUENCE,
    },
}  # fmt: skip
"""Columns of each table with their types, in the order of an insert."""

OWNER_COLUMN: Final = {table: next(iter(columns)) for table, columns in TABLES.items()}
DAY_COLUMN: Final = {table: "week" if table == "crash_groups" else "day" for table in TABLES}

_PAIRS: Final = frozenset(pair.value for pair in Pair)
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one table and partition."""

    table: str
    owner: str | int
    month: date
    rows: Sequence[Row]


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def blocks_of(*lots: Lot) -> list[Block]:
    """Return the rows of lots, one block for each table and partition, without markers."""
    blocks: dict[tuple[str, str | int, date], list[Row]] = {}
    for lot in lots:
        for block in _blocks_of(lot):
            blocks.setdefault((block.table, block.owner, block.month), []).extend(block.rows)
    return [Block(*place, rows) for place, rows in blocks.items()]


def _blocks_of(lot: Lot) -> list[Block]:
    rows: dict[str, list[Row]] = {}
    owner: str | int = int(lot.owner.removeprefix("app:")) if lot.owner.startswith("app:") else lot.owner
    for key, amounts in lot.cells.items():
        table, row = _row(owner, lot, key, amounts)
        rows.setdefault(table, []).append(row)
    for group, exemplar in lot.exemplars.items():
        week = monday(lot.date)
        row = (owner, group, week, "", exemplar.algorithm, exemplar.type, exemplar.function, exemplar.stack)
        rows.setdefault("crash_groups", []).append((*row, lot.date, lot.date, 0))
    return [
        Block(
            table,
            lot.owner if table == "refusals" else owner,
            (monday(lot.date) if table == "crash_groups" else lot.date).replace(day=1),
            rows[table],
        )
        for table in TABLES
        if table in rows
    ]


def _row(owner: str | int, lot: Lot, key: Key, amounts: Sequence[int]) -> tuple[str, Row]:
    kind = key[0]
    if kind == HOURS:
        return "hours", (owner, lot.date, int(key[1]), "", *amounts, 0)
    if kind == REFUSED:
        return "refusals", (lot.owner, lot.date, key[1], "", *amounts, 0)
    if kind == CRASH:
        return "crash_cells", (owner, key[1], key[2], lot.date, key[3], "", *amounts, 0)
    if kind == SESSION:
        return "sessions", (owner, lot.date, key[1], "", *amounts, 0)
    if kind == LOSS:
        return "losses", (owner, lot.date, key[1], key[2], "", *amounts, 0)
    if kind in _PAIRS:
        return "pairs", (owner, kind, lot.date, key[1], key[2], "", *amounts, 0)
    return "cells", (owner, kind, lot.date, key[1], "", *amounts, 0)


def marker(block: Block, node: str, sequence: int) -> Row:
    """Return the row that says which batch of a node was written last to a partition. It bears no time."""
    empty: dict[str, object] = {"String": "", "LowCardinality(String)": "", "Date": block.month}
    fixed: dict[str, object] = {OWNER_COLUMN[block.table]: block.owner, "node": node, "sequence": sequence}
    return tuple(fixed.get(column, empty.get(kind, 0)) for column, kind in TABLES[block.table].items())
