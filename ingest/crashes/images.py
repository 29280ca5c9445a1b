"""Where in its binary a native frame lies.

Absolute addresses are never kept: systems draw the place of a binary at each boot, so they join the reports of one
machine. The distance to the binary's start is the same for everybody who runs that build.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec

from ingest.crashes.sections import MISSING, Raw, read_list, read_section, read_text, read_whole, reader_of

Images = Sequence[tuple[int, int]]
"""First address and size of each binary, in the order of addresses."""

_MOST_IMAGES: Final = 1024
_LARGEST: Final = 1 << 32
_HIGHEST: Final = 1 << 64


class _RawImage(msgspec.Struct):
    image_addr: Raw = MISSING
    image_size: Raw = MISSING


_read_image: Final = reader_of(_RawImage)


def read_images(debug_meta: Raw) -> Images:
    """Return where the binaries lay, for as long as the report is read. Names and ids are not looked at."""
    section = read_section(debug_meta) or {}
    images = []
    for raw in (read_list(section.get("images", MISSING)) or [])[:_MOST_IMAGES]:
        image = _read_image(raw)
        start = None if image is None else _address(image.image_addr)
        if image is not None and start is not None:
            images.append((start, read_whole(image.image_size) or _LARGEST))
    return sorted(images)


def offset_of(instruction: Raw, image: Raw, images: Images) -> str:
    """Return the place of an instruction within its binary, as `+0x1a2b`, or nothing when either is not known."""
    address = _address(instruction)
    if address is None:
        return ""
    start = _address(image)
    if start is None:
        start = _start_of(address, images)
    if start is None or not 0 <= address - start < _LARGEST:
        return ""
    return f"+{address - start:#x}"


def _start_of(address: int, images: Images) -> int | None:
    at = bisect_right(images, (address, _HIGHEST)) - 1
    if at < 0:
        return None
    start, size = images[at]
    return start if address < start + size else None


def _address(raw: Raw) -> int | None:
    """Read an address: a whole number, or the text of one in base 10 or 16."""
    number = read_whole(raw)
    if number is None:
        text = read_text(raw) or ""
        if len(text) > 20 or not text.isascii() or not text.isalnum():
            return None
        try:
            number = int(text, 0)
        except ValueError:
            return None
    # 0 and 1 are what SDKs send for an unknown place.
    return number if 1 < number < _HIGHEST else None
