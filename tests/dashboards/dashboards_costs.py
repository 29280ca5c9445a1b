"""What a page asks of the store, and how many rows the engine reads for it.

A plugin: name it in `pytest_plugins`, and import from it for types alone, since pytest has to load it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from dashboards_stage import NOW
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboards.questions import read_questions
from ingest.store.client import Connector
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.users import Role, add_user
from ingest.store.reader import Reader

Look = Callable[..., TestClient]
"""Takes the path of a page to see first, and the `sites` or `apps` to be served."""


@dataclass
class Costs:
    """What the pages of one test asked of the store."""

    questions: list[tuple[str, int]] = field(default_factory=list)
    """Each question with the rows that the engine reads for it."""
    answers: list[tuple[str, int]] = field(default_factory=list)
    """Each question with the rows of its answer."""

    def clear(self) -> None:
        """Begin anew."""
        self.questions.clear()
        self.answers.clear()


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
        self._costs.answers.append((self._names[sql], len(rows)))
        return rows


@pytest.fixture
def costs() -> Costs:
    return Costs()


@pytest.fixture
def look(connector: Connector, control: Control, build_at: Callable[..., Starlette], costs: Costs) -> Iterator[Look]:
    """Sign an owner in whose every question is counted, from the second page on: the first asks what is asked once."""
    with ExitStack() as stack:

        def look(first: str, **owners: Any) -> TestClient:
            reader = Counting(connector, costs)
            stack.callback(reader.close)
            pages = build_at("http://testserver", reader=reader, **owners)
            owner = add_user(control, "ada", Role.OWNER)
            client = stack.enter_context(TestClient(pages, follow_redirects=False))
            assert client.get(f"/login/{make_link(control, owner.id, NOW)}").status_code == 303
            assert client.get(first).status_code == 200
            costs.clear()
            return client

        yield look
