from __future__ import annotations

from dashboards_stage import TODAY, Memory, Rows
from starlette.testclient import TestClient

from dashboards.refusals import MEANINGS
from ingest.app import App
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.site import Profile, Site
from ingest.store.client import Connection

pytest_plugins = ["dashboards_fixtures"]


def test_anybody_reads_every_column_of_every_table(
    anyone: TestClient, store: Connection, rows: Rows, site: Site
) -> None:
    rows.hours(site.id, [(TODAY, 8, [1] * 8)])
    columns = store.rows("SELECT table, name, comment FROM system.columns WHERE database = currentDatabase()")
    assert len(columns) > 60
    data = anyone.get("/privacy.json").json()
    told = {(t["table"], c["name"], c["comment"]) for t in data["tables"] for c in t["columns"]}
    assert told == set(columns)
    text = anyone.get("/privacy").text
    for table, name, comment in columns:
        assert comment, f"{table}.{name} has no comment"
        assert f"<code>{name}</code>" in text
    assert [profile["k"] for profile in data["profiles"]] == [1, 5, 20]
    assert len(anyone.get("/privacy.csv").text.splitlines()) == len(columns) + 1


def test_rows_and_oldest_day_are_those_of_the_store(anyone: TestClient, store: Connection, rows: Rows) -> None:
    rows.hours("oldest.example", [(TODAY.replace(year=2020, month=1, day=2), 8, [1] * 8)])
    tables = {table["table"]: table for table in anyone.get("/privacy.json").json()["tables"]}
    [(count,)] = store.rows("SELECT count() FROM hours")
    assert tables["hours"]["rows"] == count
    [(oldest,)] = store.rows("SELECT min(day) FROM hours")
    assert tables["hours"]["oldest_day"] == str(oldest)
    assert str(oldest) <= "2020-01-02"
    assert tables["hours"]["bytes"] > 0


def test_nothing_public_names_a_site_or_an_app(anyone: TestClient, rows: Rows, site: Site, app: App) -> None:
    rows.hours(site.id, [(TODAY, 8, [1] * 8)])
    for path in ("/privacy", "/privacy.json", "/privacy.csv", "/help", "/help.json", "/help.csv", "/login"):
        text = anyone.get(path).text
        assert site.id not in text
        assert app.name not in text


def test_members_see_what_is_held_about_their_site_only(
    member: TestClient, rows: Rows, site: Site, live: Memory
) -> None:
    rows.hours(site.id, [(TODAY, hour, [1] * 8) for hour in range(3)])
    rows.hours(f"{site.id}2", [(TODAY, hour, [1] * 8) for hour in range(9)])
    rows.refusals(site.owner, [(TODAY, "bot", 5)])
    rows.cells(
        site.id, "network", [(TODAY, "198.51", [30] * 8), (TODAY, "203.0", [19] * 8), (TODAY, "(rare)", [4] * 8)]
    )
    live.refused[site.owner] = {(TODAY, "bot"): 2}
    data = member.get(f"/sites/{site.id}/privacy.json").json()
    held = {table["table"]: table["rows"] for table in data["tables"]}
    assert held["hours"] == 4  # three hours and the marker
    assert held["crash_cells"] == held["crash_groups"] == held["pairs"] == 0
    assert data["refusals"] == [{"reason": "bot", "submissions": 7}]
    assert data["networks"] == [{"network": "198.51", "visitors": 30}, {"network": "(rare)", "visitors": 4}]
    assert data["profile"] == {"name": "standard", "k": 5, "batch": 20, "written_at_close": False}
    text = member.get(f"/sites/{site.id}/privacy").text
    assert "<code>bot</code>" in text
    assert MEANINGS[Refusal.BOT] in text
    assert "203.0" not in text


def test_quotes_in_a_name_do_not_reach_another_partition(rows: Rows, member: TestClient) -> None:
    from dashboards.inventory import _quoted

    assert _quoted("o'x\\") == "'o\\'x\\\\'"


def test_members_see_what_is_held_about_their_app_only(member: TestClient, rows: Rows, app: App) -> None:
    rows.crashes(app.id, [(TODAY, "a" * 16, "release", "1.0", 4)])
    rows.refusals(app.owner, [(TODAY, "no_consent", 3)])
    data = member.get(f"/apps/{app.id}/privacy.json").json()
    held = {table["table"]: table["rows"] for table in data["tables"]}
    assert held["crash_cells"] == 2
    assert held["hours"] == 0
    assert data["refusals"] == [{"reason": "no_consent", "submissions": 3}]
    assert "networks" not in data
    assert "no_consent" in member.get(f"/apps/{app.id}/privacy").text


def test_every_reason_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Refusal)
    assert all(MEANINGS.values())


def test_an_apps_strings_wait_for_five_in_every_profile() -> None:
    assert App(id=1, name="x", key="", profile=Profile.PLAIN).k == 5


def test_refusals_of_nobody_are_shown_to_members(rows: Rows, site: Site, member: TestClient) -> None:
    rows.refusals(UNKNOWN_OWNER, [(TODAY, "unknown_site", 4)])
    assert 'data-stray="unknown_site" data-count="4"' in member.get(f"/sites/{site.id}/privacy").text
    data = member.get(f"/sites/{site.id}/privacy.json").json()
    assert data["refusals_of_nobody"] == [{"reason": "unknown_site", "submissions": 4}]
