"""Deletion: whole partitions, since DELETE and TTL leave the bytes on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from ingest.store.blocks import TABLES
from ingest.store.client import Connection

CRASH_TABLES: Final = frozenset({"crash_cells", "crash_groups", "sessions", "losses"})


@dataclass(frozen=True, slots=True)
class Keep:
    """How long counters are kept: months of analytics, days of crashes."""

    months: int
    days: int

    @classmethod
    def read(cls, analytics: str, crashes: str) -> Keep:
        """Read `25 months` and `90 days`. Raises ValueError naming the key and the form."""
        months = re.fullmatch(r"(\d+) months?", analytics)
        days = re.fullmatch(r"(\d+) days?", crashes)
        if not months or not int(months[1]):
            raise ValueError('retention.analytics: write a number of months, such as "25 months"')
        if not days or not int(days[1]):
            raise ValueError('retention.crashes: write a number of days, such as "90 days"')
        return cls(int(months[1]), int(days[1]))

    def first_month(self, table: str, today: date) -> int:
        """Return the oldest month (yyyymm) of a table that is kept: a month goes when its last day is too old."""
        if table in CRASH_TABLES:
            oldest = date.fromordinal(max(1, today.toordinal() - self.days))
            return oldest.year * 100 + oldest.month
        index = today.year * 12 + today.month - 1 - self.months
        return index // 12 * 100 + index % 12 + 1


def drop_old(connection: Connection, keep: Keep, today: date) -> list[str]:
    """Drop every partition that is past its time and return their names. Raises StoreError."""
    dropped = []
    for table, partition in _partitions(connection):
        month = int(partition.rsplit(",", 1)[-1].strip(" )"))
        if month < keep.first_month(table, today):
            connection.run(f"ALTER TABLE {table} DROP PARTITION {partition}")
            dropped.append(f"{table} {partition}")
    return dropped


def drop_owner(connection: Connection, owner: str) -> list[str]:
    """Drop all that is kept of a site, or of `app:N`, and return the partitions' names. Raises StoreError."""
    app = owner.removeprefix("app:") if owner.startswith("app:") else None
    quoted = "'" + owner.replace("\\", "\\\\").replace("'", "\\'") + "'"
    dropped = []
    for table, partition in _partitions(connection):
        first = partition.strip("()").rsplit(",", 1)[0].strip()
        if first == (app if table in CRASH_TABLES else quoted):
            connection.run(f"ALTER TABLE {table} DROP PARTITION {partition}")
            dropped.append(f"{table} {partition}")
    return dropped


def _partitions(connection: Connection) -> list[tuple[str, str]]:
    sql = (
        "SELECT DISTINCT table, partition FROM system.parts "
        "WHERE database = currentDatabase() AND active AND table IN {tables:Array(String)} ORDER BY table, partition"
    )
    return [(str(row[0]), str(row[1])) for row in connection.rows(sql, {"tables": list(TABLES)})]
