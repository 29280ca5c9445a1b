from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, inspect, text

from dashboards.alerts.alert import Message, read_message
from ingest.store.control.channels import Channel, ChannelKind, add_channel, list_channels, remove_channel
from ingest.store.control.database import FACTS, STEPS, VERSION, Control, ControlError
from ingest.store.control.decisions import list_decisions
from ingest.store.control.deliveries import is_told, list_due
from ingest.store.control.facts import drop_fact, get_fact, put_fact
from ingest.store.control.metadata import METADATA
from ingest.store.control.rules import Rule, RuleKind, list_rules, put_rule
from ingest.store.control.strings import list_strings, put_strings, releases_with_strings
from ingest.store.control.users import Role, add_user, list_users, remove_user


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "control.db"


@pytest.fixture
def control(path: Path) -> Iterator[Control]:
    control = Control.open(f"sqlite:///{path}")
    yield control
    control.close()


def test_the_file_is_for_its_owner_only(control: Control, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_deleted_is_overwritten(control: Control, path: Path) -> None:
    name = "marguerite-canary"
    add_user(control, "somebody", Role.OWNER)
    add_user(control, name, Role.VIEWER)
    assert name.encode() in path.read_bytes(), "the search has to find what is there"
    remove_user(control, name)
    assert name.encode() not in path.read_bytes()
    assert sorted(file.name for file in path.parent.iterdir()) == ["control.db"]


def test_without_secure_delete_it_would_have_stayed(tmp_path: Path) -> None:
    leaky = sqlite3.connect(tmp_path / "leaky.db")
    leaky.execute("PRAGMA secure_delete = OFF")
    leaky.execute("CREATE TABLE users (name TEXT)")
    leaky.executemany("INSERT INTO users VALUES (?)", [("somebody",), ("marguerite-canary",)])
    leaky.execute("DELETE FROM users WHERE name = 'marguerite-canary'")
    leaky.commit()
    leaky.close()
    assert b"marguerite-canary" in (tmp_path / "leaky.db").read_bytes()


def test_no_column_is_an_address_a_browser_or_a_moment(control: Control) -> None:
    assert {table.name: [column.name for column in table.columns] for table in METADATA.sorted_tables} == {
        "annotations": ["id", "owner", "day", "text"],
        "guests": ["digest", "share", "ends"],
        "shares": ["id", "name", "digest", "site", "app", "password", "ends"],
        "facts": ["name", "value"],
        "tokens": ["id", "name", "digest", "scope", "site", "app"],
        "users": ["id", "name", "role", "password"],
        "links": ["digest", "user", "expires"],
        "strings": ["app", "release", "text"],
        "sessions": ["id", "digest", "user", "by_link", "began", "idle_until", "ends"],
        "reviews": ["id", "site", "host", "claim", "status", "note", "reviewer", "day", "due"],
        "crash_decisions": [
            "id", "app", "group", "state", "until", "release", "number", "end", "day", "seen"
        ],
        "crash_assignments": ["app", "group", "user"],
        "crash_notes": ["id", "app", "group", "user", "day", "text"],
        "crash_merges": ["app", "group", "into"],
        "crash_successions": ["app", "former", "group"],
        "actions": ["id", "owner", "minute", "member", "action", "object", "detail"],
        "alert_channels": ["id", "owner", "kind", "target", "secret", "sent", "retried", "failed", "fault"],
        "alert_rules": ["owner", "kind", "threshold", "least", "is_primed"],
        "alert_told": ["owner", "key", "day"],
        "alert_deliveries": ["id", "channel", "message", "attempts", "due"],
    }  # fmt: skip


def test_it_is_opened_again_with_what_it_held(control: Control, path: Path) -> None:
    put_fact(control, "history", "complete")
    again = Control.open(f"sqlite:///{path}")
    assert get_fact(again, "history") == "complete"
    again.close()


@pytest.mark.parametrize("version", range(VERSION))
def test_an_older_one_is_brought_up_and_keeps_what_it_held(path: Path, version: int) -> None:
    path.parent.mkdir(parents=True)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for tables in STEPS[:version]:
            METADATA.create_all(connection, tables)
        if version:
            connection.execute(insert(FACTS).values(name="history", value="complete"))
        connection.execute(text(f"PRAGMA user_version = {version}"))
    engine.dispose()
    control = Control.open(f"sqlite:///{path}")
    with control.begin() as connection:
        assert connection.execute(text("PRAGMA user_version")).scalar_one() == VERSION
        assert set(inspect(connection).get_table_names()) == set(METADATA.tables)
    assert get_fact(control, "history") == ("complete" if version else None)
    control.close()


def test_one_of_the_first_version_is_brought_up(path: Path) -> None:
    from sqlalchemy import create_engine

    from ingest.store.control.database import STEPS, VERSION
    from ingest.store.control.metadata import METADATA

    path.parent.mkdir()
    engine = create_engine(f"sqlite:///{path}")
    METADATA.create_all(engine, STEPS[0])
    engine.dispose()
    old = sqlite3.connect(path)
    old.execute("INSERT INTO users (name, role) VALUES ('ada', 'owner')")
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    control = Control.open(f"sqlite:///{path}")
    assert [user.name for user in list_users(control)] == ["ada"]
    assert list_decisions(control, 6) == {}
    control.close()
    again = sqlite3.connect(path)
    assert again.execute("PRAGMA user_version").fetchone() == (VERSION,) == (len(STEPS),)
    again.close()


OF_APPS = """
CREATE TABLE alert_channels (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, kind VARCHAR NOT NULL, target VARCHAR NOT NULL,
    secret VARCHAR NOT NULL, sent INTEGER NOT NULL, retried INTEGER NOT NULL, failed INTEGER NOT NULL,
    fault VARCHAR NOT NULL);
CREATE INDEX ix_alert_channels_app ON alert_channels (app);
CREATE TABLE alert_rules (
    app INTEGER NOT NULL, kind VARCHAR NOT NULL, threshold INTEGER NOT NULL, least INTEGER NOT NULL,
    is_primed BOOLEAN NOT NULL, PRIMARY KEY (app, kind));
CREATE TABLE alert_told (
    app INTEGER NOT NULL, "key" VARCHAR NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (app, "key"));
INSERT INTO alert_channels VALUES (3, 6, 'mail', 'team@example.org', '', 4, 1, 0, 'busy');
INSERT INTO alert_channels VALUES (9, 7, 'webhook', 'https://hooks.example.org/a', 's3cret', 0, 0, 0, '');
DELETE FROM alert_channels WHERE id = 9;
INSERT INTO alert_rules VALUES (6, 'velocity', 250, 40, 1);
INSERT INTO alert_told VALUES (6, 'new:a', 20000);
INSERT INTO alert_deliveries VALUES (5, 3, '{"app":6,"name":"desktop","alerts":[]}', 2, 100);
INSERT INTO alert_deliveries VALUES (6, 3, 'nonsense', 0, 100);
"""
"""What the fifth version had in the place of three tables, with something in each."""


def test_alerts_of_apps_get_an_owner_and_keep_what_they_held(path: Path) -> None:
    path.parent.mkdir()
    engine = create_engine(f"sqlite:///{path}")
    for tables in STEPS[:5]:
        METADATA.create_all(engine, tables)
    engine.dispose()
    old = sqlite3.connect(path)
    for table in ("alert_channels", "alert_rules", "alert_told"):
        old.execute(f"DROP TABLE {table}")
    old.executescript(f"{OF_APPS}; PRAGMA user_version = 5")
    old.close()
    Control.open(f"sqlite:///{path}").close()
    control = Control.open(f"sqlite:///{path}")
    channel = Channel(3, "app:6", ChannelKind.MAIL, "team@example.org", "", 4, 1, 0, "busy")
    assert list_channels(control, "app:6") == [channel]
    assert list_rules(control, "app:6") == [Rule(RuleKind.VELOCITY, 250, 40, is_primed=True)]
    assert is_told(control, "app:6", "new:a")
    assert not is_told(control, "app:6", "new:b")
    waiting, broken = list_due(control, 100, 10)
    assert (waiting.id, waiting.channel, waiting.attempts) == (5, channel, 2)
    assert read_message(waiting.message) == Message("app:6", "desktop", ())
    assert broken.message == "nonsense"
    assert add_channel(control, "example.org", ChannelKind.MAIL, "team@example.org").id == 10, "no number comes again"
    put_rule(control, "example.org", Rule(RuleKind.DIGEST))
    with control.begin() as connection:
        assert {index["name"] for index in inspect(connection).get_indexes("alert_channels")} == {
            "ix_alert_channels_owner"
        }
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    assert remove_channel(control, "app:6", 3)
    assert list_due(control, 100, 10) == []
    control.close()


def test_every_table_belongs_to_a_version() -> None:
    from ingest.store.control.database import STEPS
    from ingest.store.control.metadata import METADATA

    assert sorted(table.name for tables in STEPS for table in tables) == sorted(METADATA.tables)


def test_a_newer_one_is_left_alone(control: Control, path: Path) -> None:
    control.close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.commit()
    newer.close()
    with pytest.raises(ControlError, match="newer Logless"):
        Control.open(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["", "nonsense", "postgresql://u:hunter2@h/d", "sqlite://", "sqlite:///:memory:"])
def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ControlError, match="sqlite:////path") as caught:
        Control.open(url)
    assert "hunter2" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ControlError, match="cannot be opened for writing"):
        Control.open(f"sqlite:///{tmp_path / 'file' / 'control.db'}")


def test_facts_are_put_replaced_and_dropped(control: Control) -> None:
    assert get_fact(control, "history") is None
    put_fact(control, "history", "begun")
    put_fact(control, "history", "complete")
    assert get_fact(control, "history") == "complete"
    drop_fact(control, "history")
    assert get_fact(control, "history") is None


def test_texts_of_a_release_take_the_place_of_earlier_ones(control: Control) -> None:
    put_strings(control, 6, "1.0", ["b", "a", "a"])
    put_strings(control, 6, "2.0", ["c"])
    put_strings(control, 6, "1.0", ["d", "e"])
    assert list_strings(control, 6, "1.0") == ["d", "e"]
    assert sorted(releases_with_strings(control)) == [(6, "1.0"), (6, "2.0")]
    put_strings(control, 6, "2.0", [])
    assert releases_with_strings(control) == [(6, "1.0")]
