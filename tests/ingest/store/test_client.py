from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import free_port

from ingest.store.client import Connection, Connector, StoreBusyError, StoreError, Target, _name


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("chdb:///var/lib/logless/data", Target(path=Path("/var/lib/logless/data"))),
        ("chdb:///with%20space/%23", Target(path=Path("/with space/#"))),
        ("clickhouse://db.example", Target(host="db.example", port=8123)),
        ("clickhouse://db.example:9/other", Target(host="db.example", port=9, database="other")),
        ("clickhouse://db.example/", Target(host="db.example", port=8123, database="logless")),
        ("clickhouses://db.example", Target(host="db.example", port=8443, secure=True)),
        (
            "clickhouse://ada:s%3Ae%2Fc%40ret@db.example:8123/logless",
            Target(host="db.example", port=8123, user="ada", password="s:e/c@ret"),
        ),
        ("clickhouse://[2001:db8::1]:8123/", Target(host="2001:db8::1", port=8123)),
    ],
)
def test_a_url_is_read(url: str, target: Target) -> None:
    found = Target.read(url)
    assert found == target
    assert found.embedded == url.startswith("chdb")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "data",
        "/var/lib/logless",
        "chdb://data",
        "chdb://host/data",
        "chdb:///data?x=1",
        "chdb:///data#x",
        "chdb:",
        "clickhouse://",
        "clickhouse:///logless",
        "clickhouse://db.example:0x1f/",
        "clickhouse://db.example:99999/",
        "clickhouse://[::1/",
        "clickhouse://ada:hunter2/x@db.example:8123/logless",
        "clickhouse://ada:hunter2#x@db.example:8123/logless",
        "clickhouse://ada:12?hunter2@db.example:8123/logless",
        "clickhouse://ada:hunter2@db.example/logless?secure=1",
        "http://ada:hunter2@db.example",
        "ada:hunter2@db.example",
        "postgres://ada:hunter2@db.example/x",
    ],
)
def test_any_other_url_is_refused_in_words_that_repeat_nothing(url: str) -> None:
    with pytest.raises(StoreError, match=r"^store\.url: neither chdb:///folder nor clickhouse") as refused:
        Target.read(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@given(st.text(max_size=60))
def test_hostile_urls_raise_nothing_else(url: str) -> None:
    for text in (url, f"clickhouse://{url}", f"chdb://{url}"):
        with contextlib.suppress(StoreError):
            Target.read(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_a_quoted_password_is_read_and_never_shown(password: str) -> None:
    secret = password + "|hunter2"
    target = Target.read(f"clickhouse://ada:{quote(secret, safe='')}@db.example:8123/logless")
    assert target.password == secret
    assert "hunter2" not in repr(target)


def test_an_error_is_cut_to_its_code(connection: Connection) -> None:
    for attempt in (
        lambda: connection.rows("SELECT hunter2"),
        lambda: connection.run("INSERT INTO hunter2 VALUES (1)"),
        lambda: connection.rows("SELECT {value:UInt8}", {"value": "hunter2"}),
        lambda: connection.rows("SELECT throwIf(1, 'Code: hunter2')"),
        lambda: connection.rows("SELEC 'hunter2'"),
    ):
        with pytest.raises(StoreError, match=r"^Code: \d+$") as failed:
            attempt()
        assert "hunter2" not in str(failed.value)


def test_a_failed_insert_is_cut_to_its_code(connection: Connection) -> None:
    with pytest.raises(StoreError, match=r"^Code: \d+$"):
        connection.insert("hunter2", {"value": "String"}, [["hunter2"]], "token")
    with pytest.raises(StoreError, match=r"^Code: \d+$"):
        connection.insert("migrations", {"hunter2": "String"}, [["hunter2"]], "token")


def test_an_insert_without_room_for_its_file_is_an_error_of_the_store(connection: Connection, tmp_path: Path) -> None:
    before = tempfile.tempdir
    tempfile.tempdir = str(tmp_path / "gone")
    try:
        with pytest.raises(StoreError, match=r"^FileNotFoundError$"):
            connection.insert("migrations", {"version": "UInt32"}, [[1]], "token")
    finally:
        tempfile.tempdir = before
    assert connection.rows("SELECT count() FROM migrations WHERE version = 1") == [(1,)]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_server_that_is_not_there_is_an_error_without_its_password(caplog: pytest.LogCaptureFixture) -> None:
    url = f"clickhouse://ada:hunter2@127.0.0.1:{free_port()}/logless"
    connector = Connector(Target.read(url), memory=1 << 30, scratch=Path("/nowhere"))
    for attempt in (connector.connect, connector.prepare):
        with caplog.at_level(logging.DEBUG), pytest.raises(StoreError) as failed:
            attempt()
        assert "hunter2" not in str(failed.value)
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO migrations VALUES (9, 'x', 'x')",
        "CREATE TABLE other (x UInt8) ENGINE = Memory",
        "DROP TABLE hours",
        "ALTER TABLE hours DELETE WHERE 1",
        "TRUNCATE TABLE hours",
        "OPTIMIZE TABLE hours FINAL",
        "CREATE DATABASE other",
        "SET readonly = 0",
        "SYSTEM FLUSH LOGS",
    ],
)
def test_a_connection_for_reading_only_reads(database: Connector, sql: str) -> None:
    reading = database.connect(readonly=True)
    try:
        with pytest.raises(StoreError, match=r"^Code: \d+$"):
            reading.run(sql)
        assert reading.rows("SELECT count() FROM migrations WHERE version = {version:UInt32}", {"version": 1}) == [(1,)]
    finally:
        reading.close()


def test_a_connection_that_is_open_for_reading_stops_no_writing(database: Connector, connection: Connection) -> None:
    reading = database.connect(readonly=True)
    connection.insert("migrations", {"version": "UInt32"}, [[77]], "token")
    assert reading.rows("SELECT count() FROM migrations WHERE version = 77") == [(1,)]
    reading.close()


def test_a_name_is_quoted(connector: Connector) -> None:
    connection = connector.connect()
    name = "odd ` name \\ of a database"
    connection.run(f"CREATE DATABASE {_name(name)}")
    assert connection.rows("SELECT name FROM system.databases WHERE name LIKE 'odd%'") == [(name,)]
    connection.run(f"DROP DATABASE {_name(name)}")
    connection.close()


SECOND = """
import sys, tempfile
from pathlib import Path
from ingest.store.client import Connector, StoreBusyError, Target
with tempfile.TemporaryDirectory() as scratch:
    connector = Connector(Target(path=Path(sys.argv[1])), memory=1 << 30, scratch=Path(scratch))
    try:
        connector.prepare() if sys.argv[2] == "prepare" else connector.connect()
    except StoreBusyError as error:
        print(error)
"""


@pytest.mark.parametrize("how", ["prepare", "connect"])
def test_a_second_process_hears_that_the_store_is_open(connector: Connector, how: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", SECOND, str(connector.target.path), how],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    expected = f"the store {connector.target.path} is open in another process: stop it, or let it run the command\n"
    assert found.stdout == expected


def test_a_second_claim_in_the_same_process_is_refused(connector: Connector, tmp_path: Path) -> None:
    other = Connector(connector.target, memory=1 << 30, scratch=tmp_path)
    with pytest.raises(StoreBusyError):
        other.prepare()


def test_the_engine_keeps_to_what_it_was_told(connection: Connection) -> None:
    """Caps and syncing are our own: chDB's defaults are nine tenths of the machine, and no sync at all."""
    found = dict(
        connection.rows(
            "SELECT name, value FROM system.merge_tree_settings WHERE name IN "
            "('old_parts_lifetime', 'fsync_after_insert', 'fsync_part_directory', 'min_rows_to_fsync_after_merge')"
        )
    )
    assert found == {
        "old_parts_lifetime": "480",
        "fsync_after_insert": "1",
        "fsync_part_directory": "1",
        "min_rows_to_fsync_after_merge": "1",
    }
    memory = connection.rows("SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'")
    assert memory == [(str(1 << 30),)]
