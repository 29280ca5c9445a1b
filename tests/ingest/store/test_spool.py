from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.store.blocks import Block, blocks_of
from ingest.store.spool import Spool
from store.lots import lot_of

ROOM = 1 << 20


def rows_of(blocks: list[Block]) -> list[Block]:
    return [Block(block.table, block.owner, block.month, [tuple(row) for row in block.rows]) for block in blocks]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


@given(number=st.integers(0, 10_000))
def test_what_is_spooled_comes_back_as_it_was(folder: Path, number: int) -> None:
    blocks = blocks_of(lot_of(number))
    assert Spool(folder, ROOM).append(number, blocks)
    spool = Spool(folder, ROOM)
    [batch] = spool
    assert batch.sequence == number
    assert batch.blocks() == rows_of(blocks)
    spool.remove(number)
    assert len(spool) == spool.size == 0


def test_batches_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ROOM)
    for number in (9, 100, 10, 1):
        spool.append(number, [])
    assert [batch.sequence for batch in spool] == [1, 9, 10, 100]
    assert spool.newest_sequence() == 100
    assert [batch.sequence for batch in Spool(tmp_path, ROOM)] == [1, 9, 10, 100]


@given(
    sizes=st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=30),
    bound=st.integers(0, 3000),
)
def test_its_size_is_that_of_its_files_and_never_past_the_bound(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[tuple[int, bool]], bound: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, bound)
    for number, is_removed in sizes:
        taken = spool.append(number, blocks_of(lot_of(number)))
        assert taken or number not in {batch.sequence for batch in spool} or spool.size > 0
        if is_removed:
            spool.remove(number)
        assert spool.size == sum(file.stat().st_size for file in folder.iterdir()) <= bound
        assert spool.full == (spool.size >= bound)


def test_an_empty_spool_is_of_no_number(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "new", ROOM)
    assert spool.newest_sequence() == 0
    assert list(spool) == []
    spool.remove(7)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "new", ROOM)
    spool.append(1, [])
    [file] = (tmp_path / "new").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_file_torn_by_a_crash_is_no_batch_and_does_not_stay(tmp_path: Path) -> None:
    Spool(tmp_path, ROOM).append(1, blocks_of(lot_of(1)))
    (tmp_path / "0000000000000002.new").write_bytes(b"half")
    spool = Spool(tmp_path, ROOM)
    assert [batch.sequence for batch in spool] == [1]
    assert [file.name for file in tmp_path.iterdir()] == ["0000000000000001.batch"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_a_no(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ROOM)
    (tmp_path / "0000000000000001.new").symlink_to("/dev/full")
    assert not spool.append(1, blocks_of(lot_of(1)))
    assert list(tmp_path.iterdir()) == []
    assert spool.append(1, blocks_of(lot_of(1)))
