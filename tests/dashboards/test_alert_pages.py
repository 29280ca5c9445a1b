"""The page on which a team says what it wants to be told, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from dashboards_stage import NOW
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboards.alerts.alert import read_message
from ingest.app import App
from ingest.store.control.actions import list_actions
from ingest.store.control.channels import list_channels
from ingest.store.control.database import Control
from ingest.store.control.deliveries import list_due, mark_failed
from ingest.store.control.links import make_link
from ingest.store.control.rules import Rule, RuleKind, list_rules
from ingest.store.control.users import Role, add_user

pytest_plugins = ["dashboards_fixtures"]

HOOK = "https://hooks.example.org/services/T0/B0/very-secret-path"


@pytest.fixture
def viewer(pages: Starlette, control: Control) -> Iterator[TestClient]:
    user = add_user(control, "vic", Role.VIEWER)
    with TestClient(pages, follow_redirects=False) as client:
        client.get(f"/login/{make_link(control, user.id, NOW)}")
        yield client


def test_a_channel_is_added_tried_and_removed(member: TestClient, app: App, control: Control) -> None:
    path = f"/apps/{app.id}/alerts"
    assert "Nobody is told yet" in member.get(path).text
    assert member.post(f"{path}/channels", data={"kind": "mail", "target": "team@example.org"}).status_code == 303
    added = member.post(f"{path}/channels", data={"kind": "webhook", "target": HOOK})
    assert added.status_code == 200
    mail, hook = list_channels(control, app.owner)
    assert hook.secret in added.text
    text = member.get(path).text
    assert hook.secret not in text
    assert "very-secret-path" not in text + added.text
    assert "hooks.example.org" in text
    assert member.post(f"{path}/channels/try", data={"channel": str(mail.id)}).status_code == 303
    [due] = list_due(control, NOW, 10)
    assert [alert.kind for alert in read_message(due.message).alerts] == ["test"]
    mark_failed(control, due, "private", NOW + 60)
    assert "its name leads to a private address" in member.get(path).text
    data = member.get(f"{path}.json").json()
    assert [(one["target"], one["waiting"], one["fault"]) for one in data["channels"]] == [
        ("team@example.org", 1, "private"),
        ("hooks.example.org", 0, None),
    ]
    assert member.get(f"{path}.csv").text.splitlines()[1] == "mail,team@example.org,0,1,1,0,private"
    assert member.post(f"{path}/channels/delete", data={"channel": str(hook.id)}).status_code == 303
    assert member.post(f"{path}/channels/delete", data={"channel": str(hook.id)}).status_code == 404
    assert [one.action for one in list_actions(control, app.owner)] == [
        "channel removed", "channel added", "channel added"
    ]  # fmt: skip
    assert "very-secret-path" not in str(list_actions(control, app.owner))


@pytest.mark.parametrize(
    ("kind", "target", "says"),
    [
        ("webhook", "http://hooks.example.org/", "begins with https://"),
        ("slack", "https://user@hooks.example.org/", "without a user name"),
        ("webhook", "https://[::1/", "not an address"),
        ("mail", "Team <team@example.org>", "not an e-mail address"),
        ("mail", "team@example.org\nBcc: all@example.org", "not an e-mail address"),
    ],
    ids=["http", "user", "broken", "named", "header"],
)
def test_a_target_that_is_none_is_refused_with_what_would_be_one(
    kind: str, target: str, says: str, member: TestClient, app: App, control: Control
) -> None:
    answer = member.post(f"/apps/{app.id}/alerts/channels", data={"kind": kind, "target": target})
    assert answer.status_code == 400
    assert says in answer.text
    assert target not in answer.text
    assert list_channels(control, app.owner) == []


def test_rules_are_set_changed_and_dropped(member: TestClient, app: App, control: Control) -> None:
    path = f"/apps/{app.id}/alerts"
    numbers = {
        "velocity.threshold": "2.5",
        "velocity.least": "40",
        "crash_free.threshold": "99.5",
        "crash_free.least": "9",
    }
    answer = member.post(f"{path}/rules", data={"new": "on", "velocity": "on", "crash_free": "on", **numbers})
    assert answer.status_code == 303
    assert {rule.kind: rule for rule in list_rules(control, app.owner)} == {
        RuleKind.NEW: Rule(RuleKind.NEW, 0, 0),
        RuleKind.VELOCITY: Rule(RuleKind.VELOCITY, 250, 40),
        RuleKind.CRASH_FREE: Rule(RuleKind.CRASH_FREE, 9950, 9),
    }
    text = member.get(path).text
    assert 'name="velocity" checked' in text
    assert 'value="99.5"' in text
    assert 'name="regression" checked' not in text
    assert member.post(f"{path}/rules", data={"regression": "on", **numbers}).status_code == 303
    assert [rule.kind for rule in list_rules(control, app.owner)] == [RuleKind.REGRESSION]


@pytest.mark.parametrize(
    "numbers",
    [
        ("x", "1"),
        ("3", "1.5"),
        ("0", "5"),
        ("-3", "5"),
        ("nan", "5"),
        ("inf", "5"),
        ("3", "0"),
        ("3", "9" * 30),
        ("", ""),
    ],
    ids=str,
)
def test_numbers_that_make_no_sense_are_refused(
    numbers: tuple[str, str], member: TestClient, app: App, control: Control
) -> None:
    form = {"velocity": "on", "velocity.threshold": numbers[0], "velocity.least": numbers[1]}
    assert member.post(f"/apps/{app.id}/alerts/rules", data=form).status_code == 400
    assert list_rules(control, app.owner) == []


def test_a_viewer_sees_what_is_told_and_not_to_whom(
    viewer: TestClient, member: TestClient, app: App, control: Control
) -> None:
    path = f"/apps/{app.id}/alerts"
    member.post(f"{path}/channels", data={"kind": "mail", "target": "marguerite@example.org"})
    for form in ("", ".json", ".csv"):
        text = viewer.get(path + form).text
        assert "marguerite" not in text
        assert "example.org" in text
    for act in ("channels", "channels/delete", "channels/try", "rules"):
        assert viewer.post(f"{path}/{act}", data={"kind": "mail", "target": "a@b", "channel": "1"}).status_code == 403
    assert not re.search(r'<input id="target"', viewer.get(path).text)
