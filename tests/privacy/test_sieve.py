"""The search itself: whatever a marker has been written as, it is found; what is none is not."""

from __future__ import annotations

import base64
import ipaddress
import json
import random
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import lz4.block
import pytest
from backports import zstd
from footprint import cores
from hypothesis import given
from hypothesis import strategies as st
from markers import Markers
from sieve import Sieve

ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "upper": bytes.upper,
    "reversed": lambda text: text[::-1],
    "hex": lambda text: text.hex().encode(),
    "upper hex": lambda text: text.hex().upper().encode(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text).encode(),
    "base64": base64.b64encode,
    "base64 without padding": lambda text: base64.b64encode(text).rstrip(b"="),
    "base64 from the second byte on": lambda text: base64.b64encode(b"?" + text + b"??"),
    "base64 from the third byte on": lambda text: base64.urlsafe_b64encode(b"\xff\xfe" + text + b"\xff"),
    "UTF-16": lambda text: text.decode().encode("utf-16-le"),
    "JSON": lambda text: json.dumps({"a": text.decode()}).encode(),
    "in a name": lambda text: b"prefix" + text + b"suffix",
    "quoted": lambda text: urllib.parse.quote(text).encode(),
}
ADDRESSES: dict[str, Callable[[str], bytes]] = {
    "text": str.encode,
    "exploded": lambda text: ipaddress.ip_address(text).exploded.encode(),
    "hex": lambda text: ipaddress.ip_address(text).packed.hex().encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "with a port": lambda text: f"[{text}]:443".encode() if ":" in text else f"{text}:443".encode(),
}


@given(st.integers(0, 2**32), st.binary(max_size=40), st.binary(max_size=40), st.sampled_from(sorted(ENCODINGS)))
def test_a_marker_is_found_in_every_encoding(seed: int, before: bytes, after: bytes, encoding: str) -> None:
    draw = Markers(random.Random(seed))
    marker, absent = draw.draw("there"), draw.draw("not there")
    # What stands beside it is no part of the encoded run.
    data = before + b"\n" + ENCODINGS[encoding](marker.encode()) + b"\n" + after
    assert Sieve(draw.forbidden, {}).sift(data) == {marker}
    assert absent not in data.decode("latin-1")


@given(st.integers(0, 2**32), st.sampled_from(sorted(ADDRESSES)))
def test_an_address_is_found_in_every_encoding(seed: int, encoding: str) -> None:
    draw = Markers(random.Random(seed))
    there, _ = draw.address("there"), draw.address("not there")
    data = b"from " + ADDRESSES[encoding](there) + b"; to 203.0.113.9, 2a00:1::, 5e3c1a7f and 4711471147"
    assert Sieve({}, draw.addresses).sift(data) == {there}


@given(st.integers(0, 2**32))
def test_numbers_are_found_in_the_forms_of_the_store(seed: int) -> None:
    draw = Markers(random.Random(seed))
    number = draw.number("there")
    assert Sieve(draw.forbidden, {}).sift(b"\x01" + number.to_bytes(8, "little") + b"\x02") == {str(number)}
    addresses = [draw.address() for _ in range(8)]
    sieve = Sieve({}, draw.addresses)
    for text in addresses:
        address = ipaddress.ip_address(text)
        if address.version == 6:
            assert sieve.sift(b"\0" + address.packed + b"\0") == {text}
        else:
            assert sieve.sift(b"host %d is here" % int(address)) == {text}
            assert sieve.sift(f"{address.reverse_pointer} PTR".encode()) == {text}


@pytest.mark.parametrize("method", [0x02, 0x82, 0x90])
def test_a_marker_is_found_in_a_compressed_block_of_a_file(tmp_path: Path, method: int) -> None:
    draw = Markers(random.Random(method))
    planted = [draw.draw("in a block") for _ in range(50)]
    plain = b"".join(f"/pages/{marker}\0".encode() for marker in planted) + bytes(400)
    packed = {0x02: plain, 0x82: bytes(lz4.block.compress(plain, store_size=False)), 0x90: zstd.compress(plain)}[method]
    head = bytes([method]) + (len(packed) + 9).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "data.bin").write_bytes((bytes(16) + head + packed) * 2)
    found = Sieve(draw.forbidden, {}).search([tmp_path])
    assert {sighting.marker for sighting in found} == set(planted)


def test_a_core_file_is_told_from_a_library(tmp_path: Path) -> None:
    (tmp_path / "core.4711").write_bytes(b"\x7fELF" + bytes(12) + b"\x04\x00" + bytes(46))
    (tmp_path / "_core.so").write_bytes(b"\x7fELF" + bytes(12) + b"\x03\x00" + bytes(46))
    assert cores([tmp_path]) == [tmp_path / "core.4711"]
