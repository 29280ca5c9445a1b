"""Releases side by side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crash_stage import LIVE, MERGE, MONDAY, OLD, POLL, RENDER, crashing
from dashboards_stage import NUMBERS, TODAY, Memory, Rows, Stats
from starlette.testclient import TestClient

from dashboards.lineage import Lineage
from dashboards.period import Period
from dashboards.releases import releases_of
from ingest.app import App, Apps
from ingest.counters.exemplar import Exemplar

pytest_plugins = ["dashboards_fixtures"]
__all__ = ["crashing"]


def test_releases_stand_in_their_order_with_what_was_new_in_them(crashing: App, member: TestClient) -> None:
    data = member.get(f"/apps/{crashing.id}/releases.json").json()
    newest, oldest = data["releases"]
    assert (newest["release"], newest["reports"], newest["groups"]) == ("app@2.1.0", 10, 3)
    assert set(newest["new_groups"]) == {MERGE, LIVE}
    assert (oldest["release"], oldest["reports"], set(oldest["new_groups"])) == ("app@2.0.0", 18, {RENDER, POLL})
    assert (newest["opening_days"], newest["opening_reports"], newest["opening_reports_before"]) == (2, 10, 16)
    assert (oldest["previous"], oldest["opening_reports_before"]) == (None, None)
    text = member.get(f"/apps/{crashing.id}/releases").text
    assert "-38%" in text
    assert text.index('data-release="app@2.1.0"') < text.index('data-release="app@2.0.0"')
    lines = member.get(f"/apps/{crashing.id}/releases.csv").text.splitlines()
    assert lines[1] == "app@2.1.0,2026-11-20,2026-11-21,10,3,2,0,2,10,16"


def test_a_release_outside_the_period_is_left_out(crashing: App, member: TestClient) -> None:
    text = member.get(f"/apps/{crashing.id}/releases?period=custom&from={OLD}&to={OLD}").text
    assert "app@2.0.0" in text
    assert "app@2.1.0" not in text
    text = member.get("/apps/999999/releases").text
    assert "No release had reports" in text


def test_the_sum_is_that_of_the_list(crashing: App, member: TestClient, rows: Rows) -> None:
    rows.crashes(crashing.id, [(TODAY, POLL, "release", "(none)", 4)])
    releases = member.get(f"/apps/{crashing.id}/releases.json").json()["releases"]
    assert releases[-1]["release"] == "(none)"
    listed = member.get(f"/apps/{crashing.id}/crashes.json?show=all").json()
    assert sum(release["reports"] for release in releases) == listed["reports"] == 32
    assert "No release" in member.get(f"/apps/{crashing.id}/releases").text


def test_a_group_of_two_releases_on_its_first_day_is_the_older_one_s() -> None:
    days = {("1.0", TODAY): (3, {"a"}), ("1.1", TODAY): (9, {"a", "b"}), ("0.9", TODAY - timedelta(days=9)): (1, {"c"})}
    lineage = Lineage(dict(days.keys()))
    found = releases_of(days, lineage, Period("7d", TODAY - timedelta(days=6), TODAY, TODAY))
    assert [(one.name, list(one.new_groups)) for one in found] == [("1.1", ["b"]), ("1.0", ["a"])]
    assert found[0].previous == "1.0"
    assert found[0].change == 200.0


@pytest.fixture
def counting(rows: Rows, live: Memory, apps: Apps) -> App:
    """An app whose sessions are counted: one release crashes more than the other, and a third met no report."""
    app = App(id=2_000_000 + next(NUMBERS), name="counting", key="3" * 32, sessions=True)
    apps.replace([app])
    rows.crashes(app.id, [(OLD, MERGE, "release", "app@2.0.0", 40), (TODAY, MERGE, "release", "app@2.1.0", 3)])
    rows.groups(app.id, [(MERGE, MONDAY, Exemplar(1, "KeyError", "merge", "{}"), OLD, TODAY)])
    rows.sessions(
        app.id,
        [
            (OLD, "app@2.0.0", [1000, 40, 0, 0, 500, 30]), (TODAY, "app@2.1.0", [990, 3, 0, 0, 499, 2]),
            (OLD, "", [1000, 40, 0, 0, 500, 30]), (TODAY, "", [1000, 3, 0, 0, 500, 2]),
        ],
    )  # fmt: skip
    live.runs[app.id] = {(TODAY, "app@2.2.0"): [10, 0, 0, 0, 1, 0]}
    return app


def test_where_sessions_are_counted_releases_show_adoption_and_crash_free(counting: App, member: TestClient) -> None:
    data = member.get(f"/apps/{counting.id}/releases.json").json()
    newest, middle, oldest = data["releases"]
    assert [one["release"] for one in data["releases"]] == ["app@2.2.0", "app@2.1.0", "app@2.0.0"]
    assert (oldest["sessions"], oldest["crash_free_sessions"], oldest["crash_free_installs"]) == (1000, 96.0, 94.0)
    assert oldest["crash_free_sessions_low"] < 96 < oldest["crash_free_sessions_high"]
    assert (middle["crash_free_sessions"], middle["adoption"]) == (99.7, 49.9)
    assert (newest["reports"], newest["sessions"], newest["crash_free_sessions"]) == (0, 10, 100.0)
    text = member.get(f"/apps/{counting.id}/releases").text
    assert '<span class="delta" title="points, against app@2.0.0">+3.7</span>' in text
    assert '<span class="pale" title="72.25% to 100%, of 10 sessions">100%</span>' in text
    lines = member.get(f"/apps/{counting.id}/releases.csv").text.splitlines()
    assert "crash_free_sessions_low" in lines[0]
    assert len({line.count(",") for line in lines}) == 1


def test_the_stats_api_says_the_same_of_each_release(counting: App, member: TestClient, stats: Stats) -> None:
    data = member.get(f"/apps/{counting.id}/releases.json").json()
    asked = stats.rows(
        app_id=counting.id, metrics=["reports", "sessions", "crash_free_sessions"], dimensions=["crash:release"]
    )
    shown = {(one["release"], one["reports"], one["sessions"], one["crash_free_sessions"]) for one in data["releases"]}
    assert set(asked) == shown


def test_a_release_that_only_started_is_the_newest_for_a_resolution(counting: App, member: TestClient) -> None:
    path = f"/apps/{counting.id}/crashes/{MERGE}"
    assert member.post(f"{path}/state", data={"until": "now"}).status_code == 303
    assert "from app@2.2.0 on" in member.get(path).text


def test_what_sdks_lost_is_listed(crashing: App, member: TestClient, rows: Rows) -> None:
    rows.losses(crashing.id, [(TODAY, "error", "queue_overflow", 7)])
    assert member.get(f"/apps/{crashing.id}/releases.json").json()["losses"] == [
        {"category": "error", "reason": "queue_overflow", "lost": 7}
    ]
    assert (
        '<code>error</code> <span class="meaning">queue_overflow</span>'
        in member.get(f"/apps/{crashing.id}/releases").text
    )
