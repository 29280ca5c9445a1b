"""Content codings of a request body, each bounded before and after.

Compression follows https://develop.sentry.dev/sdk/expected-features/compression/ and RFC 9110, section 8.4.
"""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import brotli
from backports import zstd

from ingest.counters.cells import Refusal

_GZIP: Final = 16 + zlib.MAX_WBITS
_ZLIB: Final = zlib.MAX_WBITS
_RAW: Final = -zlib.MAX_WBITS
_ZSTD_OPTIONS: Final[Mapping[int, int]] = {zstd.DecompressionParameter.window_log_max: 23}
"""RFC 8878, section 3.1.1.1.2: decoders should support windows of 8 MB and may refuse larger ones."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bytes a submission may have, as it travels and once opened; how many a sender may send in a minute.

    Of a minidump there is one limit for both. In an envelope it comes on top of what all else in it may have.
    """

    compressed: int
    decompressed: int
    per_sender: int = 0  # no limit
    minidump: int = 32 << 20

    @property
    def of_minidumps(self) -> Limits:
        """The limits of what crash handlers send."""
        return replace(self, compressed=self.minidump, decompressed=self.minidump)

    @property
    def with_minidump(self) -> Limits:
        """The limits of an envelope that has a minidump attached."""
        return replace(self, compressed=self.compressed + self.minidump, decompressed=self.decompressed + self.minidump)


def decode(body: bytes, coding: bytes, limits: Limits) -> bytes | Refusal:
    """Undo the content coding of a body.

    `coding` is the value of the Content-Encoding header, empty when there is none. Returns `TOO_LARGE` for what is
    or becomes larger than its limit, `BAD_ENCODING` for an unknown coding, several codings, a stream that ends early
    and bytes behind its end. Never holds more than the limit and one block of the decoder.
    """
    if len(body) > limits.compressed:
        return Refusal.TOO_LARGE
    open_body = _DECODERS.get(coding.strip().lower())
    if open_body is None:
        return Refusal.BAD_ENCODING
    opened = open_body(body, limits.decompressed)
    if isinstance(opened, bytes) and len(opened) > limits.decompressed:
        return Refusal.TOO_LARGE
    return opened


def unwrap_store(body: bytes, limits: Limits) -> bytes | Refusal:
    """Return the JSON of a body sent to `/store/`, which old SDKs wrap as base64 of JSON or of zlib of JSON."""
    if body.lstrip()[:1] == b"{":
        return body
    try:
        packed = binascii.a2b_base64(body.strip(), strict_mode=True)
    except binascii.Error:
        return Refusal.BAD_JSON
    return packed if packed.lstrip()[:1] == b"{" else decode(packed, b"deflate", limits)


def _identity(body: bytes, _limit: int) -> bytes:
    return body


def _gzip(body: bytes, limit: int) -> bytes | Refusal:
    return _inflate(body, limit, _GZIP)


def _deflate(body: bytes, limit: int) -> bytes | Refusal:
    # RFC 9110, 8.4.1.2: "deflate" is zlib-wrapped, and "some non-conformant implementations send the deflate
    # compressed data without the zlib wrapper". RFC 1950, 2.2: a wrapper begins with method 8 and a multiple of 31.
    wrapped = len(body) >= 2 and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0
    return _inflate(body, limit, _ZLIB if wrapped else _RAW)


def _inflate(body: bytes, limit: int, window: int) -> bytes | Refusal:
    stream = zlib.decompressobj(window)
    try:
        opened = stream.decompress(body, limit + 1)
    except zlib.error:
        return Refusal.BAD_ENCODING
    if len(opened) > limit:
        return Refusal.TOO_LARGE
    return opened if stream.eof and not stream.unused_data else Refusal.BAD_ENCODING


def _brotli(body: bytes, limit: int) -> bytes | Refusal:
    stream = brotli.Decompressor()
    try:
        # The limit is soft: the decoder ends after the block in which it is reached.
        opened = stream.process(body, output_buffer_limit=limit + 1)
    except brotli.error:  # bytes behind the end are an error here too
        return Refusal.BAD_ENCODING
    if len(opened) > limit:
        return Refusal.TOO_LARGE
    return opened if stream.is_finished() else Refusal.BAD_ENCODING


def _zstd(body: bytes, limit: int) -> bytes | Refusal:
    stream = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
    try:
        opened = stream.decompress(body, limit + 1)
    except zstd.ZstdError:
        return Refusal.BAD_ENCODING
    if len(opened) > limit:
        return Refusal.TOO_LARGE
    return opened if stream.eof and not stream.unused_data else Refusal.BAD_ENCODING


_DECODERS: Final[Mapping[bytes, Callable[[bytes, int], bytes | Refusal]]] = {
    b"": _identity,
    b"identity": _identity,
    b"gzip": _gzip,
    b"x-gzip": _gzip,  # RFC 9110, 8.4.1.3: "should consider x-gzip to be equivalent to gzip"
    b"deflate": _deflate,
    b"br": _brotli,
    b"zstd": _zstd,
}
"""A list of codings ("gzip, gzip") is no key here: no SDK sends one, and each would multiply a bomb."""
