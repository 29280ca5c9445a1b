"""Releases side by side."""

from __future__ import annotations

from datetime import timedelta

from crash_stage import LIVE, MERGE, OLD, POLL, RENDER, crashing
from dashboards_stage import TODAY, Rows
from starlette.testclient import TestClient

from dashboards.lineage import Lineage
from dashboards.period import Period
from dashboards.releases import releases_of
from ingest.app import App

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
    assert text.index("app@2.1.0") < text.index("app@2.0.0")
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
