"""Files of a web server's log: opened, unpacked, put in the order of their times, and read in blocks of lines."""

from __future__ import annotations

import gzip
import select
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader, FileIO, RawIOBase
from itertools import chain
from pathlib import Path
from typing import Final

from ingest.hits.logs.formats import Format, format_of, recognise
from ingest.hits.logs.moments import Moments
from ingest.hits.logs.pattern import PatternError
from ingest.hits.logs.told import LONGEST

_BLOCK: Final = 1 << 16
_GZIP: Final = b"\x1f\x8b"  # RFC 1952, 2.3.1


class LogError(Exception):
    """The files cannot be imported; the message names a file, and never what stands in it."""


STOPPED: Final = "the import was stopped: the days that were not reached are not counted; give it again"
_PATIENCE: Final = 0.2
"""Seconds between two looks at whether a pipe is still waited for."""


class _Waiting(RawIOBase):
    """A file that stops waiting for more when it is told to: whoever writes into a pipe may never write again."""

    def __init__(self, file: FileIO, is_stopped: Callable[[], bool]) -> None:
        self._file = file
        self._is_stopped = is_stopped

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        while not select.select([self._file], [], [], _PATIENCE)[0]:
            if self._is_stopped():
                raise LogError(STOPPED)
        return self._file.readinto(buffer)


@dataclass(slots=True)
class LogFile:
    """An open file, of which the first lines were read."""

    name: str
    head: list[bytes]
    rest: Iterator[list[bytes]]

    def blocks(self) -> Iterator[list[bytes]]:
        """Yield all lines, some hundred at once. Raises LogError."""
        return chain([self.head], self.rest)

    def begins(self, form: Format) -> float:
        """Return the time of the first line that tells one; files that tell none come last."""
        moments = Moments()
        told = (form.read(line) for line in self.head)
        found = (moments.read(line.stamp) for line in told if line is not None)
        return next((moment for moment in found if moment is not None), float("inf"))


@dataclass(slots=True)
class Logs:
    """The files of one log, oldest first, and the format that they are in."""

    files: Sequence[LogFile]
    form: Format

    @classmethod
    def open(
        cls,
        files: Iterable[tuple[str, Path]],
        form: str,
        closing: ExitStack,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Logs:
        """Open files by name and path; an empty format is to be recognised. Raises LogError."""
        opened = [_open(name, path, closing, is_stopped) for name, path in files]
        found = _format(form, opened)
        return cls(sorted(opened, key=lambda file: file.begins(found)), found)


def _format(name: str, files: Sequence[LogFile]) -> Format:
    if name:
        try:
            return format_of(name)
        except PatternError as error:
            raise LogError(str(error)) from None
    form = recognise(line for file in files for line in file.head)
    if form is None:
        raise LogError("no line is in a format that Logless knows: name it with --format")
    if not form.has_agent:
        raise LogError(
            f"the lines tell no user agent, so crawlers cannot be told from people: "
            f"--format {form.name} counts them all"
        )
    return form


def _open(name: str, path: Path, closing: ExitStack, is_stopped: Callable[[], bool]) -> LogFile:
    try:
        raw = closing.enter_context(path.open("rb", buffering=0))
        buffered = closing.enter_context(BufferedReader(_Waiting(raw, is_stopped), _BLOCK))
        is_packed = buffered.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
        file: BufferedIOBase = gzip.open(buffered, "rb") if is_packed else buffered  # noqa: SIM115  `closing` closes both
    except OSError as error:
        raise LogError(f"{name}: {error.strerror}") from None
    blocks = _read_blocks(name, file)
    return LogFile(name, next((lines for lines in blocks if lines), []), blocks)


def _read_blocks(name: str, file: BufferedIOBase) -> Iterator[list[bytes]]:
    """Yield the lines of a file. Of one that is too long only the beginning is read, so that it is known for one."""
    left, skipping = b"", False
    while block := _read(name, file):
        lines = (left + block).split(b"\n")
        left = lines.pop()
        if skipping and lines:
            skipping = False
            lines.pop(0)
        if len(left) > LONGEST:
            if not skipping:
                lines.append(left[: LONGEST + 1])
            left, skipping = b"", True
        yield [line for line in lines if line.strip()]
    if left.strip() and not skipping:
        yield [left]


def _read(name: str, file: BufferedIOBase) -> bytes:
    try:
        return file.read(_BLOCK)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise LogError(f"{name} is damaged: its gzip data end in the middle") from None
    except OSError as error:
        raise LogError(f"{name}: {error.strerror}") from None
