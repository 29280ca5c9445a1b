from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from dashboards_stage import TODAY, Memory, Rows
from starlette.testclient import TestClient

from dashboards.stack import read_stack
from ingest.app import App
from ingest.counters.exemplar import Exemplar
from ingest.store.control.annotations import add_annotation
from ingest.store.control.database import Control

pytest_plugins = ["dashboards_fixtures"]

YESTERDAY = TODAY - timedelta(days=1)
MONDAY = date(2026, 11, 16)
KEY, ABORT, LIVE = "1" * 16, "2" * 16, "3" * 16

FRAMES = [
    {"function": "main", "module": "runpy", "file": "runpy.py", "line": 198, "in_app": False},
    {"function": "poll", "module": "asyncio", "file": "loop.py", "line": 12, "in_app": False},
    {"function": "merge", "module": "app.sync", "file": "sync.py", "line": 88, "in_app": True},
]
STACK = json.dumps(
    {
        "platform": "python",
        "exceptions": [{"type": "OSError", "frames": FRAMES[:1]}, {"type": "KeyError", "frames": FRAMES}],
    }
)


@pytest.fixture
def crashed(rows: Rows, app: App, live: Memory) -> App:
    rows.groups(
        app.id,
        [
            (KEY, MONDAY, Exemplar(3, "KeyError", "merge", STACK), YESTERDAY, TODAY),
            (KEY, date(2026, 8, 3), Exemplar(3, "KeyError", "merge", "{}"), date(2026, 8, 5), date(2026, 8, 7)),
            (ABORT, MONDAY, Exemplar(3, "SIGABRT", "", "not json"), TODAY, TODAY),
        ],
    )
    rows.crashes(
        app.id,
        [
            (YESTERDAY, KEY, "release", "1.0", 4),
            (TODAY, KEY, "release", "1.1", 3),
            (TODAY, KEY, "system_version", "macOS 15", 5),
            (TODAY, KEY, "system_version", "(rare)", 2),
            (TODAY, KEY, "stripped", "request.cookies", 7),
            (TODAY, ABORT, "release", "1.1", 1),
            (TODAY - timedelta(days=200), ABORT, "release", "0.9", 50),
        ],
    )
    live.reports[app.id] = {(TODAY, KEY, "release", "1.1"): 1, (TODAY, LIVE, "release", "1.2"): 2}
    live.stacks[app.id] = {LIVE: Exemplar(3, "TypeError", "render", STACK)}
    return app


def listed(text: str) -> list[tuple[str, int]]:
    found = re.findall(r'<tr data-group="(\w+)">.*?<td class="number">([\d,]+)</td>', text, re.DOTALL)
    return [(group, int(number.replace(",", ""))) for group, number in found]


def test_groups_are_listed_with_what_is_in_memory(crashed: App, member: TestClient) -> None:
    text = member.get(f"/apps/{crashed.id}/crashes").text
    assert listed(text) == [(KEY, 8), (LIVE, 2), (ABORT, 1)]
    assert 'data-metric="reports" data-value="11"' in text
    assert 'data-metric="groups" data-value="3"' in text
    assert 'KeyError <span class="in">in merge</span>' in text
    assert 'TypeError <span class="in">in render</span>' in text
    assert "5 Aug" in text
    assert text.count('<span class="badge new">New<') == 2
    data = member.get(f"/apps/{crashed.id}/crashes.json").json()
    assert [(group["title"], group["reports"]) for group in data["groups"]] == [
        ("KeyError in merge", 8),
        ("TypeError in render", 2),
        ("SIGABRT", 1),
    ]
    lines = member.get(f"/apps/{crashed.id}/crashes.csv").text.splitlines()
    assert lines[1] == f"{KEY},KeyError in merge,8,2026-08-05,2026-11-21,1.0 1.1,open,"


def test_groups_in_other_orders(crashed: App, member: TestClient) -> None:
    newest = listed(member.get(f"/apps/{crashed.id}/crashes?order=first").text)
    assert newest[-1] == (KEY, 8)
    assert listed(member.get(f"/apps/{crashed.id}/crashes?order=nonsense").text)[0] == (KEY, 8)
    today = listed(member.get(f"/apps/{crashed.id}/crashes?period=day").text)
    assert today == [(KEY, 4), (LIVE, 2), (ABORT, 1)]


def test_a_group_shows_its_stack_with_the_systems_frames_folded(crashed: App, member: TestClient) -> None:
    text = member.get(f"/apps/{crashed.id}/crashes/{KEY}").text
    assert "<title>KeyError in merge" in text
    assert 'data-metric="reports" data-value="8"' in text
    own, folded = text.index("sync.py:88"), text.index("2 system frames")
    assert own < folded < text.index("loop.py:12") < text.index("caused by") < text.index("OSError")
    assert '<li class="own"><code class="function">merge</code>' in text
    assert "withheld" in text
    assert '<li data-value="1.0" data-count="4">' in text
    assert '<li data-value="1.1" data-count="4">' in text
    assert '<li data-value="(rare)" data-count="2" class="rare">' in text
    assert "<code>request.cookies</code></th><td>not part of what is kept" in text
    assert "grouping, version 3" in text
    data = member.get(f"/apps/{crashed.id}/crashes/{KEY}.json").json()
    assert data["first_day"] == "2026-08-05"
    assert data["values"]["system_version"] == [{"value": "macOS 15", "reports": 5}, {"value": "(rare)", "reports": 2}]
    assert [frame["line"] for frame in data["exceptions"][1]["frames"]] == [198, 12, 88]
    assert "release,1.0,4" in member.get(f"/apps/{crashed.id}/crashes/{KEY}.csv").text


def test_a_group_that_is_only_in_memory(crashed: App, member: TestClient) -> None:
    text = member.get(f"/apps/{crashed.id}/crashes/{LIVE}").text
    assert "<title>TypeError in render" in text
    assert "sync.py:88" in text
    assert 'data-metric="reports" data-value="2"' in text


def test_a_stack_that_cannot_be_read_is_none(crashed: App, member: TestClient) -> None:
    assert "No stack is kept" in member.get(f"/apps/{crashed.id}/crashes/{ABORT}").text
    assert read_stack("not json") is None
    assert read_stack('{"exceptions": 5}') is None
    assert read_stack("\ud800") is None
    assert read_stack("{}") is not None


def test_a_stack_without_app_frames_is_not_folded(rows: Rows, app: App, member: TestClient) -> None:
    stack = json.dumps({"exceptions": [{"type": "X", "frames": FRAMES[:2]}]})
    rows.groups(app.id, [(KEY, MONDAY, Exemplar(1, "X", "poll", stack), TODAY, TODAY)])
    rows.crashes(app.id, [(TODAY, KEY, "release", "", 1)])
    text = member.get(f"/apps/{app.id}/crashes/{KEY}").text
    assert "system frame" not in text
    assert "loop.py:12" in text
    assert "No release" in text


def test_a_group_outside_the_period_is_found_with_no_report(crashed: App, member: TestClient) -> None:
    text = member.get(f"/apps/{crashed.id}/crashes/{KEY}?period=custom&from=2026-09-01&to=2026-09-02").text
    assert 'data-metric="reports" data-value="0"' in text
    assert "5 Aug 2026" in text


def test_a_group_of_another_app_is_not_found(crashed: App, member: TestClient) -> None:
    assert member.get(f"/apps/999999/crashes/{KEY}").status_code == 404


def test_no_report_yet_teaches(member: TestClient) -> None:
    text = member.get("/apps/999999/crashes").text
    assert "logless app dsn 999999" in text
    assert "<code>consent</code>" in text


def test_more_than_fifty_groups_are_all_one_click_away(rows: Rows, app: App, member: TestClient) -> None:
    rows.crashes(app.id, [(TODAY, f"{number:016x}", "release", "1", 100 - number) for number in range(60)])
    base = f"/apps/{app.id}/crashes"
    text = member.get(base).text
    assert len(listed(text)) == 50
    assert "All 60 groups" in text
    assert len(listed(member.get(f"{base}?rows=all").text)) == 60
    assert len(member.get(f"{base}.csv").text.splitlines()) == 61


def test_a_message_is_shown_or_its_way_to_k_is(member: TestClient, crashed: App, rows: Rows, live: Memory) -> None:
    address = f"/apps/{crashed.id}/crashes/{KEY}"
    assert 'withheld">none<' in member.get(address).text
    live.waits[crashed.id, KEY, crashed.k] = 2
    rows.crashes(crashed.id, [(TODAY, KEY, "message", "(rare)", 3)])
    assert f"message withheld (2 of {crashed.k})" in member.get(address).text
    rows.crashes(crashed.id, [(TODAY, KEY, "message", "no route for <n>", 3)])
    page = member.get(address).text
    assert "no route for &lt;n&gt;" in page
    assert "message withheld" in page


def marks_of(text: str) -> dict[str, str]:
    """Return what happened by the label of each bar that has a flag."""
    return dict(re.findall(r'data-label="([^"]*)" data-value="[^"]*" data-details="([^"]*)"', text))


def test_releases_and_annotations_stand_on_the_bars_of_an_app_and_of_a_group(
    crashed: App, member: TestClient, control: Control
) -> None:
    add_annotation(control, crashed.owner, YESTERDAY, "The sync server was away <1 h>", lambda _: "")
    for path in ("crashes", f"crashes/{KEY}", "releases"):
        text = member.get(f"/apps/{crashed.id}/{path}").text
        assert marks_of(text) == {
            "20 Nov 2026": "The sync server was away &lt;1 h&gt;; Release 1.0",
            "21 Nov 2026": "Releases 1.2, 1.1",
        }
        assert text.count('<circle class="flag" cx') == 3, "two on the chart, one in the legend"
        assert "What happened" in text


def test_many_releases_of_a_month_are_told_by_the_newest(rows: Rows, app: App, member: TestClient) -> None:
    days = [TODAY - timedelta(days=back) for back in range(10)]
    rows.crashes(app.id, [(day, KEY, "release", f"app@2.{number}", 1) for number, day in enumerate(reversed(days))])
    rows.crashes(app.id, [(TODAY, KEY, "release", "(none)", 1)])
    told = marks_of(member.get(f"/apps/{app.id}/crashes?period=12mo").text)
    assert list(told.values()) == ["Releases app@2.9, app@2.8, app@2.7 and 7 more"]
    assert marks_of(member.get("/apps/999999/crashes").text) == {}
