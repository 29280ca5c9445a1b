from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from math import comb, sqrt

import pytest
from dashboards_stage import TODAY, Memory, Rows, Stats
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.health import Z_95, Health, Share, by_release, crash_free, total, wilson
from dashboards.live import Live
from dashboards.period import Period
from dashboards.questions import Questions
from dashboards.reports import Loss, Reports
from ingest.app import App
from ingest.site import Profile
from ingest.store.control.database import Control
from ingest.store.reader import Reader

pytest_plugins = ["dashboards_fixtures"]

YESTERDAY = TODAY - timedelta(days=1)
LONG_AGO: date = TODAY - timedelta(days=90)
PERIOD = Period("7d", TODAY - timedelta(days=6), TODAY, TODAY)


def counts(most: int = 10**7) -> st.SearchStrategy[tuple[int, int]]:
    return st.integers(1, most).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


def known(share: Share | None) -> Share:
    assert share is not None
    return share


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
    # table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(hits: int, trials: int, low: float, high: float) -> None:
    share = known(wilson(hits, trials))
    assert share.value == hits / trials
    assert share.low == pytest.approx(low, abs=5e-5)
    assert share.high == pytest.approx(high, abs=5e-5)


@given(counts())
@settings(derandomize=True)
def test_the_bounds_are_where_the_share_is_just_believable(count: tuple[int, int]) -> None:
    """The definition: the truths from which the share is no more than z standard deviations away."""
    hits, trials = count
    share = known(wilson(hits, trials))
    for bound in {share.low, share.high} - {0.0, 1.0}:
        reach = Z_95 * sqrt(bound * (1 - bound) / trials)
        assert abs(share.value - bound) == pytest.approx(reach, rel=1e-6, abs=1e-9)


@given(counts())
@settings(derandomize=True)
def test_an_interval_holds_the_share_and_stays_within_bounds(count: tuple[int, int]) -> None:
    hits, trials = count
    share = known(wilson(hits, trials))
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.low < share.high
    assert (share.low == 0) == (hits == 0)
    assert (share.high == 1) == (hits == trials)


@given(counts())
@settings(derandomize=True)
def test_what_is_missing_has_the_mirrored_interval(count: tuple[int, int]) -> None:
    hits, trials = count
    share, rest = known(wilson(hits, trials)), known(wilson(trials - hits, trials))
    assert share.low == pytest.approx(1 - rest.high, abs=1e-9)
    assert share.high == pytest.approx(1 - rest.low, abs=1e-9)


@given(counts(10**5), st.integers(2, 100))
@settings(derandomize=True)
def test_more_trials_tell_more(count: tuple[int, int], times: int) -> None:
    hits, trials = count
    few, many = known(wilson(hits, trials)), known(wilson(hits * times, trials * times))
    assert many.high - many.low < few.high - few.low


def coverage(interval: Callable[[int, int], tuple[float, float]], trials: int, truth: float) -> float:
    """Return how often an interval holds the truth, by the exact binomial distribution."""
    holds = [low <= truth <= high for low, high in (interval(hits, trials) for hits in range(trials + 1))]
    return sum(
        comb(trials, hits) * truth**hits * (1 - truth) ** (trials - hits) for hits in range(trials + 1) if holds[hits]
    )


def wilsons(hits: int, trials: int) -> tuple[float, float]:
    share = known(wilson(hits, trials))
    return share.low, share.high


def textbooks(hits: int, trials: int) -> tuple[float, float]:
    share = hits / trials
    reach = Z_95 * sqrt(share * (1 - share) / trials)
    return share - reach, share + reach


@given(st.integers(1, 40), st.integers(1, 99))
@settings(derandomize=True, max_examples=60)
def test_the_bounds_hold_the_true_share_about_as_often_as_they_say(trials: int, percent: int) -> None:
    assert coverage(wilsons, trials, percent / 100) > 0.82


def test_an_interval_that_is_a_point_where_nothing_crashed_is_caught_by_the_same_search() -> None:
    assert coverage(textbooks, 40, 0.99) < 0.4
    assert coverage(wilsons, 40, 0.99) > 0.9


def test_nothing_has_no_share() -> None:
    assert wilson(0, 0) is None
    assert Health().crash_free_sessions is None
    assert Health().crash_free_installs is None


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(derandomize=True)
def test_crash_free_is_a_share_whatever_was_counted(crashed: int, whole: int) -> None:
    share = crash_free(crashed, whole)
    if share is None:
        assert crashed == whole == 0
    else:
        assert 0 <= share.value <= 1
        assert (share.value == 1) == (crashed == 0)


@given(st.integers(1, 10**9))
@settings(derandomize=True)
def test_a_hundred_percent_is_said_only_of_all(whole: int) -> None:
    assert known(crash_free(1, whole)).percent < 100
    assert known(crash_free(0, whole)).percent == 100


AMOUNTS = st.lists(st.integers(0, 10**6), min_size=6, max_size=6)


@given(st.dictionaries(st.text(max_size=4), AMOUNTS, max_size=6))
@settings(derandomize=True)
def test_adoption_is_shared_out_among_the_releases(sums: dict[str, list[int]]) -> None:
    healths = by_release(sums)
    assert {release: list(health.amounts) for release, health in healths.items()} == sums
    adoption = sum(health.adoption for health in healths.values())
    whole = total(healths.values())
    assert adoption == pytest.approx(1 if whole.installs or whole.sessions else 0)


def test_a_sum_of_nothing_is_nothing() -> None:
    assert total([]) == Health()


@pytest.fixture
def healthy(rows: Rows, app: App, live: Memory) -> App:
    rows.sessions(
        app.id,
        [(YESTERDAY, "1.0", [100, 2, 3, 1, 50, 2]), (YESTERDAY, "1.1", [10, 0, 0, 0, 10, 0]),
         (YESTERDAY, "", [110, 2, 3, 1, 55, 2]), (TODAY, "1.1", [20, 0, 1, 0, 10, 0]),
         (TODAY, "", [20, 0, 1, 0, 10, 0])],
    )  # fmt: skip
    rows.losses(app.id, [(TODAY, "error", "queue_overflow", 7), (YESTERDAY, "session", "network_error", 2)])
    live.runs[app.id] = {(TODAY, "1.1"): [5, 1, -1, 0, 5, 1], (TODAY, ""): [5, 1, -1, 0, 5, 1]}
    live.lost[app.id] = {(TODAY, "error", "queue_overflow"): 1, (LONG_AGO, "error", "invalid"): 9}
    return app


@pytest.fixture
def reports(reader: Reader, live: Live, control: Control) -> Reports:
    return Reports(Questions(reader), live, control)


def test_health_is_read_from_store_and_memory(reports: Reports, healthy: App) -> None:
    assert asyncio.run(reports.health(healthy, PERIOD)) == {
        "1.0": Health(100, 2, 3, 1, 50, 2, adoption=50 / 75),
        "1.1": Health(35, 1, 0, 0, 25, 1, adoption=25 / 75),
    }
    assert asyncio.run(reports.health_by_day(healthy, PERIOD)) == {
        YESTERDAY: Health(110, 2, 3, 1, 55, 2),
        TODAY: Health(25, 1, 0, 0, 15, 1),
    }
    assert asyncio.run(reports.losses(healthy, PERIOD)) == [
        Loss("error", "queue_overflow", 8),
        Loss("session", "network_error", 2),
    ]


def test_a_strict_app_shows_nothing_that_is_not_written(reports: Reports, live: Memory) -> None:
    strict = App(id=5_000_001, name="strict", key="0" * 32, profile=Profile.STRICT)
    live.runs[strict.id] = {(TODAY, "1.1"): [5, 1, 0, 0, 5, 1]}
    live.lost[strict.id] = {(TODAY, "error", "invalid"): 1}
    assert asyncio.run(reports.health(strict, PERIOD)) == {}
    assert asyncio.run(reports.losses(strict, PERIOD)) == []


METRICS = ["sessions", "crash_free_sessions", "installs", "crash_free_installs"]


def test_the_api_answers_sessions_and_installs(healthy: App, stats: Stats) -> None:
    asked = {"app_id": healthy.id, "metrics": METRICS}
    assert stats.rows(**asked) == [(135, 97.78, 70, 95.71)]
    assert stats.rows(**asked, dimensions=["crash:release"]) == [
        ("1.0", 100, 98.0, 50, 96.0),
        ("1.1", 35, 97.14, 25, 96.0),
    ]
    assert stats.rows(**asked, dimensions=["time:day"], date_range="7d") == [
        (YESTERDAY.isoformat(), 110, 98.18, 55, 96.36),
        (TODAY.isoformat(), 25, 96.0, 15, 93.33),
    ]
    assert stats.rows(**asked, filters=[["is", "crash:release", ["1.1"]]]) == [(35, 97.14, 25, 96.0)]
    both = stats.rows(**asked, dimensions=["time:day", "crash:release"], date_range="day")
    assert both == [(TODAY.isoformat(), "1.1", 25, 96.0, 15, 93.33)]


def test_reports_and_sessions_stand_side_by_side(healthy: App, rows: Rows, stats: Stats) -> None:
    rows.crashes(healthy.id, [(TODAY, "0" * 16, "release", "1.1", 3), (TODAY, "0" * 16, "release", "0.9", 1)])
    asked = {"app_id": healthy.id, "metrics": ["crash_free_sessions", "sessions", "reports", "releases"]}
    found = stats.rows(**asked, dimensions=["crash:release"])
    assert found == [("1.0", 98.0, 100, 0, 0), ("1.1", 97.14, 35, 3, 1), ("0.9", None, 0, 1, 1)]
    assert stats.rows(**asked) == [(97.78, 135, 4, 2)]


def test_nothing_counted_is_one_row_of_zeros(app: App, stats: Stats) -> None:
    assert stats.rows(app_id=app.id, metrics=METRICS) == [(0, 0, 0, 0)]
    assert stats.rows(app_id=app.id, metrics=METRICS, dimensions=["crash:release"]) == []


@pytest.mark.parametrize("name", ["crash:group", "crash:title", "crash:os", "crash:environment"])
def test_what_sessions_are_not_known_by_is_refused_by_name(healthy: App, stats: Stats, name: str) -> None:
    for question in ({"dimensions": [name]}, {"filters": [["is", name, ["x"]]]}):
        status, answer = stats.post({"app_id": healthy.id, "metrics": METRICS, "date_range": "7d", **question})
        assert status == 400
        assert "crash:release and time" in str(answer["error"])


def test_a_sum_of_installs_over_days_is_called_what_it_is(healthy: App, stats: Stats) -> None:
    def warnings(**question: object) -> object:
        _, answer = stats.post({"app_id": healthy.id, "metrics": METRICS, **question})
        return answer["meta"]

    told = warnings(date_range="7d")
    assert set(told["metric_warnings"]) == {"installs", "crash_free_installs"}  # type: ignore[index]
    assert warnings(date_range="day") == {}
    assert warnings(date_range="7d", dimensions=["time:day"]) == {}
