from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters.cells import Refusal
from ingest.crashes.encoding import Limits, decode, unwrap_store

LIMITS = Limits(compressed=1 << 20, decompressed=1 << 20)


def deflated(body: bytes, window: int) -> bytes:
    stream = zlib.compressobj(wbits=window)
    return stream.compress(body) + stream.flush()


Encoder = Callable[[bytes], bytes]
ENCODERS: dict[bytes, Encoder] = {
    b"": lambda body: body,
    b"identity": lambda body: body,
    b"gzip": gzip.compress,
    b"x-gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"Deflate ": lambda body: deflated(body, -15),
    b"br": brotli.compress,
    b"zstd": zstd.compress,
}
COMPRESSORS: dict[bytes, Encoder] = {
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"deflate (raw)": lambda body: deflated(body, -15),
    b"br": lambda body: brotli.compress(body, quality=4),
    b"zstd": zstd.compress,
}


@pytest.mark.parametrize("coding", ENCODERS)
def test_every_coding_is_undone(coding: bytes) -> None:
    body = b'{"event_id":"x"}\n' * 50
    assert decode(ENCODERS[coding](body), coding, LIMITS) == body


@pytest.mark.parametrize("coding", COMPRESSORS)
@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20])
def test_a_body_of_up_to_the_limit_is_taken(coding: bytes, size: int) -> None:
    assert decode(COMPRESSORS[coding](b"\0" * size), coding.split()[0], LIMITS) == b"\0" * size


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_one_byte_over_the_limit_is_refused(coding: bytes) -> None:
    body = b"\0" * ((1 << 20) + 1)
    assert decode(COMPRESSORS[coding](body), coding.split()[0], LIMITS) is Refusal.TOO_LARGE


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_a_bomb_is_never_held(coding: bytes) -> None:
    bomb = COMPRESSORS[coding](bytes(200_000_000))
    assert len(bomb) < LIMITS.compressed
    tracemalloc.start()
    try:
        assert decode(bomb, coding.split()[0], LIMITS) is Refusal.TOO_LARGE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The limit, and what a decoder's last block and the joining of blocks add to it.
    assert peak < 5 * LIMITS.decompressed


def test_the_memory_assertion_sees_a_decoder_without_a_bound() -> None:
    bomb = gzip.compress(bytes(20_000_000))
    tracemalloc.start()
    try:
        zlib.decompressobj(31).decompress(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak > 5 * LIMITS.decompressed


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_a_stream_that_ends_early_is_refused(coding: bytes) -> None:
    whole = COMPRESSORS[coding](json.dumps(list(range(1000))).encode())
    for cut in (1, 4, len(whole) // 2):
        assert decode(whole[:-cut], coding.split()[0], LIMITS) is Refusal.BAD_ENCODING


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_bytes_behind_the_end_are_refused(coding: bytes) -> None:
    whole = COMPRESSORS[coding](b"hello")
    for rest in (b"\0", b"garbage", whole):
        assert decode(whole + rest, coding.split()[0], LIMITS) is Refusal.BAD_ENCODING


@pytest.mark.parametrize("coding", [b"gzip, gzip", b"gzip,br", b"compress", b"snappy", b"gzip;q=1", b"\xff"])
def test_other_codings_and_lists_of_them_are_refused(coding: bytes) -> None:
    assert decode(gzip.compress(gzip.compress(b"x")), coding, LIMITS) is Refusal.BAD_ENCODING


def test_the_compressed_size_is_bounded_too() -> None:
    assert decode(b"x" * 11, b"gzip", Limits(compressed=10, decompressed=1000)) is Refusal.TOO_LARGE


def test_zstd_may_not_ask_for_a_huge_window() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
    stream = zstd.ZstdCompressor(options=options)
    body = stream.compress(bytes(300_000)) + stream.flush()
    assert decode(body, b"zstd", LIMITS) is Refusal.BAD_ENCODING


@given(st.binary(max_size=300), st.sampled_from([b"gzip", b"deflate", b"br", b"zstd", b"", b"nonsense"]))
@settings(derandomize=True, max_examples=400)
def test_hostile_bytes_are_refused_or_within_the_limit(body: bytes, coding: bytes) -> None:
    opened = decode(body, coding, Limits(compressed=200, decompressed=250))
    if isinstance(opened, bytes):
        assert len(opened) <= 250
    else:
        assert opened in {Refusal.BAD_ENCODING, Refusal.TOO_LARGE}


@given(st.binary(max_size=2000), st.sampled_from(sorted(ENCODERS)), st.data())
@settings(derandomize=True, max_examples=300)
def test_a_damaged_stream_never_raises(body: bytes, coding: bytes, data: st.DataObject) -> None:
    packed = bytearray(ENCODERS[coding](body))
    if packed:
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    opened = decode(bytes(packed), coding, Limits(compressed=10_000, decompressed=3000))
    assert isinstance(opened, Refusal) or len(opened) <= 3000


def test_store_bodies_of_old_sdks_are_unwrapped() -> None:
    event = b'{"message":"x"}'
    assert unwrap_store(event, LIMITS) == event
    assert unwrap_store(b" " + event, LIMITS) == b" " + event
    assert unwrap_store(base64.b64encode(zlib.compress(event)) + b"\n", LIMITS) == event


@pytest.mark.parametrize("body", [b"", b"[]", b"%%%", b"eA==x", "{\u2028".encode("utf-16")])
def test_store_bodies_that_are_neither_are_refused(body: bytes) -> None:
    assert isinstance(unwrap_store(body, LIMITS), Refusal)


def test_a_wrapped_bomb_is_refused() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(50_000_000)))
    assert unwrap_store(bomb, LIMITS) is Refusal.TOO_LARGE
