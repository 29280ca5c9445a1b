"""A site with two years, 5,000 pages and 2,000 sources: how much a page asks, reads, sends and takes.

The times of a machine that others share say little, so a page is measured against an empty one of the same run; rows
are those that the engine's index leaves to be read.
"""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from dashboards_stage import TODAY
from starlette.testclient import TestClient

from ingest.site import Site, Sites
from ingest.store.client import Connection

if TYPE_CHECKING:
    from dashboards_costs import Costs, Look

pytest_plugins = ["dashboards_fixtures", "dashboards_costs"]

BIG = Site(id="two-years.example", hosts=("two-years.example",))
NONE = Site(id="no-years.example", hosts=())
DAYS = 731
FIRST = TODAY - timedelta(days=DAYS - 1)
PAGES, SOURCES = 5_000, 2_000
TIMES = 5

AMOUNTS = "(cityHash64(number, {seed:UInt8}) % 40) + 1 AS v, v + v % 5, 2 * v, v % 7, v % 3, 30 * v, 50 * v, v"


@pytest.fixture(scope="module")
def big(store: Connection) -> None:
    """Fill the tables by the engine itself: each day has the 400 pages and 150 sources that were shared that day."""
    span = {"site": BIG.id, "first": FIRST, "days": DAYS}
    store.run(
        "INSERT INTO hours SELECT {site:String}, toDate({first:Date}) + intDiv(number, 24), number % 24, '', "
        + AMOUNTS
        + ", 0 FROM numbers({days:UInt32} * 24)",
        {**span, "seed": 1},
    )
    for seed, (attribute, prefix, shared, every) in enumerate(
        [
            ("page", "/blog/post-", 400, PAGES), ("entry", "/blog/post-", 200, PAGES),
            ("exit", "/blog/post-", 200, PAGES), ("source", "source-", 150, SOURCES),
            ("referrer", "referrer-", 100, SOURCES), ("country", "C", 60, 90), ("device", "device-", 3, 3),
            ("browser", "browser-", 12, 20), ("goal", "goal-", 4, 4), ("revisit", "class-", 4, 4),
        ],
        start=2,
    ):  # fmt: skip
        store.run(
            "INSERT INTO cells SELECT {site:String}, {attribute:String}, "
            "toDate({first:Date}) + intDiv(number, {shared:UInt32}), concat({prefix:String}, "
            "toString((number % {shared:UInt32} + 37 * intDiv(number, {shared:UInt32})) % {every:UInt32})), '', "
            + AMOUNTS
            + ", 0 FROM numbers({days:UInt32} * {shared:UInt32})",
            {**span, "seed": seed, "attribute": attribute, "prefix": prefix, "shared": shared, "every": every},
        )
    store.run(
        "INSERT INTO pairs SELECT {site:String}, 'page*source', toDate({first:Date}) + intDiv(number, 300), "
        "concat('/blog/post-', toString(number * 7 % {pages:UInt32})), "
        "concat('source-', toString(number % {sources:UInt32})), '', "
        + AMOUNTS
        + ", 0 FROM numbers({days:UInt32} * 300)",
        {**span, "seed": 20, "pages": PAGES, "sources": SOURCES},
    )


@pytest.fixture
def client(big: None, look: Look) -> TestClient:
    sites = Sites()
    sites.replace([BIG, NONE])
    return look(f"/sites/{BIG.id}", sites=sites)


MONTHS = 25
"""Partitions of two years. Each may read one granule of 8,192 rows more than it needs."""

LIMITS = {
    # What is read is what the span holds of the open panels, and up to a granule more for each month and panel.
    "": (6, 150_000),
    "?compare=prev": (8, 220_000),
    "?period=day": (5, 80_000),
    "?period=12mo": (6, 750_000),
    "?period=all": (6, 1_500_000),
    "?f=is,source,source-7": (6, 120_000),
    "/pages": (1, 60_000),
    "/pages?compare=prev": (2, 120_000),
    "/pages?period=12mo&compare=prev": (2, 800_000),
    "?f=is,source,source-7&compare=prev": (9, 200_000),
    "?period=12mo&compare=prev": (8, 1_300_000),
    "/pages?period=all": (1, 700_000),
    "/pages?period=all&q=post-77": (1, 700_000),
    "/sources?period=all": (1, 400_000),
    "/pages?f=is,source,source-7&period=all": (1, 450_000),
    "/countries": (2, 80_000),
    "/goals?period=all": (2, 400_000),
    "/realtime": (2, 40_000),
}
"""For each page: the most questions that it may ask, and the most rows that the engine may read for all of them."""


@pytest.mark.parametrize("path", LIMITS)
def test_a_page_asks_little_and_reads_what_its_span_holds(path: str, client: TestClient, costs: Costs) -> None:
    answer = client.get(f"/sites/{BIG.id}{path}")
    assert answer.status_code == 200
    assert "data-value" in answer.text or 'class="breakdown"' in answer.text
    questions, rows = LIMITS[path]
    assert len(costs.questions) <= questions, costs.questions
    assert 0 < sum(read for _, read in costs.questions) <= rows, costs.questions


def test_a_filter_reads_no_more_than_the_table_of_its_pair(client: TestClient, costs: Costs) -> None:
    client.get(f"/sites/{BIG.id}/pages?period=all&f=is,source,source-7")
    assert dict(costs.questions)["crossed_values"] <= DAYS * 300 + MONTHS * 8_192


@pytest.mark.parametrize(
    "path", ["?compare=prev", "/pages?compare=prev", "/pages?f=contains,source,source-&compare=prev"]
)
def test_of_the_days_before_no_more_rows_are_answered_than_are_shown(
    path: str, client: TestClient, costs: Costs
) -> None:
    shown = client.get(f"/sites/{BIG.id}{path}").text.count('class="name"')
    name, answered = costs.answers[-1]
    assert name in {"top_values", "crossed_values"}
    assert 0 < answered <= shown


def test_programs_are_given_every_row_of_the_days_before(client: TestClient, costs: Costs) -> None:
    rows = client.get(f"/sites/{BIG.id}/pages.json?compare=prev").json()["rows"]
    assert len(rows) > 1_000
    assert any(row["compared"] for row in rows)
    assert costs.answers[-1][1] > 1_000


def test_every_row_is_given_to_programs(client: TestClient) -> None:
    assert client.get(f"/sites/{BIG.id}/pages.json?period=all").json()["total_rows"] == PAGES
    assert len(client.get(f"/sites/{BIG.id}/sources.csv?period=all").text.splitlines()) == SOURCES + 1
    assert client.get(f"/sites/{BIG.id}/pages?period=all").text.count("<tr") == 101


def test_two_years_take_little_longer_than_nothing(client: TestClient) -> None:
    """The ratio is to the page of a site without a single visit: the same questions, templates and bytes of a frame."""
    nothing = quickest(lambda: client.get(f"/sites/{NONE.id}"))
    for path, most in {"": 5, "?period=day": 5, "?compare=prev": 6, "?f=is,source,source-7": 5, "/pages": 4}.items():
        taken = quickest(lambda path=path: client.get(f"/sites/{BIG.id}{path}"))  # type: ignore[misc]
        assert taken <= most * nothing, f"{path}: {taken * 1000:.0f} ms, an empty one {nothing * 1000:.0f} ms"


def quickest(ask: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def test_a_first_view_weighs_under_40_kilobytes(client: TestClient) -> None:
    text = client.get(f"/sites/{BIG.id}?compare=prev").text
    files = sorted(set(re.findall(r'(?:src|href)="(/static/[^"#]+)', text)))
    assert len(files) == 4
    parts = [text.encode(), *(client.get(path).content for path in files)]
    weights = [len(gzip.compress(part, 6, mtime=0)) for part in parts]
    assert sum(weights) < 40_000, weights
    # The map is asked for by the one page that shows it.
    assert "world" not in text


def test_the_first_day_is_looked_up_once_a_day(client: TestClient, costs: Costs) -> None:
    for _ in range(3):
        client.get(f"/sites/{BIG.id}/pages")
    assert "first_day" not in {name for name, _ in costs.questions}
    assert client.get(f"/sites/{BIG.id}.json?period=all").json()["period"]["from"] == str(FIRST)
