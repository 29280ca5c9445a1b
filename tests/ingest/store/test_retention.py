from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.scan import blocks
from ingest.counters.cells import CRASH, HOURS, LOSS, REFUSED, SESSION
from ingest.counters.exemplar import Exemplar
from ingest.counters.ledger import Batch
from ingest.counters.segment import Cells, Lot
from ingest.store.blocks import TABLES
from ingest.store.client import Connection, Connector
from ingest.store.retention import CRASH_TABLES, Keep, drop_old, drop_owner
from ingest.store.spool import Spool
from ingest.store.writer import Writer

TODAY = date(2026, 11, 21)
KEEP = Keep(25, 90)


def write(connector: Connector, folder: Path, lots: list[Lot]) -> None:
    writer = Writer(connector, Spool(folder / "spool", 1 << 20), "a", deliver=lambda arrive: arrive())
    writer.start()
    for number, lot in enumerate(lots, 1):
        writer.submit(Batch(number, lot, lambda: None))
    assert writer.wait(60)
    writer.stop()


def hit_lot(site: str, day: date, word: str = "x") -> Lot:
    cells: Cells = {(HOURS, "9"): [1] * 8, ("page", f"/{word}"): [1] * 8, ("page*source", f"/{word}", "s"): [1] * 8}
    return Lot(site, day, (0,), cells | {(REFUSED, "bot"): [1]}, {})


def crash_lot(app: int, day: date, word: str = "x") -> Lot:
    cells: Cells = {(CRASH, "g", "release", word): [1], (REFUSED, "duplicate"): [1]}
    cells |= {(SESSION, word): [1, 0, 0, 0, 1, 0], (LOSS, "error", "ignored"): [1]}
    return Lot(f"app:{app}", day, (0,), cells, {"g": Exemplar(1, word, word, word)})


def partitions(connection: Connection) -> set[str]:
    sql = (
        "SELECT DISTINCT concat(table, ' ', partition) FROM system.parts "
        "WHERE database = currentDatabase() AND active AND table != 'migrations'"
    )
    return {row[0] for row in connection.rows(sql)}


def test_what_is_past_its_time_is_dropped_and_nothing_else(
    database: Connector, connection: Connection, tmp_path: Path
) -> None:
    old, kept = date(2024, 9, 30), date(2024, 10, 1)
    old_crash, kept_crash = date(2026, 7, 31), date(2026, 8, 23)
    write(
        database,
        tmp_path,
        [hit_lot("a.example", old), hit_lot("a.example", kept), crash_lot(6, old_crash), crash_lot(6, kept_crash)],
    )
    dropped = drop_old(connection, KEEP, TODAY)
    assert set(dropped) == {
        "cells ('a.example',202409)",
        "crash_cells (6,202607)",
        "crash_groups (6,202607)",
        "hours ('a.example',202409)",
        "losses (6,202607)",
        "sessions (6,202607)",
        "pairs ('a.example',202409)",
        "refusals ('a.example',202409)",
    }
    assert drop_old(connection, KEEP, TODAY) == []
    assert partitions(connection) == {
        "cells ('a.example',202410)",
        "crash_cells (6,202608)",
        "crash_groups (6,202608)",
        "losses (6,202608)",
        "sessions (6,202608)",
        "hours ('a.example',202410)",
        "pairs ('a.example',202410)",
        "refusals ('a.example',202410)",
        "refusals ('app:6',202607)",
        "refusals ('app:6',202608)",
    }
    assert connection.rows("SELECT DISTINCT day FROM cells WHERE node = ''") == [(kept,)]


HOSTILE = ["a.example", "a.exampl", "o'brien.example", "back\\slash", "a', 202611) OR 1=1 --", "app:66", "6", "app:6'"]


@pytest.mark.parametrize("owner", ["a.example", "o'brien.example", "back\\slash", "a', 202611) OR 1=1 --", "app:6"])
def test_dropping_an_owner_takes_all_of_it_and_nothing_else(
    database: Connector, connection: Connection, tmp_path: Path, owner: str
) -> None:
    sites = [name for name in HOSTILE if not name.startswith("app:")]
    write(
        database,
        tmp_path,
        [*(hit_lot(site, TODAY) for site in sites), *(crash_lot(app, TODAY) for app in (6, 66))],
    )
    before = partitions(connection)
    dropped = drop_owner(connection, owner)
    assert len(dropped) == (5 if owner == "app:6" else 4)
    assert partitions(connection) == before - set(dropped)
    named = connection.rows("SELECT DISTINCT site FROM hours") + connection.rows("SELECT DISTINCT owner FROM refusals")
    assert {row[0] for row in named} == {*sites, "app:6", "app:66"} - {owner}
    apps = connection.rows("SELECT DISTINCT app FROM crash_cells ORDER BY app")
    assert apps == ([(66,)] if owner == "app:6" else [(6,), (66,)])
    assert drop_owner(connection, owner) == []
    assert drop_owner(connection, "nobody") == []
    assert drop_owner(connection, "app:666") == []


def found_on_disk(folder: Path, words: list[str]) -> set[str]:
    found: set[str] = set()
    for file in folder.rglob("*"):
        try:
            data = file.read_bytes() if file.is_file() else b""
        except FileNotFoundError:
            continue
        for block in (data, *blocks(data)):
            found |= {word for word in words if word.encode() in block}
    return found


def test_what_is_dropped_leaves_no_byte_on_disk(database: Connector, connection: Connection, tmp_path: Path) -> None:
    words = ["b83f1c5a7e", "5d9e0f6b2c", "0a1b2c3d4e"]
    assert database.target.path is not None
    folder = database.target.path
    old, new = date(2020, 1, 5), TODAY
    write(
        database,
        tmp_path,
        [hit_lot("a.example", old, words[0]), crash_lot(6, old, words[1]), hit_lot("a.example", new, words[2])],
    )
    assert found_on_disk(folder, words) == set(words), "the search is blind"
    assert drop_old(connection, KEEP, TODAY)
    until = time.monotonic() + 20
    while found_on_disk(folder, words) != {words[2]} and time.monotonic() < until:
        time.sleep(0.1)
    assert found_on_disk(folder, words) == {words[2]}
    drop_owner(connection, "a.example")
    while found_on_disk(folder, words) and time.monotonic() < until:
        time.sleep(0.1)
    assert found_on_disk(folder, words) == set()


days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@given(days, st.integers(1, 400))
def test_months_are_calendar_months(today: date, months: int) -> None:
    first = today.replace(day=1)
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    assert Keep(months, 90).first_month("cells", today) == first.year * 100 + first.month


@given(days, st.integers(1, 4000), st.integers(0, 5000), st.sampled_from(sorted(TABLES)))
def test_nothing_goes_before_its_time_and_nothing_stays_a_month_longer(
    today: date, keep_days: int, age: int, table: str
) -> None:
    keep = Keep(max(1, keep_days // 28), keep_days)
    day = today - timedelta(days=age)
    is_kept = day.year * 100 + day.month >= keep.first_month(table, today)
    if table in CRASH_TABLES:
        assert is_kept or age > keep_days
        assert not (is_kept and age > keep_days + 31)
    else:
        months = (today.year - day.year) * 12 + today.month - day.month
        assert is_kept == (months <= keep.months)


@given(st.integers(1, 10**9), days)
def test_a_very_long_time_is_kept(number: int, today: date) -> None:
    for table in TABLES:
        assert Keep(number, number).first_month(table, today) <= today.year * 100 + today.month


@pytest.mark.parametrize(
    ("analytics", "crashes", "keep"),
    [("25 months", "90 days", Keep(25, 90)), ("1 month", "1 day", Keep(1, 1))],
)
def test_retention_is_read(analytics: str, crashes: str, keep: Keep) -> None:
    assert Keep.read(analytics, crashes) == keep


@pytest.mark.parametrize(
    ("analytics", "crashes", "key"),
    [
        ("25", "90 days", "analytics"),
        ("0 months", "90 days", "analytics"),
        ("25 days", "90 days", "analytics"),
        ("-1 months", "90 days", "analytics"),
        ("25 months\n", "90 days", "analytics"),
        ("25 months", "90", "crashes"),
        ("25 months", "0 days", "crashes"),
        ("25 months", "3 months", "crashes"),
    ],
)
def test_any_other_retention_is_refused_by_name(analytics: str, crashes: str, key: str) -> None:
    with pytest.raises(ValueError, match=f"^retention.{key}: write a number of "):
        Keep.read(analytics, crashes)
