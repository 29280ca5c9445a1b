"""Files of logs: unpacked, in order, in blocks of whole lines; what is wrong with one is said by its name alone."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.log_files import LogError, Logs
from ingest.hits.logs.told import LONGEST

MARK = "zqxjkvbpygfwmark"


def line(day: int, agent: str = "x") -> bytes:
    return f'81.2.3.4 - - [{day:02}/Oct/2026:12:00:00 +0000] "GET /{MARK} HTTP/1.1" 200 5 "-" "{agent}"\n'.encode()


def read(*files: Path, form: str = "") -> tuple[list[str], list[bytes]]:
    """Return the names in their order, and all lines."""
    with ExitStack() as closing:
        logs = Logs.open([(file.name, file) for file in files], form, closing)
        return [file.name for file in logs.files], [
            each for file in logs.files for some in file.blocks() for each in some
        ]


def test_rotated_files_are_put_in_order_and_unpacked(tmp_path: Path) -> None:
    days = {"access.log": 12, "access.log.1": 11, "access.log.2.gz": 10}
    for name, day in days.items():
        pack = gzip.compress if name.endswith("gz") else bytes
        (tmp_path / name).write_bytes(pack(b"rubbish\n" + line(day) * 2))
    (tmp_path / "error.log").write_bytes(b"nothing here tells a time\n")
    names, lines = read(*(tmp_path / name for name in ("error.log", *days)))
    assert names == ["access.log.2.gz", "access.log.1", "access.log", "error.log"]
    assert lines[1] == line(10).rstrip()
    assert len(lines) == 10


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=40) | st.integers(LONGEST - 2, LONGEST * 3).map(lambda n: b"y" * n), max_size=8))
def test_lines_come_whole_and_of_too_long_ones_the_beginning(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.log"
    file.write_bytes(b"\n".join(lines))
    wanted = [each for text in lines for each in text.split(b"\n") if each.strip()]
    found = read(file, form="combined")[1] if not file.read_bytes().startswith(b"\x1f\x8b") else wanted
    assert [each if len(each) <= LONGEST else b"" for each in found] == [
        each if len(each) <= LONGEST else b"" for each in wanted
    ]


@pytest.mark.parametrize(
    ("content", "form", "says"),
    [
        (b"\x1f\x8b" + MARK.encode(), "combined", "a.log is damaged: its gzip data end in the middle"),
        (gzip.compress(line(1) * 9)[:-9], "combined", "a.log is damaged: its gzip data end in the middle"),
        (MARK.encode(), "", "no line is in a format that Logless knows: name it with --format"),
        (b"", "", "no line is in a format that Logless knows: name it with --format"),
        (line(1).partition(b' "-"')[0], "", "cannot be told from people: --format common counts them all"),
        (line(1), "nonsense", "--format: say combined,"),
    ],
)
def test_what_is_wrong_is_said_without_what_stands_there(tmp_path: Path, content: bytes, form: str, says: str) -> None:
    (tmp_path / "a.log").write_bytes(content)
    with pytest.raises(LogError, match=says) as error:
        read(tmp_path / "a.log", form=form)
    assert MARK not in str(error.value)


def test_a_folder_and_a_file_that_is_gone_are_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.log"):
        with pytest.raises(LogError, match=f"^{path.name}: "):
            read(path)
