from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.store.control.actions import KEPT_DAYS, Deed, drop_actions, list_actions, list_log, note_action
from ingest.store.control.database import Control

DAY = 86_400
NOW = 20_000 * DAY + 50_017.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.db"


@pytest.fixture
def control(path: Path) -> Iterator[Control]:
    control = Control.open(f"sqlite:///{path}")
    yield control
    control.close()


def test_what_was_done_is_told_the_newest_first_and_by_the_minute(control: Control) -> None:
    note_action(control, "", "ada", Deed.MEMBER_ADDED, "bob", "viewer", NOW)
    note_action(control, "example.org", "bob", Deed.REVIEWED, "forum.example", "accurate", NOW + 60)
    found, total = list_log(control)
    assert [(one.member, one.action, one.object, one.owner) for one in found] == [
        ("bob", "review written", "forum.example", "example.org"), ("ada", "member added", "bob", ""),
    ]  # fmt: skip
    assert total == 2
    assert found[1].moment == NOW - NOW % 60
    assert list_log(control, 1, 1) == ([found[1]], 2)
    assert list_actions(control, "example.org") == [found[0]]
    assert list_actions(control, "example.org", ["another.example"]) == []


def test_after_thirteen_months_nothing_is_left_not_even_its_bytes(control: Control, path: Path) -> None:
    note_action(control, "", "marguerite-canary", Deed.SIGNED_IN, "marguerite-canary", "", NOW)
    assert drop_actions(control, NOW + KEPT_DAYS * DAY) == 0
    assert b"marguerite-canary" in path.read_bytes(), "the search has to find what is there"
    assert drop_actions(control, NOW + (KEPT_DAYS + 1) * DAY) == 1
    assert b"marguerite-canary" not in path.read_bytes()


def test_writing_forgets_too(control: Control) -> None:
    note_action(control, "", "ada", Deed.SIGNED_IN, "ada", "", NOW)
    note_action(control, "", "bob", Deed.SIGNED_IN, "bob", "", NOW + (KEPT_DAYS + 1) * DAY)
    assert [one.member for one in list_log(control)[0]] == ["bob"]
