"""Goals in the Stats API: by day alone, crossed by the week, and how many of a hundred reached them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from dashboards_stage import TODAY, Rows, Stats

from ingest.site import Site, Sites

pytest_plugins = ["dashboards_fixtures"]

MONDAY = TODAY - timedelta(days=TODAY.weekday())
BEFORE, SUNDAY = MONDAY - timedelta(days=7), MONDAY - timedelta(days=1)


def amounts(visitors: int, events: int = 0) -> list[int]:
    return [visitors, visitors, visitors * 2, events, 0, 0, 0, 0]


@pytest.fixture
def filled(rows: Rows, site: Site) -> Site:
    rows.hours(site.id, [(MONDAY, 9, amounts(100)), (TODAY, 9, amounts(60)), (BEFORE, 9, amounts(40))])
    rows.cells(
        site.id,
        "goal",
        [(MONDAY, "Buy", amounts(10, 12)), (TODAY, "Buy", amounts(6, 6)), (BEFORE, "Buy", amounts(1, 1)),
         (TODAY, "Call", amounts(20, 20))],
    )  # fmt: skip
    rows.pairs(
        site.id,
        "goal*source",
        [(MONDAY, "Buy", "Google", amounts(9, 9)), (MONDAY, "Buy", "(rare)", amounts(7, 9)),
         (MONDAY, "Buy", "Small", amounts(5, 5)), (BEFORE, "Buy", "Google", amounts(1, 1))],
    )  # fmt: skip
    rows.cells(
        site.id,
        "source",
        [(MONDAY, "Google", amounts(50)), (TODAY, "Google", amounts(40)), (BEFORE, "Google", amounts(10)),
         (TODAY, "(rare)", amounts(30))],
    )  # fmt: skip
    return site


def asked(site: Site, **question: Any) -> dict[str, Any]:
    return {"site_id": site.id, "metrics": ["visitors", "events", "conversion_rate"], "date_range": "7d", **question}


def test_goals_by_name_with_their_rate_of_all_visitors(filled: Site, stats: Stats) -> None:
    found = stats.rows(**asked(filled, dimensions=["event:goal"]))
    assert found == [("Call", 20, 20, 12.5), ("Buy", 16, 18, 10.0)]
    by_day = stats.rows(**asked(filled, dimensions=["time:day"], filters=[["is", "event:goal", ["Buy"]]]))
    assert by_day == [(str(MONDAY), 10, 12, 10.0), (str(TODAY), 6, 6, 10.0)]
    assert stats.rows(**asked(filled, filters=[["is", "event:goal", ["Never"]]])) == [(0, 0, 0.0)]


def test_a_goal_by_source_is_of_whole_weeks_and_says_so(filled: Site, stats: Stats) -> None:
    question = asked(filled, dimensions=["visit:source"], filters=[["is", "event:goal", ["Buy"]]], date_range="day")
    status, answer = stats.post(question)
    assert status == 200
    rows: Any = answer["results"]
    # Small has five converters in the week, and on no day five visitors: nobody knows its rate.
    assert [(*row["dimensions"], *row["metrics"]) for row in rows] == [
        ("Google", 9, 9, 10.0), ("(rare)", 7, 9, 23.3), ("Small", 5, 5, None)
    ]  # fmt: skip
    meta: Any = answer["meta"]
    for metric in ("visitors", "events", "conversion_rate"):
        assert "extended to whole weeks" in meta["metric_warnings"][metric]["warning"]
    query: Any = answer["query"]
    assert query["date_range"] == [str(MONDAY), str(MONDAY + timedelta(days=6))]
    exact = asked(filled, dimensions=["visit:source", "event:goal"], date_range=[str(BEFORE), str(SUNDAY)])
    status, answer = stats.post(exact)
    assert "whole weeks" not in str(answer["meta"])


def test_goals_of_those_from_one_source(filled: Site, stats: Stats) -> None:
    question = asked(filled, dimensions=["event:goal"], filters=[["is", "visit:source", ["Google"]]])
    # Six days back is the week before, so both are in.
    assert stats.rows(**question) == [("Buy", 10, 10, 10.0)]
    by_week = stats.rows(**question | {"dimensions": ["time:week", "event:goal"]})
    assert by_week == [(str(BEFORE), "Buy", 1, 1, 10.0), (str(MONDAY), "Buy", 9, 9, 10.0)]


@pytest.mark.parametrize("time", ["time:day", "time:month"])
def test_crossed_goals_have_no_days(filled: Site, stats: Stats, time: str) -> None:
    status, answer = stats.post(asked(filled, dimensions=[time, "event:goal", "visit:source"]))
    assert (status, "by week" in str(answer["error"])) == (400, True)


def test_a_rate_is_of_a_goal(filled: Site, stats: Stats) -> None:
    status, answer = stats.post(asked(filled, dimensions=["visit:source"]))
    assert (status, "event:goal" in str(answer["error"])) == (400, True)


def test_declared_properties_are_dimensions_of_their_site_alone(
    filled: Site, stats: Stats, sites: Sites, rows: Rows
) -> None:
    rows.cells(filled.id, "prop:plan", [(TODAY, "free", amounts(6, 7)), (TODAY, "(rare)", amounts(2, 2))])
    question = asked(filled, metrics=["visitors", "events"], dimensions=["event:props:plan"])
    assert stats.post(question)[0] == 400
    sites.replace([Site(id=filled.id, hosts=filled.hosts, props=frozenset({"plan"})), Site(id="other", hosts=())])
    assert stats.rows(**question) == [("free", 6, 7), ("(rare)", 2, 2)]
    assert stats.post(question | {"site_id": "other"})[0] == 400


@pytest.mark.parametrize(
    ("dimension", "attribute"),
    [
        ("visit:entry_page", "entry"),
        ("visit:exit_page", "exit"),
        ("event:outbound", "outbound"),
        ("event:download", "download"),
        ("event:missing", "missing"),
        ("visit:channel", "channel"),
        ("visit:revisit", "revisit"),
    ],
)
def test_what_a_visit_unfolds_into_can_be_asked(
    dimension: str, attribute: str, filled: Site, stats: Stats, rows: Rows
) -> None:
    rows.cells(filled.id, attribute, [(TODAY, "x", amounts(7, 3))])
    assert stats.rows(**asked(filled, metrics=["visitors"], dimensions=[dimension])) == [("x", 7)]
