"""What a line of a log tells, and why a line may be passed over."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]

LONGEST: Final = 1 << 16
"""Bytes of a line; one that is longer is not read."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """One request, in the bytes of its line. It lives as long as the line is looked at."""

    address: bytes
    stamp: bytes
    method: bytes
    target: bytes
    status: bytes
    referrer: bytes = b""
    agent: bytes = b""
    host: bytes = b""
    content: bytes = b""  # media type of the answer, if the log tells it
    headers: Headers = ()  # of the request, with names in lower case, if the log tells them
    is_secure: bool = True

    def __repr__(self) -> str:
        return "<line>"


class Passed(StrEnum):
    """Why a line is no submission: a closed list. Only the numbers are told, once, to whoever imports."""

    UNREADABLE = "unreadable"  # not of the format
    TOO_LONG = "too_long"
    WRONG_DATE = "wrong_date"
    OUT_OF_ORDER = "out_of_order"  # hours older than the lines before it
    HELD = "held"  # of a day that the store has already
    NOT_OVER = "not_over"  # of a day that may still be counted live
    AFTER_UNTIL = "after_until"
    EXPIRED = "expired"  # past the time that counters are kept
    OTHER_HOST = "other_host"
    METHOD = "method"
    STATUS = "status"
    ASSET = "asset"
    STRAY = "stray"  # a missing page, asked for by nobody who views pages
    OBJECTED = "objected"  # the request carried Sec-GPC, DNT or the opt-out
