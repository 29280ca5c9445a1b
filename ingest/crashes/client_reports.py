"""What an SDK says that it could not send: the item `client_report`.

https://develop.sentry.dev/sdk/telemetry/client-reports/ (1.24.0, read in November 2026). It names nobody: categories,
reasons and numbers. Categories that Logless asks SDKs not to send are no loss and are passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from ingest.counters.cells import Refusal

_LONGEST: Final = 100 << 10
_MOST_ENTRIES: Final = 1000


class Category(StrEnum):
    """Kinds of what may be lost, of those that are wanted."""

    DEFAULT = "default"
    ERROR = "error"
    SECURITY = "security"
    SESSION = "session"
    ATTACHMENT = "attachment"


class Reason(StrEnum):
    """Why an SDK did not send something: every reason of the protocol that a wanted category can have."""

    QUEUE_OVERFLOW = "queue_overflow"
    CACHE_OVERFLOW = "cache_overflow"
    BUFFER_OVERFLOW = "buffer_overflow"
    RATELIMIT_BACKOFF = "ratelimit_backoff"
    NETWORK_ERROR = "network_error"
    SEND_ERROR = "send_error"
    SAMPLE_RATE = "sample_rate"
    BACKPRESSURE = "backpressure"
    BEFORE_SEND = "before_send"
    EVENT_PROCESSOR = "event_processor"
    CALLBACK_ERROR = "callback_error"
    INTERNAL_SDK_ERROR = "internal_sdk_error"
    INSUFFICIENT_DATA = "insufficient_data"
    IGNORED = "ignored"
    INVALID = "invalid"
    OTHER = "other"  # one that is newer than this list, or a program's own


_CATEGORIES: Final[Mapping[str, Category]] = {category.value: category for category in Category}
_REASONS: Final[Mapping[str, Reason]] = {reason.value: reason for reason in Reason}


class _Discarded(msgspec.Struct):
    reason: str
    category: str
    quantity: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class _ClientReport(msgspec.Struct):
    discarded_events: list[_Discarded]


_REPORT: Final = msgspec.json.Decoder(_ClientReport)


def read_losses(payload: bytes | memoryview) -> Mapping[tuple[Category, Reason], int] | Refusal:
    """Return what was lost, by category and reason; `BAD_FIELD` when it breaks the protocol, else `TOO_LARGE`."""
    if len(payload) > _LONGEST:
        return Refusal.TOO_LARGE
    try:
        sent = _REPORT.decode(payload).discarded_events
    except (ValueError, RecursionError):
        return Refusal.BAD_FIELD
    if len(sent) > _MOST_ENTRIES:
        return Refusal.TOO_LARGE
    losses: Counter[tuple[Category, Reason]] = Counter()
    for entry in sent:
        category = _CATEGORIES.get(entry.category)
        if category is not None:
            losses[category, _REASONS.get(entry.reason, Reason.OTHER)] += entry.quantity
    return +losses
