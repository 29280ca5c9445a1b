"""The scan finds what is there, in every form in which ClickHouse writes it, and says when it could not look."""

from __future__ import annotations

import secrets
from pathlib import Path

import lz4.block
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from collector.scan import METHODS, BlindScanError, Wanted, blocks, check_sight, places_of, scan
from collector.sections import Runtime, Store
from collector.settings import Settings
from ingest.store.client import Connector

NONE, LZ4, ZSTD = 0x02, 0x82, 0x90
PACKED = {NONE: bytes, LZ4: lambda data: lz4.block.compress(data, store_size=False), ZSTD: zstd.compress}


def block(method: int, data: bytes, *, checksum: bytes = b"c" * 16) -> bytes:
    body: bytes = PACKED.get(method, bytes)(data)
    return checksum + bytes([method]) + (len(body) + 9).to_bytes(4, "little") + len(data).to_bytes(4, "little") + body


def hidden(text: bytes) -> bytes:
    """Return data in which a text stands so that a compressed form does not show it."""
    half = len(text) // 2
    return b"-" * 64 + text[:half] + b"=" * 64 + text[half:] + b"+" * 64 + text + b"." * 64


def sightings(place: Path, *texts: str) -> list[tuple[str, int]]:
    return [(Path(found["file"]).name, found["text"]) for found in scan([place], texts)["found"]]


@pytest.mark.parametrize("method", PACKED)
def test_a_text_in_a_block_of_each_method_is_found(tmp_path: Path, method: int) -> None:
    text = secrets.token_hex(20)
    file = block(method, hidden(text.encode()))
    assert (text.encode() in file) == (method == NONE), "the text has to be out of a plain search's sight"
    (tmp_path / "data.bin").write_bytes(block(ZSTD, b"other" * 99) + file)
    (tmp_path / "empty.bin").write_bytes(b"")
    assert sightings(tmp_path, "nothing of the kind", text) == [("data.bin", 1)]


def test_a_text_in_a_plain_file_is_found_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / ".hidden").write_bytes(b"\0" * 99 + "bücher".encode())
    assert sightings(tmp_path, "bücher") == [(".hidden", 0)]
    assert sightings(tmp_path / "deep" / "er" / ".hidden", "bücher") == [(".hidden", 0)]


@pytest.mark.parametrize("split", [1, 7, 15])
def test_a_text_that_two_blocks_share_is_found(tmp_path: Path, split: int) -> None:
    text = b"somebody@example"
    (tmp_path / "data.bin").write_bytes(block(LZ4, b"a" * 9 + text[:split]) + block(ZSTD, text[split:] + b"b" * 9))
    assert sightings(tmp_path, text.decode()) == [("data.bin", 0)]


def test_every_text_is_reported_also_one_within_another(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"xx 203.0.113.77 yy")
    (tmp_path / "b").write_bytes(b"203.0.113.7")
    assert sightings(tmp_path, "203.0.113.7", "203.0.113.77", "113") == [
        ("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 2)
    ]  # fmt: skip


def test_blocks_behind_a_line_of_text_are_opened_as_in_checksums_txt(tmp_path: Path) -> None:
    (tmp_path / "checksums.txt").write_bytes(
        b"checksums format version: 4\n" + block(LZ4, hidden(b"a" * 8 + b"wanted77"))
    )
    assert sightings(tmp_path, "wanted77") == [("checksums.txt", 0)]


BLIND = {
    "no LZ4": {method: opening for method, opening in METHODS.items() if method != LZ4},
    "no ZSTD": {method: opening for method, opening in METHODS.items() if method != ZSTD},
    "no plain blocks": {method: opening for method, opening in METHODS.items() if method != NONE},
    "nothing at all": {},
    "zeros for LZ4": {**METHODS, LZ4: lambda _, size: bytes(size)},
    "LZ4 passed through": {**METHODS, LZ4: lambda body, _: body},
    "ZSTD passed through": {**METHODS, ZSTD: lambda body, _: body},
    "LZ4 cut short": {**METHODS, LZ4: lambda body, size: METHODS[LZ4](body, size)[: size // 3]},
}


@pytest.mark.parametrize("why", BLIND)
def test_a_scan_that_cannot_open_blocks_says_so(tmp_path: Path, why: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(BlindScanError, match="proves nothing"):
        scan([tmp_path], ["anything"], BLIND[why])


def test_the_control_is_new_every_time_and_never_fails_by_chance() -> None:
    for _ in range(300):
        check_sight()


def test_a_block_of_another_codec_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "delta.bin").write_bytes(block(LZ4, b"first") + block(0x91, b"\x02\x92\x82" + b"?" * 40))
    with pytest.raises(BlindScanError, match=r"delta\.bin: a block of codec 0x91 cannot be opened"):
        scan([tmp_path], ["anything"])


def test_no_file_no_text_and_an_empty_text_are_no_result(tmp_path: Path) -> None:
    with pytest.raises(BlindScanError, match="there is no file to look at"):
        scan([tmp_path / "nowhere"], ["anything"])
    (tmp_path / "file").write_bytes(b"x")
    for texts in ([], [""], ["a", ""]):
        with pytest.raises(ValueError, match="at least one text"):
            scan([tmp_path], texts)


def test_a_file_that_cannot_be_read_is_no_result() -> None:
    # Its first page is mapped nowhere, so not even root can read it from the start.
    with pytest.raises(BlindScanError, match=r"^/proc/self/mem cannot be read: "):
        scan([Path("/proc/self/mem")], ["anything"])


@given(st.binary(max_size=200), st.sampled_from([b"", block(LZ4, b"abc"), b"c" * 16 + b"\x82"]))
def test_no_file_whatever_is_in_it_stops_the_scan(tail: bytes, head: bytes) -> None:
    fault = ""
    try:
        for opened in blocks(head + tail):
            Wanted.read([b"x"]).find(opened)
    except BlindScanError as error:
        fault = str(error)
    assert fault == "" or "codec" in fault


def test_a_text_in_a_real_part_is_found_and_not_by_a_plain_search(connector: Connector) -> None:
    assert connector.target.path is not None
    connection = connector.connect()
    texts = [secrets.token_hex(12) for _ in range(3)]
    tables = [f"scanned_{secrets.token_hex(4)}" for _ in texts]
    for table, codec, text in zip(tables, ("LZ4", "ZSTD(3)", "NONE"), texts, strict=True):
        connection.run(f"CREATE TABLE {table} (n UInt64, s String CODEC({codec})) ENGINE = MergeTree ORDER BY n")
        half = len(text) // 2
        rows = [f"{text[:half]}-{n}" for n in range(9)] + [f"{n}-{text[half:]}" for n in range(9)] + [text] * 40
        connection.insert(table, {"n": "UInt64", "s": "String"}, [list(range(len(rows))), rows], table)
    data = connector.target.path
    assert {sighting["text"] for sighting in scan([data], texts)["found"]} == {0, 1, 2}
    assert scan([data], [secrets.token_hex(12)])["found"] == []
    raw = b"".join(file.read_bytes() for file in data.rglob("*.bin"))
    assert texts[1].encode() not in raw, "ZSTD showed the text in the open: this test proves nothing"
    for table in tables:
        connection.run(f"DROP TABLE {table} SYNC")
    connection.close()


def test_the_places_are_all_that_a_server_writes(tmp_path: Path) -> None:
    runtime = Path("/dev/shm") / f"logless-scan-{secrets.token_hex(4)}"
    settings = Settings(store=Store(url=f"chdb://{tmp_path}/data"), runtime=Runtime(dir=str(runtime)))
    try:
        assert set(places_of(settings)) == {tmp_path / "data", tmp_path / "control.db", tmp_path / "spool", runtime}
    finally:
        runtime.rmdir()
