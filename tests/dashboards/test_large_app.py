"""An app with thousands of groups over ninety days: how much its pages ask and read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from dashboards_stage import TODAY
from starlette.testclient import TestClient

from ingest.app import App, Apps
from ingest.store.client import Connection

if TYPE_CHECKING:
    from dashboards_costs import Costs, Look

pytest_plugins = ["dashboards_fixtures", "dashboards_costs"]

APP = App(id=900_001, name="large", key="2" * 32)
DAYS, GROUPS, EACH_DAY, RELEASES = 90, 3_000, 400, 30
FIRST = TODAY - timedelta(days=DAYS - 1)
ONE = f"{7:016x}"

_DAY = "toDate({first:Date}) + intDiv(number, {each:UInt32})"
_GROUP = (
    "leftPad(lower(hex(toUInt32((number % {each:UInt32} * 7 + 31 * intDiv(number, {each:UInt32})) % {groups:UInt32}))),"
    " 16, '0')"
)


@pytest.fixture(scope="module")
def large(store: Connection) -> None:
    """Fill the tables by the engine itself: each day four hundred of three thousand groups are met."""
    span = {"app": APP.id, "first": FIRST, "days": DAYS, "each": EACH_DAY, "groups": GROUPS, "releases": RELEASES}
    for attribute, value in (
        ("release", "concat('app@2.', toString(number % {releases:UInt32}))"),
        ("system_version", "concat('Linux ', toString(number % 5))"),
        ("environment", "'production'"),
    ):
        store.run(
            f"INSERT INTO crash_cells (app, group, attribute, day, value, reports) SELECT {{app:UInt32}}, {_GROUP}, "
            f"{{attribute:String}}, {_DAY}, {value}, cityHash64(number) % 9 + 1 "
            "FROM numbers({days:UInt32} * {each:UInt32})",
            {**span, "attribute": attribute},
        )
    store.run(
        f"INSERT INTO crash_groups (app, group, week, algorithm, type, function, exemplar, first_day, last_day) "
        f"SELECT {{app:UInt32}}, {_GROUP} AS g, toMonday({_DAY}) AS w, 2, 'KeyError', concat('of_', g), "
        f'\'{{"platform":"python","exceptions":[]}}\', min({_DAY}), max({_DAY}) '
        "FROM numbers({days:UInt32} * {each:UInt32}) GROUP BY g, w",
        span,
    )


@pytest.fixture
def client(large: None, look: Look) -> TestClient:
    apps = Apps()
    apps.replace([APP])
    return look(f"/apps/{APP.id}/crashes", apps=apps)


ROWS = DAYS * EACH_DAY
"""Groups with their names, by day; and as many rows of each of three attributes."""

CELLS = 3 * ROWS

LIMITS = {
    # The table is sorted by group: what is about all groups passes the rows of its days once for each question.
    # When each release began stands on every chart, and passes the rows of all days.
    "/crashes": (6, 3 * CELLS + 2 * ROWS),
    "/crashes?period=7d": (6, 2 * CELLS + 2 * ROWS),
    "/crashes?q=of_000": (6, 3 * CELLS + 2 * ROWS),
    # Of one group a granule of 8,192 rows is read for each partition; of all of them, in which release each began.
    f"/crashes/{ONE}": (5, CELLS + 5 * ROWS),
    "/releases": (3, 2 * CELLS),
}
"""For each page: the most questions that it may ask, and the most rows that the engine may read for all of them."""


@pytest.mark.parametrize("path", LIMITS)
def test_a_page_asks_little_and_reads_what_its_span_holds(path: str, client: TestClient, costs: Costs) -> None:
    answer = client.get(f"/apps/{APP.id}{path}")
    assert answer.status_code == 200
    questions, rows = LIMITS[path]
    assert len(costs.questions) <= questions, costs.questions
    assert 0 < sum(read for _, read in costs.questions) <= rows, costs.questions


def test_what_is_of_one_group_leaves_the_others_out(client: TestClient, costs: Costs) -> None:
    client.get(f"/apps/{APP.id}/crashes/{ONE}")
    assert dict(costs.questions)["crash_attributes"] <= CELLS / 2
