from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from dashboards_stage import BREAKDOWNS, NOW, TODAY, Memory, Rows, Stats
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from dashboards.stats.question import KEYS, ForeignError, Question, QuestionError, read_question
from dashboards.stats.vocabulary import VISIT_METRICS, dimensions_of, pair_of, pairs_in_words
from ingest.app import App, Apps
from ingest.counters.cells import Pair
from ingest.site import Site, Sites
from ingest.store.control.database import Control
from ingest.store.control.tokens import Token, create_token, revoke_token

pytest_plugins = ["dashboards_fixtures"]

YESTERDAY = TODAY - timedelta(days=1)
DIMENSIONS = dimensions_of(BREAKDOWNS)
CANARY = "c4n4ry-7f31"


def amounts(visitors: int, visits: int = 0, views: int = 0) -> list[int]:
    return [visitors, visits or visitors, views or visitors, 1, 1, 30, 50, 1]


@pytest.fixture
def filled(rows: Rows, site: Site) -> Site:
    rows.hours(site.id, [(YESTERDAY, 9, amounts(5)), (TODAY, 8, amounts(4)), (date(2026, 10, 30), 3, amounts(2))])
    rows.cells(
        site.id,
        "page",
        [(YESTERDAY, "/blog/a", amounts(3)), (TODAY, "/blog/a", amounts(1)), (TODAY, "/", amounts(9)),
         (TODAY, "(rare)", amounts(2))],
    )  # fmt: skip
    rows.cells(site.id, "country", [(TODAY, "CH", amounts(3)), (TODAY, "DE", amounts(6))])
    rows.pairs(
        site.id,
        "page*country",
        [(TODAY, "/", "CH", amounts(2)), (TODAY, "/", "DE", amounts(6)), (YESTERDAY, "/blog/a", "CH", amounts(1))],
    )
    rows.refusals(site.owner, [(TODAY, "bot", 7), (YESTERDAY, "bot", 1), (TODAY, "host", 2)])
    return site


def test_the_answer_has_the_shape_of_plausibles(filled: Site, stats: Stats) -> None:
    status, answer = stats.post({"site_id": filled.id, "metrics": ["visitors"], "date_range": "7d"})
    assert status == 200
    assert answer == {
        "results": [{"dimensions": [], "metrics": [9]}],
        "meta": {
            "metric_warnings": {
                "visitors": {"warning": "visitors are counted anew each day, so a sum over days is of visitor-days"}
            }
        },
        "query": {
            "site_id": filled.id,
            "metrics": ["visitors"],
            "date_range": ["2026-11-15", "2026-11-21"],
            "dimensions": [],
            "filters": [],
            "order_by": [["visitors", "desc"]],
            "include": {"time_labels": False, "total_rows": False},
            "pagination": {"limit": 10000, "offset": 0},
        },
    }


def test_every_metric_of_a_site(filled: Site, stats: Stats) -> None:
    found = stats.rows(site_id=filled.id, metrics=list(VISIT_METRICS), date_range="day")
    assert found == [(4, 4, 4, 1.0, 25, 8, 1, 50)]


def test_nothing_counted_is_one_row_of_zeros(stats: Stats, app: App) -> None:
    zeros = (0,) * len(VISIT_METRICS)
    every = list(VISIT_METRICS)
    assert stats.rows(site_id="empty.example", metrics=every) == [zeros]
    assert stats.rows(site_id="empty.example", metrics=every, date_range="day") == [zeros]
    assert stats.rows(site_id="empty.example", metrics=every, filters=[["is", "visit:country", ["CH"]]]) == [zeros]
    assert stats.rows(site_id="empty.example", metrics=every, dimensions=["event:page"]) == []
    assert stats.rows(site_id="empty.example", metrics=["pageviews"], filters=[["is", "event:page", ["/"]]]) == [(0,)]
    assert stats.rows(site_id="empty.example", metrics=["refusals"]) == [(0,)]
    assert stats.rows(app_id=app.id, metrics=["reports", "releases"]) == [(0, 0)]
    assert stats.rows(app_id=app.id, metrics=["refusals"]) == [(0,)]


def test_time_by_day_week_and_month(filled: Site, stats: Stats) -> None:
    asked: dict[str, Any] = {"site_id": filled.id, "metrics": ["visitors"]}
    assert stats.rows(**asked, dimensions=["time:day"]) == [("2026-10-30", 2), ("2026-11-20", 5), ("2026-11-21", 4)]
    assert stats.rows(**asked, dimensions=["time:week"]) == [("2026-10-26", 2), ("2026-11-16", 9)]
    assert stats.rows(**asked, dimensions=["time:month"]) == [("2026-10-25", 2), ("2026-11-01", 9)]
    both = stats.rows(**asked, dimensions=["time:day", "event:page"])
    assert both == [("2026-11-20", "/blog/a", 3), ("2026-11-21", "(rare)", 2), ("2026-11-21", "/", 9), ("2026-11-21", "/blog/a", 1)]  # fmt: skip  # noqa: E501


def test_time_labels_name_empty_buckets_too_and_no_hour_to_come(filled: Site, stats: Stats) -> None:
    asked = {"site_id": filled.id, "metrics": ["visitors"], "include": {"time_labels": True, "total_rows": True}}
    _, answer = stats.post(asked | {"date_range": "7d", "dimensions": ["time:day"]})
    assert answer["meta"]["time_labels"] == [f"2026-11-{day}" for day in range(15, 22)]  # type: ignore[index]
    assert answer["meta"]["total_rows"] == 2  # type: ignore[index]
    _, answer = stats.post(asked | {"date_range": "day", "dimensions": ["time:hour"]})
    assert answer["meta"]["time_labels"] == [f"2026-11-21 {hour:02}:00:00" for hour in range(14)]  # type: ignore[index]


def test_order_and_pages(filled: Site, stats: Stats) -> None:
    asked: dict[str, Any] = {"site_id": filled.id, "metrics": ["visitors", "pageviews"], "dimensions": ["event:page"]}
    assert [row[0] for row in stats.rows(**asked)] == ["/", "/blog/a", "(rare)"]
    up = stats.rows(**asked, order_by=[["event:page", "asc"]])
    assert [row[0] for row in up] == ["(rare)", "/", "/blog/a"]
    down = stats.rows(**asked, order_by=[["visitors", "asc"], ["event:page", "desc"]])
    assert [row[0] for row in down] == ["(rare)", "/blog/a", "/"]
    assert [row[0] for row in stats.rows(**asked, pagination={"limit": 1, "offset": 1})] == ["/blog/a"]


@pytest.mark.parametrize(
    ("given_filter", "expected"),
    [
        (["is", "event:page", ["/"]], {"/": 9}),
        (["is", "event:page", ["/", "/blog/a"]], {"/": 9, "/blog/a": 4}),
        (["is_not", "event:page", ["/"]], {"/blog/a": 4, "(rare)": 2}),
        (["contains", "event:page", ["blog"]], {"/blog/a": 4}),
        (["contains_not", "event:page", ["blog", "("]], {"/": 9}),
        (["is", "event:page", ["'; DROP TABLE cells --"]], {}),
        (["contains", "event:page", ["%"]], {}),
    ],
)
def test_filters_of_the_same_dimension(
    filled: Site, stats: Stats, given_filter: list[Any], expected: dict[str, int]
) -> None:
    found = stats.rows(site_id=filled.id, metrics=["visitors"], dimensions=["event:page"], filters=[given_filter])
    assert dict(found) == expected  # type: ignore[arg-type]
    assert stats.rows(site_id=filled.id, metrics=["visitors"], filters=[given_filter]) == [(sum(expected.values()),)]


def test_a_filter_of_another_dimension_goes_through_its_pair(filled: Site, stats: Stats) -> None:
    asked: dict[str, Any] = {"site_id": filled.id, "metrics": ["visitors"]}
    by_page = stats.rows(**asked, dimensions=["event:page"], filters=[["is", "visit:country", ["CH"]]])
    assert by_page == [("/", 2), ("/blog/a", 1)]
    by_country = stats.rows(**asked, dimensions=["visit:country"], filters=[["is", "event:page", ["/"]]])
    assert by_country == [("DE", 6), ("CH", 2)]
    crossed = stats.rows(**asked, dimensions=["visit:country", "event:page"])
    assert crossed == [("DE", "/", 6), ("CH", "/", 2), ("CH", "/blog/a", 1)]
    days = stats.rows(**asked, dimensions=["time:day"], filters=[["is", "visit:country", ["CH"]]])
    assert days == [("2026-11-21", 3)]
    three = stats.rows(**asked, dimensions=["time:day", "event:page", "visit:country"])
    assert three[0] == ("2026-11-20", "/blog/a", "CH", 1)


def test_every_declared_pair_can_be_asked_either_way_round() -> None:
    for pair in Pair:
        first, second = pair.attributes
        assert pair_of(first, second) is pair
        assert pair_of(second, first) is pair
    assert pairs_in_words(DIMENSIONS).count(" x ") == len(Pair)


def test_refusals_by_reason_and_day_with_what_is_in_memory(filled: Site, stats: Stats, live: Memory) -> None:
    live.refused[filled.owner] = {(TODAY, "bot"): 3, (TODAY, "late"): 1}
    asked: dict[str, Any] = {"site_id": filled.id, "metrics": ["refusals"]}
    assert stats.rows(**asked) == [(14,)]
    assert stats.rows(**asked, dimensions=["refusal:reason"]) == [("bot", 11), ("host", 2), ("late", 1)]
    assert stats.rows(**asked, dimensions=["time:day"]) == [("2026-11-20", 1), ("2026-11-21", 13)]
    assert stats.rows(**asked, filters=[["is", "refusal:reason", ["bot"]]], date_range="day") == [(10,)]


GROUP_A, GROUP_B = "a" * 16, "b" * 16


@pytest.fixture
def crashed(rows: Rows, app: App, live: Memory) -> App:
    from ingest.counters.exemplar import Exemplar

    monday = date(2026, 11, 16)
    rows.groups(app.id, [(GROUP_A, monday, Exemplar(1, "KeyError", "merge", "{}"), YESTERDAY, TODAY)])
    rows.crashes(
        app.id,
        [
            (YESTERDAY, GROUP_A, "release", "1.0", 4),
            (TODAY, GROUP_A, "release", "1.1", 2),
            (TODAY, GROUP_A, "arch", "arm64", 2),
            (TODAY, GROUP_B, "release", "1.1", 1),
        ],
    )
    live.reports[app.id] = {
        (TODAY, GROUP_B, "release", "1.2"): 5,
        (TODAY, GROUP_B, "arch", "x86_64"): 5,
    }
    live.stacks[app.id] = {GROUP_B: Exemplar(1, "SIGABRT", "", "{}")}
    return app


def test_crashes_by_every_dimension(crashed: App, stats: Stats) -> None:
    asked: dict[str, Any] = {"app_id": crashed.id, "metrics": ["reports"]}
    assert stats.rows(app_id=crashed.id, metrics=["reports", "releases"]) == [(12, 3)]
    assert stats.rows(**asked, dimensions=["crash:group"]) == [(GROUP_A, 6), (GROUP_B, 6)]
    assert stats.rows(**asked, dimensions=["crash:title"]) == [("KeyError in merge", 6), ("SIGABRT", 6)]
    assert stats.rows(**asked, dimensions=["crash:release"]) == [("1.2", 5), ("1.0", 4), ("1.1", 3)]
    assert stats.rows(**asked, dimensions=["time:day"]) == [("2026-11-20", 4), ("2026-11-21", 8)]
    assert stats.rows(**asked, dimensions=["crash:arch"]) == [("x86_64", 5), ("arm64", 2)]
    assert stats.rows(**asked, date_range="day") == [(8,)]
    only = [["is", "crash:title", ["KeyError in merge"]]]
    assert stats.rows(**asked, dimensions=["crash:release"], filters=only) == [("1.0", 4), ("1.1", 2)]
    assert stats.rows(**asked, filters=[["is", "crash:arch", ["arm64"]]]) == [(2,)]
    for name in ("crash:environment", "crash:os", "crash:model"):
        assert stats.rows(**asked, dimensions=[name]) == []


BAD: list[tuple[dict[str, Any], str]] = [
    ({"metrics": []}, "metrics"),
    ({"metrics": "visitors"}, "metrics"),
    ({"metrics": [CANARY]}, "metrics"),
    ({"metrics": ["visitors", "visitors"]}, "metrics"),
    ({"metrics": ["visitors", "refusals"]}, "refusals is asked for alone"),
    ({"metrics": ["reports"]}, "metrics"),
    ({"date_range": CANARY}, "date_range"),
    ({"date_range": None}, "date_range"),
    ({"date_range": ["2026-01-01"]}, "date_range"),
    ({"date_range": ["2026-11-02", "2026-11-01"]}, "date_range"),
    ({"date_range": ["2026-02-30", "2026-11-01"]}, "date_range"),
    ({"date_range": ["2030-01-01", "2030-01-02"]}, "date_range"),
    ({"date_range": {"a": 1}}, "date_range"),
    ({"dimensions": [CANARY]}, "dimensions"),
    ({"dimensions": "event:page"}, "dimensions"),
    ({"dimensions": ["crash:group"]}, "dimensions"),
    ({"dimensions": ["time:day", "time:week"]}, "time"),
    ({"dimensions": ["time:hour", "event:page"]}, "time:hour"),
    ({"dimensions": ["visit:browser", "visit:os"]}, "event:page x visit:source"),
    ({"dimensions": ["event:page"], "filters": [["is", "visit:browser", ["x"]]]}, "pairs that are"),
    ({"dimensions": ["event:page", "visit:source", "visit:country"]}, "pairs that are"),
    ({"filters": [["is", "visit:country", ["CH"]], ["is", "event:page", ["/"]]]}, "one filter"),
    ({"filters": {}}, "filters"),
    ({"filters": ["is"]}, "filters"),
    ({"filters": [[CANARY, "event:page", ["/"]]]}, "operator"),
    ({"filters": [["is", CANARY, ["/"]]]}, "dimension"),
    ({"filters": [["is", {"a": 1}, ["/"]]]}, "dimension"),
    ({"filters": [[["is"], "event:page", ["/"]]]}, "operator"),
    ({"filters": [["is", "event:page", "/"]]}, "values"),
    ({"filters": [["is", "event:page", []]]}, "values"),
    ({"filters": [["is", "event:page", [1]]]}, "value"),
    ({"filters": [["is", "event:page", ["a\0"]]]}, "value"),
    ({"filters": [["is", "event:page", ["x"] * 501]]}, "values"),
    ({"order_by": "visitors"}, "order_by"),
    ({"order_by": [["visitors"]]}, "order_by"),
    ({"order_by": [["visitors", CANARY]]}, "order_by"),
    ({"order_by": [["pageviews", "asc"]]}, "order_by"),
    ({"order_by": [[["visitors"], "asc"]]}, "order_by"),
    ({"pagination": {"limit": 0}}, "pagination.limit"),
    ({"pagination": {"limit": True}}, "pagination.limit"),
    ({"pagination": {"offset": -1}}, "pagination.offset"),
    ({"pagination": {CANARY: 1}}, "pagination"),
    ({"pagination": []}, "pagination"),
    ({"include": {"time_labels": True}}, "time dimension"),
    ({"include": {"time_labels": 1}}, "include.time_labels"),
    ({CANARY: 1}, "a key is unknown"),
    ({"app_id": 6}, "either site_id or app_id"),
    ({"site_id": CANARY}, "no site"),
    ({"site_id": 5}, "site_id"),
]


@pytest.mark.parametrize(("change", "words"), BAD, ids=[f"{n}" for n in range(len(BAD))])
def test_what_cannot_be_answered_is_refused_by_name(
    filled: Site, stats: Stats, change: dict[str, Any], words: str
) -> None:
    status, answer = stats.post({"site_id": filled.id, "metrics": ["visitors"], "date_range": "7d"} | change)
    assert status == 400
    assert list(answer) == ["error"]
    assert words in str(answer["error"])
    assert CANARY not in str(answer)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'"x"', b"[" * 20_000])
def test_bodies_that_are_no_question(stats: Stats, body: bytes) -> None:
    status, answer = stats.post(body)
    assert status == 400
    assert "JSON" in str(answer["error"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"app_id": "6"}, "app_id"),
        ({"app_id": True}, "app_id"),
        ({"app_id": 4_000_000_000}, "no app"),
        ({"metrics": ["visitors"]}, "metrics"),
        ({"dimensions": ["time:hour"]}, "time:hour"),
        ({"dimensions": ["crash:arch", "crash:os"]}, "crash:group x"),
        ({"metrics": ["releases"], "dimensions": ["crash:arch"]}, "releases"),
    ],
)
def test_what_cannot_be_answered_about_an_app(app: App, stats: Stats, change: dict[str, Any], words: str) -> None:
    status, answer = stats.post({"app_id": app.id, "metrics": ["reports"], "date_range": "7d"} | change)
    assert status == 400
    assert words in str(answer["error"])


def test_tokens_are_asked_for_and_keep_to_their_site_or_app(
    anyone: TestClient, control: Control, site: Site, app: App
) -> None:
    def ask(token: str | None, **owner: object) -> int:
        headers = {} if token is None else {"Authorization": token}
        metrics = ["visitors"] if "site_id" in owner else ["reports"]
        asked = {"metrics": metrics, "date_range": "day", **owner}
        return anyone.post("/api/v2/query", json=asked, headers=headers).status_code

    whole = create_token(control, "all")
    of_site = create_token(control, "site", site=site.id)
    of_app = create_token(control, "app", app=app.id)
    preview = create_token(control, "preview", scope="preview")
    assert ask(None, site_id=site.id) == 401
    assert ask("Bearer ", site_id=site.id) == 401
    assert ask("Bearer wrong", site_id=site.id) == 401
    assert ask(f"Basic {whole.token}", site_id=site.id) == 401
    assert ask(f"Bearer {preview.token}", site_id=site.id) == 401
    assert ask(f"Bearer {whole.token}", site_id=site.id) == ask(f"bearer {whole.token}", app_id=app.id) == 200
    assert ask(f"Bearer {of_site.token}", site_id=site.id) == ask(f"Bearer {of_app.token}", app_id=app.id) == 200
    for token, owner in (
        (of_site, {"site_id": "empty.example"}),
        (of_site, {"site_id": "unheard.of"}),
        (of_site, {"app_id": app.id}),
        (of_app, {"app_id": 999_999}),
        (of_app, {"site_id": site.id}),
    ):
        assert ask(f"Bearer {token.token}", **owner) == 401
    assert revoke_token(control, of_site.id)
    assert ask(f"Bearer {of_site.token}", site_id=site.id) == 401


def test_a_token_is_no_way_to_pages_and_a_cookie_none_to_the_api(member: TestClient, stats: Stats, site: Site) -> None:
    member.cookies.clear()
    assert member.get(f"/sites/{site.id}.json", headers=stats.headers).status_code == 401
    assert member.post("/api/v2/query", json={}).status_code == 401


def test_a_body_is_bounded_and_the_method_is_post(anyone: TestClient, stats: Stats) -> None:
    answer = anyone.post("/api/v2/query", content=b" " * 70_000, headers=stats.headers)
    assert (answer.status_code, list(answer.json())) == (413, ["error"])
    assert anyone.get("/api/v2/query", headers=stats.headers).status_code == 405


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(list(VISIT_METRICS)),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_a_question_or_refused(asked: dict[str, Any]) -> None:
    sites, apps = Sites(), Apps()
    sites.replace([Site(id="s", hosts=())])
    body = json.dumps({"site_id": "s", "metrics": ["visitors"], "date_range": "7d"} | asked).encode()
    try:
        question = read_question(body, Token(1, "t", "stats", None, None), sites, apps, DIMENSIONS, NOW)
    except (QuestionError, ForeignError):
        return
    assert isinstance(question, Question)
    assert question.data["metrics"] == list(question.metrics)


@given(st.binary(max_size=80))
def test_hostile_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(QuestionError):
        read_question(body, Token(1, "t", "stats", None, None), Sites(), Apps(), DIMENSIONS, NOW)
