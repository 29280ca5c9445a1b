"""Batches that wait on disk while the store is away.

What lies here is what the store would hold: disclosed counters, mixed over many people. One file a batch, named
by its number, written whole and synced before it counts as there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from ingest.store.blocks import TABLES, Block

_SUFFIX: Final = ".batch"
_ENCODER: Final = msgspec.msgpack.Encoder()


class SpooledBlock(msgspec.Struct, array_like=True, frozen=True):
    """Rows of one table; dates stand as ISO text."""

    table: str
    owner: str | int
    month: date
    rows: list[list[str | int]]

    def block(self) -> Block:
        """Return the block as the writer inserts it."""
        dates = {index for index, kind in enumerate(TABLES[self.table].values()) if kind == "Date"}
        rows = [
            tuple(date.fromisoformat(str(value)) if index in dates else value for index, value in enumerate(row))
            for row in self.rows
        ]
        return Block(self.table, self.owner, self.month, rows)


class SpooledBatch(msgspec.Struct, array_like=True, frozen=True):
    """A batch in the form that lies on disk."""

    sequence: int
    tables: list[SpooledBlock]

    def blocks(self) -> list[Block]:
        """Return the blocks as the writer inserts them."""
        return [table.block() for table in self.tables]


def packed(sequence: int, blocks: Sequence[Block]) -> bytes:
    """Return the form on disk of a batch."""
    return _ENCODER.encode((sequence, [(block.table, block.owner, block.month, block.rows) for block in blocks]))


class Spool:
    """A bounded queue of batches in a folder."""

    def __init__(self, folder: Path, bound: int) -> None:
        """Take the folder and the most bytes that may lie in it."""
        self._folder = folder
        self.bound = bound
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for torn in folder.glob("*.new"):
            torn.unlink()
        self._files = {
            int(file.stem): file.stat().st_size for file in folder.glob(f"*{_SUFFIX}") if file.stem.isdecimal()
        }
        self.size = sum(self._files.values())
        """Bytes that lie in the folder."""
        self._decoder = msgspec.msgpack.Decoder(SpooledBatch)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def full(self) -> bool:
        """Whether the bound has been reached."""
        return self.size >= self.bound

    def newest_sequence(self) -> int:
        """Return the highest number that lies here, or 0."""
        return max(self._files, default=0)

    def append(self, sequence: int, blocks: Sequence[Block]) -> bool:
        """Write a batch and sync it; return False when the bound or the disk does not allow it."""
        body = packed(sequence, blocks)
        if self.size + len(body) > self.bound:
            return False
        path = self._path(sequence)
        fresh = path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            self._sync_names()
        except OSError:
            fresh.unlink(missing_ok=True)
            return False
        self.size += len(body) - self._files.get(sequence, 0)
        self._files[sequence] = len(body)
        return True

    def _sync_names(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def __iter__(self) -> Iterator[SpooledBatch]:
        """Yield the batches in the order of their numbers; a file that cannot be read is put aside."""
        for sequence in sorted(self._files):
            path = self._path(sequence)
            try:
                batch = self._decoder.decode(path.read_bytes())
            except (msgspec.DecodeError, OSError):
                path.rename(path.with_suffix(".unreadable"))
                self.size -= self._files.pop(sequence)
                continue
            yield batch

    def remove(self, sequence: int) -> None:
        """Let go of a batch that the store has."""
        self._path(sequence).unlink(missing_ok=True)
        self.size -= self._files.pop(sequence, 0)

    def _path(self, sequence: int) -> Path:
        return self._folder / f"{sequence:016d}{_SUFFIX}"
