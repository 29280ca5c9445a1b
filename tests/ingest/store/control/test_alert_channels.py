"""Channels, rules, and messages on their way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.store.control.channels import (
    MOST,
    ChannelKind,
    add_channel,
    drop_channels,
    list_channels,
    remove_channel,
)
from ingest.store.control.database import Control, ControlError
from ingest.store.control.deliveries import (
    KEPT_DAYS,
    count_waiting,
    drop_told,
    is_told,
    list_due,
    mark_failed,
    mark_sent,
    mark_told,
    queue_once,
    queue_one,
)
from ingest.store.control.rules import Rule, RuleKind, drop_rule, drop_rules, list_rules, mark_primed, put_rule

TODAY = date(2026, 11, 21)
NOW = 1_795_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.db"


@pytest.fixture
def control(path: Path) -> Iterator[Control]:
    control = Control.open(f"sqlite:///{path}")
    yield control
    control.close()


def joined(keys: Sequence[str]) -> str:
    return "+".join(keys)


def test_a_webhook_has_a_key_of_its_own_and_mail_has_none(control: Control) -> None:
    hook = add_channel(control, "app:6", ChannelKind.WEBHOOK, "https://hooks.example.org/a")
    mail = add_channel(control, "app:6", ChannelKind.MAIL, "team@example.org")
    assert len(hook.secret) > 40
    assert mail.secret == ""
    assert list_channels(control, "app:6") == [hook, mail]
    assert list_channels(control, "app:7") == []
    with pytest.raises(ControlError, match="there already"):
        add_channel(control, "app:6", ChannelKind.MAIL, "team@example.org")


def test_an_app_has_so_many_channels_and_no_more(control: Control) -> None:
    for number in range(MOST):
        add_channel(control, "app:6", ChannelKind.MAIL, f"team{number}@example.org")
    with pytest.raises(ControlError, match=f"at most {MOST}"):
        add_channel(control, "app:6", ChannelKind.MAIL, "one@example.org")


def test_a_rule_is_changed_and_stays_primed(control: Control) -> None:
    put_rule(control, "app:6", Rule(RuleKind.VELOCITY, 300, 20))
    mark_primed(control, "app:6", RuleKind.VELOCITY)
    put_rule(control, "app:6", Rule(RuleKind.VELOCITY, 500, 10))
    assert list_rules(control, "app:6") == [Rule(RuleKind.VELOCITY, 500, 10, is_primed=True)]
    assert drop_rule(control, "app:6", RuleKind.VELOCITY)
    assert not drop_rule(control, "app:6", RuleKind.VELOCITY)
    put_rule(control, "app:6", Rule(RuleKind.VELOCITY, 500, 10))
    assert not list_rules(control, "app:6")[0].is_primed


def test_each_thing_is_told_once_over_a_restart_too(control: Control, path: Path) -> None:
    add_channel(control, "app:6", ChannelKind.MAIL, "one@example.org")
    add_channel(control, "app:6", ChannelKind.MAIL, "two@example.org")
    add_channel(control, "app:7", ChannelKind.MAIL, "other@example.org")
    mark_told(control, "app:6", ["new:old"], TODAY)
    assert queue_once(control, "app:6", ["new:old", "new:a", "new:b"], joined, TODAY, NOW) == ["new:a", "new:b"]
    again = Control.open(f"sqlite:///{path}")
    assert queue_once(again, "app:6", ["new:b", "new:a"], joined, TODAY, NOW) == []
    assert queue_once(again, "app:7", ["new:a"], joined, TODAY, NOW) == ["new:a"]
    due = list_due(again, NOW, 10)
    assert [(one.channel.target, one.message) for one in due] == [
        ("one@example.org", "new:a+new:b"),
        ("two@example.org", "new:a+new:b"),
        ("other@example.org", "new:a"),
    ]
    assert list_due(again, NOW - 1, 10) == []
    again.close()


def test_what_was_told_is_known_longer_than_any_crash_is_kept(control: Control) -> None:
    mark_told(control, "app:6", ["new:a"], TODAY)
    assert queue_once(control, "app:6", ["new:a"], joined, TODAY + timedelta(days=KEPT_DAYS), NOW) == []
    assert queue_once(control, "app:6", ["new:a"], joined, TODAY + timedelta(days=KEPT_DAYS + 1), NOW) == ["new:a"]


def test_what_arrived_and_what_did_not_is_counted(control: Control) -> None:
    channel = add_channel(control, "app:6", ChannelKind.SLACK, "https://hooks.example.org/a")
    queue_one(control, channel.id, "one", NOW)
    queue_one(control, channel.id, "two", NOW)
    one, two = list_due(control, NOW, 10)
    mark_sent(control, one)
    mark_failed(control, two, "timeout", NOW + 60)
    assert count_waiting(control) == {channel.id: 1}
    assert list_due(control, NOW + 59, 10) == []
    [again] = list_due(control, NOW + 60, 10)
    assert again.attempts == 1
    mark_failed(control, again, "refused", None)
    assert count_waiting(control) == {}
    [counted] = list_channels(control, "app:6")
    assert (counted.sent, counted.retried, counted.failed, counted.fault) == (1, 1, 1, "refused")


def test_a_removed_channel_takes_along_what_waits_for_it(control: Control) -> None:
    channel = add_channel(control, "app:6", ChannelKind.MAIL, "team@example.org")
    queue_one(control, channel.id, "one", NOW)
    assert not remove_channel(control, "app:7", channel.id)
    assert remove_channel(control, "app:6", channel.id)
    assert list_due(control, NOW, 10) == []


def test_a_deleted_site_leaves_nobody_to_tell_and_the_others_alone(control: Control) -> None:
    for owner in ("example.org", "app:6"):
        channel = add_channel(control, owner, ChannelKind.MAIL, "team@example.org")
        put_rule(control, owner, Rule(RuleKind.DIGEST))
        mark_told(control, owner, ["digest:2026-11-16"], TODAY)
        queue_one(control, channel.id, owner, NOW)
    drop_channels(control, "example.org")
    drop_rules(control, "example.org")
    drop_told(control, "example.org")
    assert list_channels(control, "example.org") == []
    assert list_rules(control, "example.org") == []
    assert not is_told(control, "example.org", "digest:2026-11-16")
    assert [one.message for one in list_due(control, NOW, 10)] == ["app:6"]
    assert list_rules(control, "app:6") == [Rule(RuleKind.DIGEST)]
    assert is_told(control, "app:6", "digest:2026-11-16")
