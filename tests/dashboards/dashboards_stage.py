"""What tests of the dashboards hold in their hands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count

from argon2 import PasswordHasher
from starlette.testclient import TestClient

from dashboards.hosts import Hosts
from dashboards.vitals import Finding, Vitals
from ingest.counters.cells import METRICS, SESSION_METRICS, UNFOLDING, Breakdown
from ingest.counters.exemplar import Exemplar
from ingest.hits.attributes import visit_attributes
from ingest.store.client import Connection

NOW = datetime(2026, 11, 21, 13, 30, tzinfo=UTC).timestamp()
TODAY = date(2026, 11, 21)
LISTED = {
    "channel": "Channels", "utm_source": "UTM sources", "utm_medium": "UTM mediums", "utm_campaign": "UTM campaigns",
    "utm_content": "UTM contents", "utm_term": "UTM terms", "browser_version": "Browser versions",
    "system_version": "System versions", "screen": "Screens", "revisit": "Revisits", "traffic": "Traffic",
    "host": "Hosts",
}  # fmt: skip
"""Breakdowns that pages must know whether or not this tree counts them."""
_COUNTED = (*UNFOLDING, *(attribute.breakdown for attribute in visit_attributes()))
_NAMES = {breakdown.name for breakdown in _COUNTED}
BREAKDOWNS = (
    *_COUNTED,
    *(Breakdown(name, f"visit:{name}", title) for name, title in LISTED.items() if name not in _NAMES),
)
FAST = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Argon2 that costs nothing; `test_passwords` also runs the real one."""

HOSTS = Hosts(
    source=lambda host: "Google" if host.startswith("google.") else host,
    is_spam=lambda host: host == "free-traffic.example",
)

VITALS = Vitals(
    version="1.2.3", is_store_away=False, is_full=False, batches_written=7, batches_waiting=1, spool_bytes=2_000_000,
    spool_bound=268_435_456, journal_bytes=9_000, retained=TODAY, dropped=2,
    findings=[
        Finding("disk", is_good=True, is_warning=False, found="40 GiB free"),
        Finding("process", is_good=False, is_warning=True, found="swap is on: switch it off, or encrypt it"),
    ],
)  # fmt: skip

NUMBERS = count()


def snippet(site: str) -> str:
    return f'<script defer src="http://testserver/js/logless.js" data-site="{site}"></script>'


class Rows:
    """Puts rows into the store as a writer would: whole blocks, with a marker that no query may count."""

    def __init__(self, store: Connection) -> None:
        self._store = store

    def hours(self, site: str, rows: Sequence[tuple[date, int, Sequence[int]]]) -> None:
        keys = [(site, day, hour) for day, hour, _ in rows]
        self._put("hours", ("site", "day", "hour"), keys, METRICS, [amounts for *_, amounts in rows])

    def cells(self, site: str, attribute: str, rows: Sequence[tuple[date, str, Sequence[int]]]) -> None:
        keys = [(site, attribute, day, value) for day, value, _ in rows]
        self._put("cells", ("site", "attribute", "day", "value"), keys, METRICS, [amounts for *_, amounts in rows])

    def pairs(self, site: str, pair: str, rows: Sequence[tuple[date, str, str, Sequence[int]]]) -> None:
        keys = [(site, pair, day, first, second) for day, first, second, _ in rows]
        names = ("site", "pair", "day", "first", "second")
        self._put("pairs", names, keys, METRICS, [amounts for *_, amounts in rows])

    def crashes(self, app: int, rows: Sequence[tuple[date, str, str, str, int]]) -> None:
        keys = [(app, group, attribute, day, value) for day, group, attribute, value, _ in rows]
        names = ("app", "group", "attribute", "day", "value")
        self._put("crash_cells", names, keys, ("reports",), [[reports] for *_, reports in rows])

    def groups(self, app: int, rows: Sequence[tuple[str, date, Exemplar, date, date]]) -> None:
        keys = [(app, group, week) for group, week, *_ in rows]
        amounts = [[e.algorithm, e.type, e.function, e.stack, first, last] for _, _, e, first, last in rows]
        names = ("algorithm", "type", "function", "exemplar", "first_day", "last_day")
        self._put("crash_groups", ("app", "group", "week"), keys, names, amounts)

    def sessions(self, app: int, rows: Sequence[tuple[date, str, Sequence[int]]]) -> None:
        keys = [(app, day, release) for day, release, _ in rows]
        names = ("app", "day", "release")
        self._put("sessions", names, keys, SESSION_METRICS, [amounts for *_, amounts in rows])

    def losses(self, app: int, rows: Sequence[tuple[date, str, str, int]]) -> None:
        keys = [(app, day, category, reason) for day, category, reason, _ in rows]
        self._put("losses", ("app", "day", "category", "reason"), keys, ("lost",), [[lost] for *_, lost in rows])

    def refusals(self, owner: str, rows: Sequence[tuple[date, str, int]]) -> None:
        keys = [(owner, day, reason) for day, reason, _ in rows]
        self._put("refusals", ("owner", "day", "reason"), keys, ("submissions",), [[amount] for *_, amount in rows])

    def _put(
        self,
        table: str,
        keys: Sequence[str],
        places: Sequence[tuple[object, ...]],
        names: Sequence[str],
        amounts: Sequence[Sequence[object]],
    ) -> None:
        # The marker bears amounts on purpose: whoever forgets to leave it out shows too much.
        marker = [7 if isinstance(amount, int) else amount for amount in amounts[0]]
        lines = [
            *((*place, "", *amount, 0) for place, amount in zip(places, amounts, strict=True)),
            (*places[0], "node-a", *marker, 12),
        ]
        types = {**dict.fromkeys(("site", "owner", "attribute", "pair", "value", "first", "second"), "String")}
        types |= dict.fromkeys(("group", "release", "category", "reason", "type", "function", "exemplar"), "String")
        types |= dict.fromkeys(("day", "week", "first_day", "last_day"), "Date")
        types |= {"app": "UInt32", "hour": "Int8", "algorithm": "UInt8"}
        columns = {name: types.get(name, "Int64") for name in (*keys, "node", *names, "sequence")}
        columns |= {"node": "String", "sequence": "UInt64"}
        self._store.insert(table, columns, [list(column) for column in zip(*lines, strict=True)], f"t{next(NUMBERS)}")


@dataclass
class Memory:
    """A live view that holds what a test puts in."""

    totals: dict[str, dict[tuple[date, int], Sequence[int]]] = field(default_factory=dict)
    reports: dict[int, dict[tuple[date, str, str, str], int]] = field(default_factory=dict)
    stacks: dict[int, dict[str, Exemplar]] = field(default_factory=dict)
    runs: dict[int, dict[tuple[date, str], Sequence[int]]] = field(default_factory=dict)
    lost: dict[int, dict[tuple[date, str, str], int]] = field(default_factory=dict)
    refused: dict[str, dict[tuple[date, str], int]] = field(default_factory=dict)
    waits: dict[tuple[int, str, int], int] = field(default_factory=dict)
    number: int = 0
    now: dict[str, tuple[int, int]] = field(default_factory=dict)

    def generation(self) -> int:
        return self.number

    def hours(self, site: str, since: date, until: date) -> Mapping[tuple[date, int], Sequence[int]]:
        found = self.totals.get(site, {})
        return {key: amounts for key, amounts in found.items() if since <= key[0] <= until}

    def present(self, site: str) -> tuple[int, int]:
        return self.now.get(site, (0, 0))

    def crashes(self, app: int, since: date, until: date) -> Mapping[tuple[date, str, str, str], int]:
        found = self.reports.get(app, {})
        return {key: amount for key, amount in found.items() if since <= key[0] <= until}

    def sessions(self, app: int, since: date, until: date) -> Mapping[tuple[date, str], Sequence[int]]:
        found = self.runs.get(app, {})
        return {key: amounts for key, amounts in found.items() if since <= key[0] <= until}

    def losses(self, app: int, since: date, until: date) -> Mapping[tuple[date, str, str], int]:
        found = self.lost.get(app, {})
        return {key: amount for key, amount in found.items() if since <= key[0] <= until}

    def exemplars(self, app: int) -> Mapping[str, Exemplar]:
        return self.stacks.get(app, {})

    def waiting(self, app: int, group: str, k: int) -> int | None:
        return self.waits.get((app, group, k))

    def refusals(self, owner: str, since: date, until: date) -> Mapping[tuple[date, str], int]:
        found = self.refused.get(owner, {})
        return {key: amount for key, amount in found.items() if since <= key[0] <= until}


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Stats:
    """A program that asks the Stats API."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, question: object) -> tuple[int, dict[str, object]]:
        body = question if isinstance(question, bytes) else json.dumps(question).encode()
        answer = self._client.post("/api/v2/query", content=body, headers=self.headers)
        return answer.status_code, answer.json()

    def rows(self, **question: object) -> list[tuple[object, ...]]:
        """Return the rows of an answer, each its dimensions and its metrics in one tuple."""
        status, answer = self.post({"date_range": "28d", **question})
        assert status == 200, answer
        results = answer["results"]
        assert isinstance(results, list)
        return [(*row["dimensions"], *row["metrics"]) for row in results]
