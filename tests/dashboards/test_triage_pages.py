"""What a team does with crash groups, through the pages, on a real store and a real control database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from crash_stage import LIVE, MERGE, POLL, RENDER, crashing
from dashboards_stage import NOW, TODAY, Clock, Memory, Rows, Stats
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboards.pages.triage import without_releases
from ingest.app import App
from ingest.store.control.actions import list_actions
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.users import Role, User, add_user

pytest_plugins = ["dashboards_fixtures"]
__all__ = ["crashing"]

DAY = 86_400


@pytest.fixture
def viewer(pages: Starlette, control: Control) -> Iterator[TestClient]:
    user = add_user(control, "vic", Role.VIEWER)
    with TestClient(pages, follow_redirects=False) as client:
        client.get(f"/login/{make_link(control, user.id, NOW)}")
        yield client


@pytest.fixture
def do(member: TestClient, crashing: App) -> Callable[..., int]:
    def do(path: str, **form: str) -> int:
        return member.post(f"/apps/{crashing.id}/crashes{path}", data={"back": "", **form}).status_code

    return do


def listed(client: TestClient, app: App, **arguments: str) -> dict[str, int]:
    data = client.get(f"/apps/{app.id}/crashes.json", params=arguments).json()
    assert data["reports"] == sum(group["reports"] for group in data["groups"])
    text = client.get(f"/apps/{app.id}/crashes", params=arguments).text
    assert re.findall(r'<tr data-group="(\w+)">', text) == [group["group"] for group in data["groups"]]
    lines = client.get(f"/apps/{app.id}/crashes.csv", params=arguments).text.splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == [group["group"] for group in data["groups"]]
    return {group["group"]: group["reports"] for group in data["groups"]}


def test_tabs_show_groups_by_where_they_stand(do: Callable[..., int], member: TestClient, crashing: App) -> None:
    assert listed(member, crashing) == {RENDER: 12, MERGE: 7, POLL: 7, LIVE: 2}
    assert set(listed(member, crashing, show="new")) == {MERGE, LIVE}
    assert do(f"/{MERGE}/state", until="now") == 303
    assert do(f"/{POLL}/state", until="more", number="100") == 303
    assert set(listed(member, crashing)) == {RENDER, LIVE}
    assert set(listed(member, crashing, show="muted")) == {POLL}
    assert set(listed(member, crashing, show="resolved")) == {MERGE}
    assert len(listed(member, crashing, show="all")) == 4
    assert listed(member, crashing, show="nonsense") == listed(member, crashing)
    text = member.get(f"/apps/{crashing.id}/crashes/{MERGE}").text
    assert "<strong>Resolved</strong> from app@2.1.0 on" in text
    assert do(f"/{MERGE}/state", until="open") == 303
    assert MERGE in listed(member, crashing)


def test_a_resolved_group_that_is_seen_again_has_regressed(
    do: Callable[..., int], member: TestClient, crashing: App, live: Memory, rows: Rows
) -> None:
    do(f"/{MERGE}/state", until="next")
    live.reports[crashing.id] |= {(TODAY, MERGE, "release", "app@2.1.0"): 5}
    assert set(listed(member, crashing, show="resolved")) == {MERGE}
    live.reports[crashing.id] |= {(TODAY, MERGE, "release", "app@2.1.1"): 1}
    assert set(listed(member, crashing, show="regressed")) == {MERGE}
    text = member.get(f"/apps/{crashing.id}/crashes/{MERGE}").text
    assert "it was resolved, and came back in app@2.1.1 on 21 Nov 2026" in text
    assert member.get(f"/apps/{crashing.id}/crashes/{MERGE}.json").json()["state"] == "regressed"
    data = member.get(f"/apps/{crashing.id}/releases.json").json()
    assert {one["release"]: one["regressed_groups"] for one in data["releases"]} == {
        "app@2.1.1": 1, "app@2.1.0": 0, "app@2.0.0": 0,
    }  # fmt: skip


def test_a_mute_ends_on_its_day(do: Callable[..., int], member: TestClient, crashing: App, clock: Clock) -> None:
    assert do(f"/{RENDER}/state", until="date", end=str(TODAY)) == 400
    assert do(f"/{RENDER}/state", until="date", end=str(TODAY + timedelta(days=2))) == 303
    assert "<strong>Muted</strong> until 23 Nov 2026" in member.get(f"/apps/{crashing.id}/crashes/{RENDER}").text
    clock.now += 2 * DAY
    assert RENDER in listed(member, crashing)


@pytest.mark.parametrize(
    "form",
    [
        {}, {"until": "never"}, {"until": "more"}, {"until": "more", "number": "0"}, {"until": "daily", "number": "x"},
        {"until": "more", "number": "9" * 20}, {"until": "date", "end": "soon"}, {"until": "release", "release": " "},
        {"until": "release", "release": "x" * 65}, {"until": "release", "release": "a\u202eb"},
    ],
    ids=str,
)  # fmt: skip
def test_a_state_that_makes_no_sense_is_refused(do: Callable[..., int], form: dict[str, str]) -> None:
    assert do(f"/{MERGE}/state", **form) == 400


def test_merged_groups_count_as_one_everywhere(
    do: Callable[..., int], member: TestClient, crashing: App, stats: Stats
) -> None:
    alone = listed(member, crashing)
    assert do("", **{RENDER: "on", LIVE: "on", "do": "merge"}) == 303
    together = listed(member, crashing)
    assert together == {RENDER: alone[RENDER] + alone[LIVE], MERGE: 7, POLL: 7}
    asked = {"app_id": crashing.id, "metrics": ["reports"]}
    assert {row[0]: row[1] for row in stats.rows(**asked, dimensions=["crash:group"])} == together
    assert {row[0]: row[1] for row in stats.rows(**asked, dimensions=["crash:title"])} == {
        "TypeError in render": 14,
        "KeyError in merge": 7,
        "OSError in poll": 7,
    }
    assert stats.rows(**asked, dimensions=["crash:release"], filters=[["is", "crash:group", [RENDER]]]) == [
        ("app@2.0.0", 12), ("app@2.1.0", 2),
    ]  # fmt: skip
    detail = member.get(f"/apps/{crashing.id}/crashes/{RENDER}.json").json()
    assert (detail["reports"], detail["merged"]) == (14, [LIVE])
    assert sum(detail["days"].values()) == 14
    assert "3 groups in 28 days" in member.get("/").text
    answer = member.get(f"/apps/{crashing.id}/crashes/{LIVE}?period=7d")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/apps/{crashing.id}/crashes/{RENDER}?period=7d")
    assert do(f"/{LIVE}/split") == 303
    assert listed(member, crashing) == alone
    assert do(f"/{LIVE}/split") == 404


def test_a_decision_about_a_merged_group_comes_back_with_it(
    do: Callable[..., int], member: TestClient, crashing: App
) -> None:
    do(f"/{POLL}/state", until="now")
    do(f"/{MERGE}/merge", other=POLL)
    assert listed(member, crashing, show="all")[MERGE] == 14
    assert listed(member, crashing, show="resolved") == {}
    do(f"/{POLL}/split")
    assert set(listed(member, crashing, show="resolved")) == {POLL}


def test_what_is_merged_into_a_resolved_group_does_not_make_it_come_back(
    do: Callable[..., int], member: TestClient, crashing: App, live: Memory
) -> None:
    do(f"/{RENDER}/state", until="now")
    do(f"/{RENDER}/merge", other=MERGE)
    assert set(listed(member, crashing, show="resolved")) == {RENDER}
    live.reports[crashing.id] |= {(TODAY, MERGE, "release", "app@2.1.0"): 1}
    assert set(listed(member, crashing, show="regressed")) == {RENDER}


def test_many_groups_are_resolved_at_once(do: Callable[..., int], member: TestClient, crashing: App) -> None:
    assert do("", **{RENDER: "on", MERGE: "on", "f" * 16: "on", "do": "now"}) == 303
    assert set(listed(member, crashing, show="resolved")) == {RENDER, MERGE}
    assert do("", **{RENDER: "on", "do": "open"}) == 303
    assert set(listed(member, crashing, show="resolved")) == {MERGE}
    assert do("", do="merge") == 303


def test_groups_are_given_to_members(
    do: Callable[..., int], member: TestClient, crashing: App, control: Control, owner: User
) -> None:
    bob = add_user(control, "bob", Role.EDITOR)
    assert do(f"/{MERGE}/assignee", user=str(bob.id)) == 303
    assert "bob looks after it" in member.get(f"/apps/{crashing.id}/crashes/{MERGE}").text
    found = member.get(f"/apps/{crashing.id}/crashes.json").json()["groups"]
    assert {group["group"]: group["assignee"] for group in found}[MERGE] == "bob"
    assert do(f"/{MERGE}/assignee", user="999") == 400
    assert do(f"/{MERGE}/assignee", user="") == 303
    assert "Nobody looks after it" in member.get(f"/apps/{crashing.id}/crashes/{MERGE}").text


def test_notes_pass_the_tripwire_and_are_text(do: Callable[..., int], member: TestClient, crashing: App) -> None:
    path = f"/apps/{crashing.id}/crashes/{MERGE}"
    assert do(f"/{MERGE}/notes", text="Since 2.1.0 only, <b>see</b> the lock") == 303
    assert "&lt;b&gt;see&lt;/b&gt;" in member.get(path).text
    answer = member.post(f"{path}/notes", data={"text": "marguerite@example.org had it"})
    assert answer.status_code == 400
    assert "email" in answer.text
    assert "marguerite" not in answer.text + member.get(path).text
    assert do(f"/{MERGE}/notes", text="") == 400
    [note] = re.findall(r'data-note="(\d+)"', member.get(path).text)
    assert do(f"/{MERGE}/notes/delete", note=note) == 303
    assert "data-note" not in member.get(path).text


def test_a_release_of_four_numbers_may_be_named_in_a_note(do: Callable[..., int], rows: Rows, crashing: App) -> None:
    assert do(f"/{MERGE}/notes", text="Came with 2.14.0.1") == 400
    rows.crashes(crashing.id, [(TODAY, MERGE, "release", "app@2.14.0.1", 1)])
    assert do(f"/{MERGE}/notes", text="Came with 2.14.0.1") == 303
    assert do(f"/{MERGE}/notes", text="Came with 2.14.0.1 at 203.0.113.7") == 400
    assert without_releases("2.1 and app@2.1.0", ["app@2.1.0", "2.1", "(none)"]) == "release and release"


def test_what_was_done_is_written_down(
    do: Callable[..., int], crashing: App, control: Control, member: TestClient
) -> None:
    do(f"/{MERGE}/state", until="release", release="app@2.2.0")
    do(f"/{MERGE}/merge", other=POLL)
    do(f"/{POLL}/split")
    found = list_actions(control, crashing.owner, [MERGE])
    assert [(one.member, one.action, one.detail) for one in found] == [
        ("ada", "split", POLL),
        ("ada", "merged", POLL),
        ("ada", "resolved", "in app@2.2.0"),
    ]
    text = member.get(f"/apps/{crashing.id}/crashes/{MERGE}").text
    assert "<strong>resolved</strong> in app@2.2.0" in text
    assert "21 Nov 2026, 13:30" in text


def test_a_viewer_reads_and_changes_nothing(
    viewer: TestClient, crashing: App, member: TestClient, control: Control
) -> None:
    base = f"/apps/{crashing.id}"
    for path in ("/crashes", f"/crashes/{MERGE}", "/releases", "/alerts"):
        text = viewer.get(base + path).text
        assert 'method="post" action="/apps' not in text.replace(f'action="{base}/alerts/rules"', "")
    for path in ("/crashes", *(f"/crashes/{MERGE}/{act}" for act in ("state", "assignee", "notes", "merge", "split"))):
        assert viewer.post(base + path, data={"until": "now", "text": "x", "do": "now"}).status_code == 403
    assert list_actions(control, crashing.owner) == []


def test_another_site_s_page_changes_nothing(member: TestClient, crashing: App, control: Control) -> None:
    path = f"/apps/{crashing.id}/crashes/{MERGE}/state"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert member.post(path, data={"until": "now"}, headers=headers).status_code == 403
    assert list_actions(control, crashing.owner) == []


def test_groups_that_there_are_not_are_not_found(do: Callable[..., int]) -> None:
    assert do(f"/{'e' * 16}/state", until="now") == 404
    assert do("/nonsense/state", until="now") == 404
    assert do(f"/{MERGE}/merge", other="e" * 16) == 400


def test_one_is_led_back_within_this_server(member: TestClient, crashing: App) -> None:
    path = f"/apps/{crashing.id}/crashes/{MERGE}/state"
    for back, led in (
        (f"/apps/{crashing.id}/crashes?show=new&q=a+b", f"/apps/{crashing.id}/crashes?show=new&q=a+b"),
        ("//evil.example", f"/apps/{crashing.id}/crashes"),
        ("", f"/apps/{crashing.id}/crashes"),
    ):
        answer = member.post(path, data={"until": "open", "back": back})
        assert answer.headers["location"] == led
