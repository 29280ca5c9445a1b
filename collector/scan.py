"""`logless privacy scan`: looks for texts in every decompressed byte that the server keeps.

A search of the raw files proves nothing, since ClickHouse compresses: here each file is also read as the blocks that
it is made of (16 bytes of checksum, a method, two sizes, the data). Every scan plants texts of its own where only a
scan that opens blocks can see them, and must find each, so that a scan that is blind says so.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import lz4.block
from backports import zstd

from collector.runtime import runtime_folder
from collector.settings import Settings
from ingest.store.client import Target

_CHECKSUM: Final = 16
_HEAD: Final = 9
_LARGEST: Final = 1 << 28
_TITLED: Final = b"checksums format version: "
"""How the one file of a part begins in which blocks follow a line of text."""

_NONE: Final = 0x02
_LZ4: Final = 0x82
_ZSTD: Final = 0x90
_OTHERS: Final = range(0x91, 0xA0)
"""ClickHouse's further codecs, from Multiple on: no table of ours uses them, and this scan cannot open them."""

Opening = Callable[[bytes, int], bytes]


class BlindScanError(Exception):
    """The scan could not see all that it was to look at: its result would mean nothing."""


def _open_lz4(body: bytes, size: int) -> bytes:
    return bytes(lz4.block.decompress(body, uncompressed_size=size))


def _open_zstd(body: bytes, size: int) -> bytes:
    return zstd.ZstdDecompressor().decompress(body, size)


def _open_plain(body: bytes, _: int) -> bytes:
    return body


METHODS: Final[Mapping[int, Opening]] = {_LZ4: _open_lz4, _ZSTD: _open_zstd, _NONE: _open_plain}
"""How a block of each method is opened."""


def places_of(settings: Settings) -> list[Path]:
    """Return every folder and file that a server of this configuration writes on this machine."""
    data = Target.read(settings.store.url).path
    places = [settings.control_path, settings.spool_path, runtime_folder(settings)]
    return [*places, *([data] if data is not None else [])]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Texts to look for, as one pattern."""

    texts: tuple[bytes, ...]
    pattern: re.Pattern[bytes]

    @classmethod
    def read(cls, texts: Iterable[bytes]) -> Wanted:
        """Take at least one text, none of them empty. Raises ValueError."""
        listed = tuple(texts)
        if not listed or not all(listed):
            raise ValueError("a scan wants at least one text, and no empty one")
        # The longest first: where two begin at one place, the shorter is a part of the longer.
        longest_first = sorted(listed, key=len, reverse=True)
        return cls(listed, re.compile(b"|".join(map(re.escape, longest_first))))

    def find(self, data: bytes) -> set[int]:
        """Return the positions in the list of the texts that stand in the data."""
        seen = set(self.pattern.findall(data))
        return (
            {index for index, text in enumerate(self.texts) if any(text in match for match in seen)} if seen else set()
        )

    @property
    def overlap(self) -> int:
        """Bytes of a text that can stand before the end of a block when its last stands behind."""
        return max(map(len, self.texts)) - 1


def scan(places: Iterable[Path], texts: Sequence[str], methods: Mapping[int, Opening] = METHODS) -> dict[str, Any]:
    """Look for texts below the places. Raises ValueError without texts.

    Raises BlindScanError when a planted text is not found, a file cannot be read, or there is no file at all.
    Returns `{"files", "bytes", "control", "found"}`; `found` lists files and the positions of texts.
    """
    wanted = Wanted.read(text.encode() for text in texts)
    check_sight(methods)
    files = size = 0
    found: list[tuple[str, int]] = []
    for file in _files(places):
        data = _read(file)
        if data is None:
            continue
        files += 1
        size += len(data)
        try:
            found += [(str(file), index) for index in _search(data, wanted, methods)]
        except BlindScanError as error:
            raise BlindScanError(f"{file}: {error}") from None
    if not files:
        raise BlindScanError("there is no file to look at: has a server of this configuration ever run here?")
    sightings = [{"file": name, "text": index} for name, index in sorted(found)]
    return {"files": files, "bytes": size, "control": "found", "found": sightings}


def _read(file: Path) -> bytes | None:
    """Return a file's bytes, or None when it is gone: a running store merges parts and drops them."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BlindScanError(f"{file} cannot be read: {error.strerror}") from None


def _search(data: bytes, wanted: Wanted, methods: Mapping[int, Opening]) -> set[int]:
    return wanted.find(data) | _search_blocks(data, wanted, methods)


def _search_blocks(data: bytes, wanted: Wanted, methods: Mapping[int, Opening]) -> set[int]:
    found: set[int] = set()
    before = b""
    for block in blocks(data, methods):
        # A value may begin in one block and end in the next.
        joined = before + block
        found |= wanted.find(joined)
        before = joined[max(0, len(joined) - wanted.overlap) :]
    return found


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_file():
            yield place
        yield from (file for file in place.rglob("*") if file.is_file() and not file.is_symlink())


def blocks(data: bytes, methods: Mapping[int, Opening] = METHODS) -> Iterator[bytes]:
    """Yield the decompressed blocks of a file, from its start to the first byte that begins no block.

    Raises BlindScanError for a block of a codec that is not known here.
    """
    at = data.find(b"\n") + 1 if data.startswith(_TITLED) else 0
    while at + _CHECKSUM + _HEAD <= len(data):
        head = at + _CHECKSUM
        method = data[head]
        packed = int.from_bytes(data[head + 1 : head + 5], "little")
        size = int.from_bytes(data[head + 5 : head + 9], "little")
        body = data[head + _HEAD : head + packed]
        if packed < _HEAD or len(body) != packed - _HEAD or size > _LARGEST:
            return
        if method in _OTHERS:
            raise BlindScanError(f"a block of codec {method:#x} cannot be opened")
        if method not in methods:
            return
        try:
            yield methods[method](body, size)
        except (lz4.block.LZ4BlockError, zstd.ZstdError):
            return
        at = head + packed


def check_sight(methods: Mapping[int, Opening] = METHODS) -> None:
    """Plant a text in a block of each method, and one across two blocks, and find them. Raises BlindScanError.

    Only what comes out of blocks is searched. And a text that nobody repeats would stand in a compressed block as it
    is: so each is put together from two halves that stand apart earlier on, and is stored as two references.
    """
    for method in (_LZ4, _ZSTD, _NONE):
        text = secrets.token_hex(16).encode()
        _expect(text, _block(method, _filler().join([b"", text[:16], text[16:], text, b""])), methods)
    text = secrets.token_hex(16).encode()
    _expect(text, _block(_LZ4, _filler() + text[:16]) + _block(_ZSTD, text[16:] + _filler()), methods)


def _expect(text: bytes, planted: bytes, methods: Mapping[int, Opening]) -> None:
    # Behind a block that holds something else: a scan that stops after the first is blind too.
    if not _search_blocks(_block(_LZ4, _filler()) + planted, Wanted.read([text]), methods):
        raise BlindScanError("the planted text was not found: this scan proves nothing")


def _filler() -> bytes:
    return secrets.token_bytes(8) * 8


def _block(method: int, opened: bytes) -> bytes:
    """Return a block as ClickHouse writes it, but for the checksum, which nobody here looks at."""
    body = opened
    if method == _LZ4:
        body = lz4.block.compress(opened, store_size=False)
    elif method == _ZSTD:
        body = zstd.compress(opened)
    sizes = (len(body) + _HEAD).to_bytes(4, "little") + len(opened).to_bytes(4, "little")
    return bytes(_CHECKSUM) + bytes([method]) + sizes + body
