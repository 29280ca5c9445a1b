"""What a page asks of the store, and how many rows the engine reads for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.questions import read_questions
from ingest.store.client import Connector
from ingest.store.reader import Reader


@dataclass
class Costs:
    """What the pages of one test asked of the store."""

    questions: list[tuple[str, int]]


class Counting(Reader):
    """A reader that asks of each question how many rows the engine reads for it."""

    def __init__(self, connector: Connector, costs: Costs) -> None:
        super().__init__(connector)
        self._costs = costs
        self._names = {text: name for name, text in read_questions().items()}

    def _rows(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        rows = super()._rows(sql, parameters)
        # The embedded engine's summary counts rows of the answer: what a query reads is told by the index alone.
        estimate = super()._rows(f"EXPLAIN ESTIMATE {sql}", parameters)
        self._costs.questions.append((self._names[sql], sum(read for *_, read, _ in estimate)))
        return rows
