"""What was acknowledged, kept through a crash of the process.

One file on a memory file system, one write per turn of the event loop, before the answers of that turn. It
holds nothing that disclosure would not let out: counts under names that may be told, everything else as
`(rare)`. Only the rule that a write mixes many people keeps these counts from the disk.

A record is a length, a checksum and a msgpack list of entries. A torn record at the end, from a process killed
in mid-write, was never acknowledged and is passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from errno import ENOSPC
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

_HEAD: Final = 8
_COMPACT_FROM: Final = 8 << 20


class Counted(msgspec.Struct, array_like=True, tag="c", frozen=True, gc=False):
    """Counts that one turn added to a segment of a day."""

    owner: str
    day: int  # ordinal of the date
    segment: int
    mixed: int
    groups: list[tuple[bytes, list[tuple[str, ...]]]]  # amounts, as of `amounts.to_bytes`, and what they go to
    exemplars: list[tuple[str, int, str, str, str]]
    span: int = 1  # days that it is about


class Named(msgspec.Struct, array_like=True, tag="n", frozen=True, gc=False):
    """Keys that have been named on a day, and whether anything of it was written."""

    owner: str
    day: int
    keys: list[tuple[str, ...]]
    written: bool
    span: int = 1


class Sent(msgspec.Struct, array_like=True, tag="s", frozen=True, gc=False):
    """A batch that was handed to the writer."""

    sequence: int
    owner: str
    day: int
    segments: list[int]
    closing: bool
    span: int = 1


class Done(msgspec.Struct, array_like=True, tag="d", frozen=True, gc=False):
    """A batch that the store, or the spool on disk, has."""

    sequence: int


class Shut(msgspec.Struct, array_like=True, tag="x", frozen=True, gc=False):
    """A day that closed with nothing to write."""

    owner: str
    day: int
    span: int = 1


class Taken(msgspec.Struct, array_like=True, tag="e", frozen=True, gc=False):
    """Digests of crash event ids taken in an hour, so that a repeat counts once."""

    hour: int
    digests: list[bytes]


class Salt(msgspec.Struct, array_like=True, tag="k", frozen=True, gc=False):
    """The key of those digests: it dies with this file."""

    key: bytes


Entry = Counted | Named | Sent | Done | Shut | Taken | Salt

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[Entry])


class Journal:
    """An append-only file of entries in the runtime folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self.size = 0
        self._compacted = 0

    def read(self) -> Iterator[Entry]:
        """Yield the entries of the file as it was left, up to the first torn record."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        at = 0
        while at + _HEAD <= len(data):
            length = int.from_bytes(data[at : at + 4], "little")
            body = data[at + _HEAD : at + _HEAD + length]
            if len(body) < length or crc32(body) != int.from_bytes(data[at + 4 : at + _HEAD], "little"):
                return
            try:
                entries = _DECODER.decode(body)
            except msgspec.DecodeError:
                # A checksum is no proof: eight zeros are the head of an empty record.
                return
            yield from entries
            at += _HEAD + length

    def newest_sequence(self) -> int:
        """Return the highest number that a batch in the file bears, or 0."""
        return max((entry.sequence for entry in self.read() if isinstance(entry, Sent)), default=0)

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Put these entries in the place of all earlier ones, at once, and go on from there. Raises OSError."""
        fresh = self._path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(_record(list(entries)))
            fresh.replace(self._path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        self.close()
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self.size = self._compacted = self._path.stat().st_size

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries with one system call. Raises OSError when the memory file system is full."""
        record = _record(entries)
        taken = os.write(self._file, record)
        if taken != len(record):
            # Half a record would hide every later one from whoever reads the file.
            os.ftruncate(self._file, self.size)
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(self._path))
        self.size += len(record)

    @property
    def wants_rewrite(self) -> bool:
        """Whether most of the file is about counts that have left."""
        return self.size > max(_COMPACT_FROM, 4 * self._compacted)

    def close(self) -> None:
        """Close the file; it stays for the next start."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Unjournaled:
    """Stands in for the journal where nothing is acknowledged to a client: in a replay."""

    size = 0
    wants_rewrite = False

    def read(self) -> Iterator[Entry]:
        """Yield nothing."""
        return iter(())

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Keep nothing."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Do nothing."""


def _record(entries: Sequence[Entry]) -> bytes:
    body = _ENCODER.encode(entries)
    return len(body).to_bytes(4, "little") + crc32(body).to_bytes(4, "little") + body
