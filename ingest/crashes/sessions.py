"""Runs of an app, for the health of its releases: the items `session` and `sessions`.

https://develop.sentry.dev/sdk/telemetry/sessions/ (1.7.0, read in November 2026); the quotes below are its rules. Of
an item are read: which run, which installation, how it ended, and the release. No time, duration, environment,
address or user agent is. The ids of run and installation become keyed digests of the day and go no further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Final

import msgspec

from ingest.counters.cells import Refusal
from ingest.crashes.release import read_release
from ingest.crashes.sections import MISSING, Raw

MOST_ITEMS: Final = 100
"""Session items in an envelope, as the protocol bounds them."""

_LONGEST: Final = 100 << 10
_LONGEST_ID: Final = 256
_MOST_AGGREGATES: Final = 100
_NO_SESSION: Final = frozenset({"", "00000000-0000-0000-0000-000000000000", "0" * 32})

_Amount = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Outcome(IntEnum):
    """How a run has gone so far; the greater is the worse.

    "All crashed and abnormal sessions are also at all times considered errored but subtracted from the final errored
    session count": so a run has one outcome, the worst that was told. Then it does not matter in which order its
    updates arrive, or how often.
    """

    HEALTHY = 0
    ERRORED = 1
    ABNORMAL = 2
    CRASHED = 3


@dataclass(frozen=True, slots=True)
class Update:
    """What one `session` item says: ids (empty: none was sent), whether the run begins, its outcome so far."""

    run: str = field(repr=False)
    installation: str = field(repr=False)
    begins: bool
    outcome: Outcome
    release: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Runs of one `sessions` item that an SDK has summed already: how many came to each outcome."""

    installation: str = field(repr=False)
    runs: tuple[int, int, int, int]  # by Outcome
    release: str


class _Attributes(msgspec.Struct):
    release: Raw = MISSING


class _Session(msgspec.Struct):
    # "attrs: required, all keys but release optional".
    attrs: _Attributes
    sid: str | None = None
    did: str | int | None = None
    init: bool | None = None
    status: str | None = None
    errors: int | None = None


class _Bucket(msgspec.Struct):
    did: str | int | None = None
    exited: _Amount | None = None
    errored: _Amount | None = None
    unhandled: _Amount | None = None
    abnormal: _Amount | None = None
    crashed: _Amount | None = None


class _Buckets(msgspec.Struct):
    aggregates: list[_Bucket]
    attrs: _Attributes


_SESSION: Final = msgspec.json.Decoder(_Session)
_BUCKETS: Final = msgspec.json.Decoder(_Buckets)


def read_update(payload: bytes | memoryview) -> Update | Refusal:
    """Read a `session` item; `BAD_FIELD` when it breaks the protocol, `TOO_LARGE` past 100 KiB."""
    if len(payload) > _LONGEST:
        return Refusal.TOO_LARGE
    try:
        sent = _SESSION.decode(payload)
    except (ValueError, RecursionError):
        return Refusal.BAD_FIELD
    run = "" if sent.sid is None or sent.sid in _NO_SESSION else sent.sid[:_LONGEST_ID]
    # "Clients are allowed to skip it if the initial session state is exited."
    if not run and sent.status != "exited":
        return Refusal.BAD_FIELD
    return Update(run, _installation(sent.did), sent.init or False, _outcome(sent), read_release(sent.attrs.release))


def read_aggregates(payload: bytes | memoryview) -> Sequence[Aggregate] | Refusal:
    """Read a `sessions` item of at most 100 aggregates; refuses as `read_update` does."""
    if len(payload) > _LONGEST:
        return Refusal.TOO_LARGE
    try:
        sent = _BUCKETS.decode(payload)
    except (ValueError, RecursionError):
        return Refusal.BAD_FIELD
    if len(sent.aggregates) > _MOST_AGGREGATES:
        return Refusal.TOO_LARGE
    release = read_release(sent.attrs.release)
    return [Aggregate(_installation(bucket.did), _runs(bucket), release) for bucket in sent.aggregates]


def _outcome(sent: _Session) -> Outcome:
    # Statuses that are not known here ("unhandled" is one of some SDKs) end neither in a crash nor abnormally.
    if sent.status == "crashed":
        return Outcome.CRASHED
    if sent.status == "abnormal":
        return Outcome.ABNORMAL
    # "Errored sessions are determined by an errors counter greater than zero."
    return Outcome.ERRORED if sent.status == "unhandled" or (sent.errors or 0) > 0 else Outcome.HEALTHY


def _runs(bucket: _Bucket) -> tuple[int, int, int, int]:
    # "exited: the number of sessions with status exited without any errors", so no run is in two of them.
    errored = (bucket.errored or 0) + (bucket.unhandled or 0)
    return bucket.exited or 0, errored, bucket.abnormal or 0, bucket.crashed or 0


def _installation(did: str | int | None) -> str:
    return "" if did is None else str(did)[:_LONGEST_ID]
