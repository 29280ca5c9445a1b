"""Finds markers and addresses in bytes, whatever they have been written as.

Markers have one length, so every run of letters and digits is cut into windows that are looked up: a hundred
thousand markers cost no more than one. What may be an encoding is decoded first, from each of its phases.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markers import LENGTH

from collector.scan import blocks

_RUN = re.compile(rb"[a-z0-9]{%s,}" % str(LENGTH).encode())
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{10,}")  # the shortest address has seven characters
_HEX = re.compile(rb"[0-9A-Fa-f]{%s,}" % str(LENGTH * 2).encode())
_PERCENT = re.compile(rb"(?:%%[0-9A-Fa-f]{2}){%s,}" % str(LENGTH).encode())
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_DOTTED = re.compile(rb"(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\d)(?!\.\d)")
_COLONS = re.compile(rb"2[6a][0-9a-f]{2}:[0-9a-f:]{1,34}")  # all of ours begin so
_HEX_OF_V4 = re.compile(rb"(?<![0-9a-f])[0-9a-f]{8}(?![0-9a-f])")
_HEX_OF_V6 = re.compile(rb"2[6a](?=([0-9a-f]{30}))")
_WHOLE = re.compile(rb"(?<!\d)\d{8,10}(?!\d)")
_PACKED_V6 = re.compile(rb"(?s)[\x26\x2a](?=(.{15}))")
_PACKED_NUMBER = re.compile(rb"(?s)(?<=(.{6}))\0\0")


@dataclass(frozen=True, order=True)
class Sighting:
    """A place of a submission whose marker was found, and where."""

    where: str
    place: str
    marker: str


def readings_of(data: bytes) -> Iterator[bytes]:
    """Yield the data, and all that parts of it may stand for, in lower case."""
    plain = data.lower()
    yield plain
    yield plain[::-1]
    if b"\0" in plain:
        # UTF-16 is what stays when every other byte is left out.
        yield plain.replace(b"\0", b"")
    decoded = [*_from_base64(data), *_from_hex(data)]
    decoded += [bytes.fromhex(match[0].replace(b"%", b"").decode()) for match in _PERCENT.finditer(data)]
    yield b"\0".join(decoded).lower()


def _from_base64(data: bytes) -> Iterator[bytes]:
    for match in _BASE64.finditer(data):
        run = match[0].translate(_URL_SAFE)
        for shift in range(4):
            # Where no padding stands, as many zeros do as well: a byte too many hides nothing.
            yield base64.b64decode(run[shift:] + b"A" * (-(len(run) - shift) % 4))


def _from_hex(data: bytes) -> Iterator[bytes]:
    for match in _HEX.finditer(data):
        for run in (match[0], match[0][1:]):
            yield bytes.fromhex(run[: len(run) // 2 * 2].decode())


class Sieve:
    """Looks for what was planted."""

    def __init__(self, markers: Mapping[str, str], addresses: Mapping[str, str]) -> None:
        self._places = {**markers, **addresses}
        self._markers = {marker.encode(): marker for marker in markers}
        self._numbers = {int(m).to_bytes(6, "little"): m for m in markers if m.isdigit() and len(m) == LENGTH}
        self._read_addresses([ipaddress.ip_address(text) for text in addresses])

    def _read_addresses(self, addresses: Iterable[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> None:
        self._texts: dict[bytes, str] = {}
        self._v4: dict[int, str] = {}
        self._v6: dict[bytes, str] = {}
        for address in addresses:
            text = str(address)
            if isinstance(address, ipaddress.IPv4Address):
                self._v4[int(address)] = text
                for form in (text, ".".join(reversed(text.split(".")))):
                    self._texts[form.encode()] = text
            else:
                self._v6[address.packed] = text

    def sift(self, data: bytes) -> set[str]:
        """Return the markers and addresses that are in the data."""
        found = set(self._packed(data))
        for reading in readings_of(data):
            found.update(self._windows(reading))
            if self._v4 or self._v6:
                found.update(self._addresses(reading))
        return found

    def _windows(self, data: bytes) -> Iterator[str]:
        for match in _RUN.finditer(data):
            run = match[0]
            for at in range(len(run) - LENGTH + 1):
                marker = self._markers.get(run[at : at + LENGTH])
                if marker is not None:
                    yield marker

    def _addresses(self, data: bytes) -> Iterator[str]:
        candidates = [self._texts.get(match[0]) for match in _DOTTED.finditer(data)]
        candidates += [self._v4.get(int(match[0], 16)) for match in _HEX_OF_V4.finditer(data)]
        candidates += [self._v4.get(int(match[0])) for match in _WHOLE.finditer(data)]
        candidates += [
            self._v6.get(bytes.fromhex((match[0] + match[1]).decode())) for match in _HEX_OF_V6.finditer(data)
        ]
        candidates += [self._v6.get(_packed_of(match[0])) for match in _COLONS.finditer(data)]
        yield from (found for found in candidates if found is not None)

    def _packed(self, data: bytes) -> Iterator[str]:
        candidates = [self._v6.get(match[0] + match[1]) for match in _PACKED_V6.finditer(data)] if self._v6 else []
        if self._numbers:
            candidates += [self._numbers.get(match[1]) for match in _PACKED_NUMBER.finditer(data)]
        yield from (found for found in candidates if found is not None)

    def sightings(self, where: str, data: bytes) -> set[Sighting]:
        """Return what is in the data, with the places that it was planted in."""
        return {Sighting(where, self._places[marker], marker) for marker in self.sift(data)}

    def search(self, places: Sequence[Path]) -> set[Sighting]:
        """Return what is in files and below folders, in the bytes as they lie there and decompressed."""
        found: set[Sighting] = set()
        for file in files_of(places):
            try:
                data = file.read_bytes()
            except OSError:  # a file that went away holds nothing
                continue
            found |= self.sightings(str(file), b"\0\n".join((data, *blocks(data))))
        return found


def files_of(places: Sequence[Path]) -> set[Path]:
    """Return files, and the regular files below folders, each once."""
    found = {place for place in places if place.is_file()}
    for place in places:
        # What a running store drops in the meantime is passed over.
        for folder, _, names in os.walk(place):
            found.update(file for name in names if (file := Path(folder) / name).is_file() and not file.is_symlink())
    return found


def _packed_of(text: bytes) -> bytes:
    try:
        return ipaddress.IPv6Address(text.decode()).packed
    except ValueError:
        return b""
