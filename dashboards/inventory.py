"""What the store holds, told by the store itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from dashboards.questions import Questions
from ingest.app import App
from ingest.site import Site

NO_DAY: Final = date(1970, 1, 1)

PURPOSES: Final = {
    "hours": "Totals of a site by hour",
    "cells": "One property of visits, by day",
    "pairs": "Two properties of visits, by day, from a closed list",
    "crash_cells": "One property of a crash group, by day",
    "crash_groups": "The name and one stack of a crash group, by week",
    "sessions": "Runs of an app, by release and day, where the app asks for them",
    "losses": "What SDKs say that they could not send, by day, kind and reason",
    "refusals": "What was not counted, by day and reason",
    "migrations": "Which schema files were applied",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class Held:
    """A table, and how much is in it."""

    name: str
    purpose: str
    columns: Sequence[Column]
    rows: int
    bytes: int
    oldest: date | None

    @property
    def data(self) -> dict[str, Any]:
        """The table for programs."""
        return {
            "table": self.name,
            "purpose": self.purpose,
            "rows": self.rows,
            "bytes": self.bytes,
            "oldest_day": self.oldest.isoformat() if self.oldest else None,
            "columns": [{"name": item.name, "type": item.type, "comment": item.comment} for item in self.columns],
        }


class Inventory:
    """Reads the schema and its parts as they are now, never a description of them."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    async def everything(self) -> list[Held]:
        """Return every table of the store."""
        return await self._held("inventory_parts", {})

    async def of(self, owner: Site | App) -> list[Held]:
        """Return every table with what it holds about one site or app, the markers of batches included."""
        # Partitions are named by ClickHouse as a tuple: ('example.org',202611) or (6,202611).
        app = f"({owner.id}," if isinstance(owner, App) else ""
        return await self._held("inventory_parts_of", {"app": app, "owner": f"({_quoted(owner.owner)},"})

    async def _held(self, question: str, parameters: dict[str, object]) -> list[Held]:
        columns: dict[str, list[Column]] = {}
        for table, name, kind, comment in await self._questions.ask("inventory_columns", {}):
            columns.setdefault(table, []).append(Column(name, kind, comment))
        parts = {table: found for table, *found in await self._questions.ask(question, parameters)}
        held = []
        for table, found in columns.items():
            rows, size, oldest = parts.get(table, (0, 0, NO_DAY))
            held.append(Held(table, PURPOSES.get(table, ""), found, rows, size, oldest if oldest > NO_DAY else None))
        return held


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
