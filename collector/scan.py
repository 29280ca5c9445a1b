"""`logless privacy scan`: looks for texts in every decompressed byte that the server keeps.

A search of the raw files proves nothing, since ClickHouse compresses: here each file is also read as the blocks that
it is made of (16 bytes of checksum, a method, two sizes, the data). Every scan plants a text of its own in a block
of each method and must find it, so that a scan that cannot see says so.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
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
_NONE: Final = 0x02
_LZ4: Final = 0x82
_ZSTD: Final = 0x90
_LARGEST: Final = 1 << 28


class BlindScanError(Exception):
    """The scan did not find the text that it had planted: its result would mean nothing."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a text was found."""

    file: Path
    text: int  # position in the list of texts: the text itself is not repeated


def places_of(settings: Settings) -> list[Path]:
    """Return every folder and file that a server of this configuration writes."""
    data = Target.read(settings.store.url).path
    places = [settings.control_path, settings.spool_path, runtime_folder(settings)]
    return [*places, *([data] if data is not None else [])]


def scan(places: Iterable[Path], texts: Sequence[str]) -> dict[str, Any]:
    """Look for texts below the places. Raises BlindScanError when the planted control is not found.

    Returns `{"files", "bytes", "control", "found"}`; `found` lists files and the positions of texts.
    """
    control = secrets.token_hex(16)
    if len(list(_search(_planted(control.encode()), _pattern([control])))) != 3:
        raise BlindScanError("the planted text was not found: this scan proves nothing")
    pattern = _pattern(texts) if texts else None
    files = size = 0
    found: set[tuple[str, int]] = set()
    for file in _files(places):
        files += 1
        try:
            data = file.read_bytes()
        except OSError:
            continue
        size += len(data)
        for match in _search(data, pattern) if pattern is not None else ():
            found.add((str(file), [text.encode() for text in texts].index(match)))
    sightings = [{"file": name, "text": index} for name, index in sorted(found)]
    return {"files": files, "bytes": size, "control": "found", "found": sightings}


def _pattern(texts: Sequence[str]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(re.escape(text.encode()) for text in texts))


def _search(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
    yield from pattern.findall(data)
    for block in blocks(data):
        yield from pattern.findall(block)


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_file():
            yield place
        yield from (file for file in place.rglob("*") if file.is_file() and not file.is_symlink())


def blocks(data: bytes) -> Iterator[bytes]:
    """Yield the decompressed blocks of a file, from its start to the first byte that begins no block."""
    at = 0
    while at + _CHECKSUM + _HEAD <= len(data):
        head = at + _CHECKSUM
        method = data[head]
        packed = int.from_bytes(data[head + 1 : head + 5], "little")
        size = int.from_bytes(data[head + 5 : head + 9], "little")
        body = data[head + _HEAD : head + packed]
        if packed < _HEAD or len(body) != packed - _HEAD or size > _LARGEST:
            return
        opened = _open(method, body, size)
        if opened is None:
            return
        yield opened
        at = head + packed


def _open(method: int, body: bytes, size: int) -> bytes | None:
    try:
        if method == _LZ4:
            return bytes(lz4.block.decompress(body, uncompressed_size=size))
        if method == _ZSTD:
            return zstd.ZstdDecompressor().decompress(body, size)
    except (lz4.block.LZ4BlockError, zstd.ZstdError):
        return None
    # A chain of codecs (Delta, T64) ends in one of the above or leaves values as they are; other methods hold numbers.
    return body if method == _NONE else b""


def _planted(text: bytes) -> bytes:
    """Return a file of three blocks, one of each method, in each of which the text stands once."""
    filled = b"\0" * 64 + text + b"\0" * 64
    packed = {
        _LZ4: lz4.block.compress(filled[:32] * 8 + filled, store_size=False),
        _ZSTD: zstd.compress(filled * 1 + b"x" * 512),
    }
    sizes = {_LZ4: 32 * 8 + len(filled), _ZSTD: len(filled) + 512}
    parts = []
    for method, body in packed.items():
        parts.append(bytes(_CHECKSUM) + _heading(method, len(body), sizes[method]) + body)
    masked = bytes(byte for byte in filled)
    parts.append(bytes(_CHECKSUM) + _heading(_NONE, len(masked), len(masked)) + masked)
    return b"".join(parts)


def _heading(method: int, packed: int, size: int) -> bytes:
    return bytes([method]) + (packed + _HEAD).to_bytes(4, "little") + size.to_bytes(4, "little")
