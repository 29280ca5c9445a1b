"""The chain of exceptions and the stack of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ingest.counters.cells import WITHHELD
from ingest.crashes.failures import Failure, failure_of
from ingest.crashes.fields import MECHANISM, STACKTRACE
from ingest.crashes.frames import Frame, read_frames
from ingest.crashes.images import Images, read_images
from ingest.crashes.messages import read_message
from ingest.crashes.names import NONE, SPOKEN_TYPES, TYPE, keep_name
from ingest.crashes.sections import (
    MISSING,
    Raw,
    Section,
    is_given,
    read_flag,
    read_list,
    read_section,
    read_text,
    read_values,
    reader_of,
)
from ingest.crashes.stripped import Losses, Stripped
from ingest.crashes.symbols import normal_type

_MOST_EXCEPTIONS: Final = 8
_MOST_THREADS: Final = 512
_MOST_RAW_FRAMES: Final = 256


@dataclass(frozen=True, slots=True)
class Thrown:
    """One exception of a chain: its type and the frames of its stack, oldest first."""

    type: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """All exceptions of a report, the cause first as Sentry sends them; whether one of them was not handled.

    `message` is the template of what the last one says, `failure` whether it is one of those that need no exception.
    """

    thrown: tuple[Thrown, ...]
    unhandled: bool
    message: str
    failure: Failure | None


class _RawThrown(msgspec.Struct):
    type: Raw = MISSING
    value: Raw = MISSING
    mechanism: Raw = MISSING
    stacktrace: Raw = MISSING


class _RawThread(msgspec.Struct):
    crashed: Raw = MISSING
    current: Raw = MISSING
    stacktrace: Raw = MISSING


_read_thrown: Final = reader_of(_RawThrown)
_read_thread: Final = reader_of(_RawThread)


def read_chain(event: Section, losses: Losses) -> Chain:
    """Build the chain of an event; what was dropped or withheld goes into `losses`.

    At most eight exceptions stay, the first cause among them. Where the last one has no stack of its own, the
    crashed thread's is taken.
    """
    images = read_images(event.get("debug_meta", MISSING))
    raws = read_values(event.get("exception", MISSING))
    if raws is None:
        raws = []
        if is_given(event.get("exception", MISSING)):
            losses.add(Stripped.EXCEPTION)
    sent = _exceptions(raws, losses)
    stacks = _stacks(sent, images, losses)
    thrown = [Thrown(_type(each, losses), frames) for each, frames in zip(sent, stacks, strict=True)]
    mechanisms = [_read_mechanism(each.mechanism, losses) for each in sent]
    messages = [read_message(each.value, Stripped.EXCEPTION_VALUE, losses) for each in sent]
    if not thrown or not thrown[-1].frames:
        spare = read_frames(_raw_frames(_crashed_stack(event), losses), images, losses, _MOST_RAW_FRAMES)
        if thrown:
            thrown[-1] = Thrown(thrown[-1].type, spare)
        elif spare:
            thrown = [Thrown(NONE, spare)]
    failure = failure_of(thrown[-1].type, mechanisms[-1].type) if mechanisms else None
    unhandled = any(mechanism.unhandled for mechanism in mechanisms)
    return Chain(tuple(thrown), unhandled, messages[-1] if messages else "", failure)


def _exceptions(raws: Sequence[Raw], losses: Losses) -> list[_RawThrown]:
    if len(raws) > _MOST_EXCEPTIONS:
        raws = [raws[0], *raws[1 - _MOST_EXCEPTIONS :]]
    sent = []
    for raw in raws:
        exception = _read_thrown(raw)
        if exception is not None:
            sent.append(exception)
        elif is_given(raw):
            losses.add(Stripped.EXCEPTION)
    return sent


def _type(sent: _RawThrown, losses: Losses) -> str:
    if not is_given(sent.type):
        return NONE
    text = read_text(sent.type)
    if text is None:
        losses.add(Stripped.EXCEPTION_TYPE)
        return WITHHELD
    if text == WITHHELD:  # by the filter on the device
        return WITHHELD
    name = normal_type(text)
    if name in SPOKEN_TYPES:
        return name
    return keep_name(name, TYPE, Stripped.EXCEPTION_TYPE, losses) or WITHHELD


@dataclass(frozen=True, slots=True)
class _Mechanism:
    type: str
    unhandled: bool


def _read_mechanism(raw: Raw, losses: Losses) -> _Mechanism:
    mechanism = read_section(raw)
    if mechanism is None:
        if is_given(raw):
            losses.add(Stripped.MECHANISM)
        return _Mechanism("", unhandled=False)
    if any(is_given(value) for name, value in mechanism.items() if name not in MECHANISM.uncounted):
        losses.add(Stripped.MECHANISM)
    unhandled = read_flag(mechanism.get("handled", MISSING)) is False
    return _Mechanism(read_text(mechanism.get("type", MISSING)) or "", unhandled)


def _stacks(sent: Sequence[_RawThrown], images: Images, losses: Losses) -> list[tuple[Frame, ...]]:
    """Build the stack of each exception. All of them share one measure of raw frames; the last one takes first."""
    left = _MOST_RAW_FRAMES
    stacks: list[tuple[Frame, ...]] = []
    for exception in reversed(sent):
        raws = _raw_frames(exception.stacktrace, losses)
        stacks.append(read_frames(raws, images, losses, left))
        left = max(0, left - len(raws))
    return stacks[::-1]


def _raw_frames(raw: Raw, losses: Losses) -> Sequence[Raw]:
    if not is_given(raw):
        return ()
    stacktrace = read_section(raw)
    frames = None if stacktrace is None else read_list(stacktrace.get("frames", MISSING))
    if stacktrace is None or (frames is None and is_given(stacktrace.get("frames", MISSING))):
        losses.add(Stripped.STACKTRACE)
        return ()
    losses.update(field for name, field in STACKTRACE.counted.items() if is_given(stacktrace.get(name, MISSING)))
    return frames or ()


def _crashed_stack(event: Section) -> Raw:
    """Return the stack of the thread that crashed, else of the one that was running, else the event's own."""
    raws = (read_values(event.get("threads", MISSING)) or [])[:_MOST_THREADS]
    threads = [thread for raw in raws if (thread := _read_thread(raw))]
    for thread in threads:
        if read_flag(thread.crashed) and is_given(thread.stacktrace):
            return thread.stacktrace
    for thread in threads:
        if read_flag(thread.current) and is_given(thread.stacktrace):
            return thread.stacktrace
    return event.get("stacktrace", MISSING)
