from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import wait_until

from ingest.counters.cells import HOURS
from ingest.counters.ledger import Batch
from ingest.counters.segment import Lot
from ingest.store.blocks import TABLES, Block, blocks_of
from ingest.store.client import Connection, Connector
from ingest.store.spool import Spool
from ingest.store.writer import Writer
from store.failures import FailingStore
from store.lots import FIRST, batch_of, expected, kept, lot_of, newest

ROOM = 1 << 20


@contextmanager
def writing(connector: Connector, spool: Spool, node: str = "a") -> Iterator[Writer]:
    writer = Writer(connector, spool, node, retry_after=0.01, deliver=lambda arrive: arrive())
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()


def write(connector: Connector, folder: Path, numbers: range, node: str = "a") -> list[int]:
    done: list[int] = []
    with writing(connector, Spool(folder / "spool", ROOM), node) as writer:
        for number in numbers:
            writer.submit(batch_of(number, done))
        assert writer.wait(30)
        assert writer.waiting == 0
    return done


def test_every_cell_of_every_table_arrives(database: Connector, connection: Connection, tmp_path: Path) -> None:
    numbers = range(1, 13)
    assert write(database, tmp_path, numbers) == list(numbers)
    found = kept(connection)
    assert found == expected(numbers)
    assert {key[0] for key in found} == set(TABLES) - {"crash_groups"}
    groups = connection.rows(
        "SELECT app, `group`, week, max(algorithm), anyLast(type), anyLast(function), min(first_day), max(last_day) "
        "FROM crash_groups WHERE node = '' GROUP BY app, `group`, week ORDER BY week"
    )
    days = sorted(lot_of(number).date for number in numbers if number % 3 == 2)
    for app, group, week, algorithm, kind, function, first, last in groups:
        assert (app, group, algorithm, kind, function) == (6, "0123456789abcdef", 1, "ValueError", "run")
        assert week.weekday() == 0
        within = [day for day in days if 0 <= (day - week).days < 7]
        assert (first, last) == (within[0], within[-1])
    assert len(groups) == 2


def test_markers_merge_to_one_row_a_partition_and_node_and_bear_no_time(
    database: Connector, connection: Connection, tmp_path: Path
) -> None:
    for node in ("a", "b"):
        write(database, tmp_path, range(1, 13), node)
    for table in TABLES:
        connection.run(f"OPTIMIZE TABLE {table} FINAL")
        sql = (
            f"SELECT node, count(), countDistinct(_partition_id), max(sequence) FROM {table} "
            "WHERE node != '' GROUP BY node ORDER BY node"
        )
        found = connection.rows(sql)
        assert [row[0] for row in found] == ["a", "b"]
        for _, rows, partitions, sequence in found:
            assert rows == partitions
            assert 0 < sequence < 13
        # A marker's date is the first of the month of its partition, whatever day was written; the rest is empty.
        columns = [name for name in TABLES[table] if name not in {"node", "sequence"}]
        for row in connection.rows(f"SELECT * EXCEPT (node, sequence) FROM {table} WHERE node != ''"):
            for name, value in zip(columns, row, strict=True):
                if name in {"day", "week", "first_day", "last_day"}:
                    assert value.day == 1
                elif name not in {"site", "app", "owner"}:
                    assert value in {"", 0}
        assert connection.rows(f"SELECT max(sequence) FROM {table} WHERE node = ''")[0][0] == 0


def test_a_batch_that_comes_again_changes_nothing(database: Connector, connection: Connection, tmp_path: Path) -> None:
    write(database, tmp_path, range(1, 10))
    assert write(database, tmp_path, range(1, 10)) == list(range(1, 10))
    assert kept(connection) == expected(range(1, 10))
    write(database, tmp_path, range(5, 12))
    assert kept(connection) == expected(range(1, 12))


class Careless(Writer):
    """Writes without a look at the markers."""

    def _newest(self, connection: Connection, block: Block) -> int:  # noqa: ARG002
        return 0


def test_the_check_catches_a_batch_that_is_written_twice(
    database: Connector, connection: Connection, tmp_path: Path
) -> None:
    for _ in range(2):
        writer = Careless(database, Spool(tmp_path / "spool", ROOM), "a", deliver=lambda arrive: arrive())
        writer.start()
        writer.submit(batch_of(1))
        assert writer.wait(30)
        writer.stop()
    assert kept(connection) != expected([1])


@pytest.mark.parametrize("tables", range(5))
def test_a_batch_that_was_half_written_is_completed(
    database: Connector, connection: Connection, tmp_path: Path, tables: int
) -> None:
    """Of a process that was killed between two inserts, some tables have the batch and some have not."""
    for number in (1, 2):
        count = len(blocks_of(lot_of(number)))
        spool = Spool(tmp_path / f"half{number}", ROOM)
        left = [False] * min(tables, count)
        failing = FailingStore(database, fails=lambda left=left: left.pop() if left else True)  # type: ignore[misc]
        with writing(failing, spool) as writer:
            writer.submit(batch_of(number))
            assert writer.wait(30)
    assert write(database, tmp_path, range(1, 4)) == [1, 2, 3]
    assert kept(connection) == expected(range(1, 4))


class Away(FailingStore):
    """A store that cannot be reached until told otherwise."""

    def __init__(self, inner: Connector) -> None:
        super().__init__(inner, is_away=lambda: not self.returned.is_set())
        self.returned = threading.Event()


def test_while_the_store_is_away_batches_wait_on_disk_and_then_go_in_order(
    database: Connector, connection: Connection, tmp_path: Path
) -> None:
    store, spool, done = Away(database), Spool(tmp_path / "spool", ROOM), list[int]()
    with writing(store, spool) as writer:
        for number in range(1, 13):
            writer.submit(batch_of(number, done))
        assert writer.wait(30)
        wait_until(lambda: writer.away)
        assert done == list(range(1, 13))
        assert [batch.sequence for batch in spool] == done
        assert kept(connection) == expected([])
        assert not writer.full
        store.returned.set()
        wait_until(lambda: not len(spool))
        assert not writer.away
        writer.submit(batch_of(13, done))
        assert writer.wait(30)
    assert kept(connection) == expected(range(1, 14))
    assert max(newest(connection)["hours"]) == 13


def test_the_spool_goes_on_after_a_restart(database: Connector, connection: Connection, tmp_path: Path) -> None:
    with writing(Away(database), Spool(tmp_path / "spool", ROOM)) as writer:
        for number in range(1, 6):
            writer.submit(batch_of(number))
        assert writer.wait(30)
    spool = Spool(tmp_path / "spool", ROOM)
    assert spool.newest_sequence() == 5
    with writing(database, spool) as writer:
        # 5 was spooled, but its Done did not reach the journal: the ledger ships it again.
        for number in (5, 6):
            writer.submit(batch_of(number))
        assert writer.wait(30)
        assert writer.newest_sequence() == 6
    assert kept(connection) == expected(range(1, 7))
    assert len(spool) == 0


def test_at_its_bound_the_writer_is_full_and_holds_what_it_has(
    database: Connector, connection: Connection, tmp_path: Path
) -> None:
    store, done = Away(database), list[int]()
    spool = Spool(tmp_path / "spool", 2000)
    with writing(store, spool) as writer:
        for number in range(1, 20):
            writer.submit(batch_of(number, done))
        wait_until(lambda: writer.full)
        assert writer.waiting == 19 - len(done)
        assert 0 < len(done) < 19
        assert spool.size <= 2000
        store.returned.set()
        assert writer.wait(30)
        assert not writer.full
    assert done == list(range(1, 20))
    assert kept(connection) == expected(range(1, 20))


def test_a_batch_larger_than_the_room_stops_the_later_ones_too(
    database: Connector, connection: Connection, tmp_path: Path
) -> None:
    """A small batch must not overtake a large one into the spool: its marker would hide the large one for ever."""
    large = Lot("example.org", FIRST, (1,), {("page", f"/{n}"): [1] * 8 for n in range(200)}, {})
    small = Lot("example.org", FIRST, (2,), {("page", "/small"): [1] * 8}, {})
    done: list[int] = []
    batches = [Batch(n, lot, lambda n=n: done.append(n)) for n, lot in ((1, large), (2, small))]  # type: ignore[misc]
    spool = Spool(tmp_path / "spool", 1000)
    with writing(Away(database), spool) as writer:
        for batch in batches:
            writer.submit(batch)
        wait_until(lambda: writer.full)
    assert done == []
    assert len(spool) == 0
    # The journal has both, so the next process ships both.
    with writing(database, Spool(tmp_path / "spool", 1000)) as writer:
        for batch in batches:
            writer.submit(batch)
        assert writer.wait(30)
    assert done == [1, 2]
    assert connection.rows("SELECT count(), sum(visits) FROM cells WHERE node = ''") == [(201, 201)]


class FullDisk(Spool):
    """A spool on a disk without room."""

    def _sync_names(self) -> None:
        raise OSError(28, "No space left on device")


def test_without_room_on_disk_nothing_is_acknowledged_and_nothing_lost(
    database: Connector, connection: Connection, tmp_path: Path
) -> None:
    store, done = Away(database), list[int]()
    with writing(store, FullDisk(tmp_path / "spool", ROOM)) as writer:
        writer.submit(batch_of(1, done))
        wait_until(lambda: writer.full)
        assert done == []
        store.returned.set()
        assert writer.wait(30)
        assert not writer.full
    assert done == [1]
    assert kept(connection) == expected([1])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_the_writer_ends_acknowledging(database: Connector, tmp_path: Path) -> None:
    class Broken(Writer):
        def _newest(self, connection: Connection, block: Block) -> int:  # noqa: ARG002
            raise LookupError

    writer = Broken(database, Spool(tmp_path / "spool", ROOM), "a", deliver=lambda arrive: arrive())
    writer.start()
    assert not writer.full
    writer.submit(batch_of(1))
    wait_until(lambda: writer.full)
    writer.stop()


def test_numbers_go_on_from_the_newest_of_store_and_spool(database: Connector, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", ROOM)
    writer = Writer(database, spool, "a", deliver=lambda arrive: arrive())
    assert writer.newest_sequence() == 0
    write(database, tmp_path / "other", range(1, 8))
    assert writer.newest_sequence() == 7
    assert Writer(database, spool, "b", deliver=lambda arrive: arrive()).newest_sequence() == 0
    spool.append(9, [])
    assert writer.newest_sequence() == 9
    writer.stop()


def test_a_lot_without_rows_is_done_at_once(database: Connector, tmp_path: Path) -> None:
    done: list[int] = []
    with writing(database, Spool(tmp_path / "spool", ROOM)) as writer:
        writer.submit(Batch(1, Lot("example.org", FIRST, (0,), {}, {}), lambda: done.append(1)))
        assert writer.wait(30)
    assert done == [1]


def test_what_is_submitted_before_the_end_is_written(
    database: Connector, connection: Connection, tmp_path: Path
) -> None:
    with writing(database, Spool(tmp_path / "spool", ROOM)) as writer:
        for number in range(1, 10):
            writer.submit(batch_of(number))
    assert kept(connection) == expected(range(1, 10))


def test_waiting_is_for_all_that_was_submitted(database: Connector, connection: Connection, tmp_path: Path) -> None:
    with writing(database, Spool(tmp_path / "spool", ROOM)) as writer:
        for number in range(1, 13):
            writer.submit(batch_of(number))
            if number % 4 == 0:
                assert writer.wait(30)
                assert writer.waiting == 0
    assert connection.rows("SELECT sum(visits) FROM hours WHERE node = ''")[0][0] == sum(
        amounts[1] for n in range(1, 13) for key, amounts in lot_of(n).cells.items() if key[0] == HOURS
    )


def killed_again_and_again(folder: Path, seed: int, rounds: int) -> str:
    """Kill the program in the middle of its work, start it with what it has not acknowledged, and hear its sums."""
    draw = random.Random(seed)
    program = [sys.executable, str(Path(__file__).with_name("writing.py")), str(folder)]
    acknowledged = 0
    for number in range(rounds):
        arguments = [str(acknowledged + 1), str(seed + number), "on"]
        with subprocess.Popen([*program, *arguments], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"open\n"
            lines = [process.stdout.readline() for _ in range(draw.randrange(5))]
            time.sleep(draw.random() * 0.1)
            process.kill()
            lines += process.stdout.read().splitlines(keepends=True)
            for line in lines:
                if line.endswith(b"\n"):
                    acknowledged += 1
                    assert int(line) == acknowledged
    assert acknowledged >= rounds, "it was killed before it did anything: that proves nothing"
    # What was on its way may have been written and not acknowledged: it comes again, with its numbers.
    arguments = [str(acknowledged + 1), str(seed), "last"]
    ending = subprocess.run([*program, *arguments], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    return ending.stdout.splitlines()[-1]


def test_killed_in_the_middle_of_writing_the_sums_are_exact(tmp_path: Path) -> None:
    assert killed_again_and_again(tmp_path, 1, 5) == "exact"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_killed_in_the_middle_of_writing_for_long_the_sums_are_exact(tmp_path: Path, seed: int) -> None:
    assert killed_again_and_again(tmp_path, seed * 1000, 60) == "exact"
