"""The chain of exceptions and the stack of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ingest.counters.cells import WITHHELD
from ingest.crashes.frames import Frame, read_frames
from ingest.crashes.images import Images, read_images
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
from ingest.crashes.stripped import Stripped
from ingest.crashes.symbols import normal_type

_MOST_EXCEPTIONS: Final = 8
_MOST_THREADS: Final = 512
_MOST_RAW_FRAMES: Final = 256
_KEPT_OF_MECHANISM: Final = frozenset({"type", "handled", "synthetic"})


@dataclass(frozen=True, slots=True)
class Thrown:
    """One exception of a chain: its type and the frames of its stack, oldest first."""

    type: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """All exceptions of a report, the cause first as Sentry sends them; whether one of them was not handled."""

    thrown: tuple[Thrown, ...]
    unhandled: bool


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


def read_chain(event: Section, stripped: set[Stripped]) -> Chain:
    """Build the chain of an event; what was dropped or withheld goes into `stripped`.

    At most eight exceptions stay, the first cause among them. Where the last one has no stack of its own, the
    crashed thread's is taken.
    """
    images = read_images(event.get("debug_meta", MISSING))
    raws = read_values(event.get("exception", MISSING))
    if raws is None:
        raws = []
        if is_given(event.get("exception", MISSING)):
            stripped.add(Stripped.EXCEPTION)
    sent = _exceptions(raws, stripped)
    stacks = _stacks(sent, images, stripped)
    thrown = [Thrown(_type(each, stripped), frames) for each, frames in zip(sent, stacks, strict=True)]
    mechanisms = [_is_unhandled(each.mechanism, stripped) for each in sent]
    if not thrown or not thrown[-1].frames:
        spare = read_frames(_raw_frames(_crashed_stack(event), stripped), images, stripped, _MOST_RAW_FRAMES)
        if thrown:
            thrown[-1] = Thrown(thrown[-1].type, spare)
        elif spare:
            thrown = [Thrown(NONE, spare)]
    return Chain(tuple(thrown), any(mechanisms))


def _exceptions(raws: Sequence[Raw], stripped: set[Stripped]) -> list[_RawThrown]:
    if len(raws) > _MOST_EXCEPTIONS:
        raws = [raws[0], *raws[1 - _MOST_EXCEPTIONS :]]
    sent = []
    for raw in raws:
        exception = _read_thrown(raw)
        if exception is not None:
            sent.append(exception)
        elif is_given(raw):
            stripped.add(Stripped.EXCEPTION)
    return sent


def _type(sent: _RawThrown, stripped: set[Stripped]) -> str:
    if is_given(sent.value):
        stripped.add(Stripped.EXCEPTION_VALUE)
    if not is_given(sent.type):
        return NONE
    text = read_text(sent.type)
    name = None if text is None else normal_type(text)
    if name in SPOKEN_TYPES:
        return name
    kept = None if name is None else keep_name(name, TYPE)
    if kept is None:
        stripped.add(Stripped.EXCEPTION_TYPE)
        return WITHHELD
    return kept


def _is_unhandled(raw: Raw, stripped: set[Stripped]) -> bool:
    mechanism = read_section(raw)
    if mechanism is None:
        if is_given(raw):
            stripped.add(Stripped.MECHANISM)
        return False
    if any(is_given(value) for name, value in mechanism.items() if name not in _KEPT_OF_MECHANISM):
        stripped.add(Stripped.MECHANISM)
    return read_flag(mechanism.get("handled", MISSING)) is False


def _stacks(sent: Sequence[_RawThrown], images: Images, stripped: set[Stripped]) -> list[tuple[Frame, ...]]:
    """Build the stack of each exception. All of them share one measure of raw frames; the last one takes first."""
    left = _MOST_RAW_FRAMES
    stacks: list[tuple[Frame, ...]] = []
    for exception in reversed(sent):
        raws = _raw_frames(exception.stacktrace, stripped)
        stacks.append(read_frames(raws, images, stripped, left))
        left = max(0, left - len(raws))
    return stacks[::-1]


def _raw_frames(raw: Raw, stripped: set[Stripped]) -> Sequence[Raw]:
    if not is_given(raw):
        return ()
    stacktrace = read_section(raw)
    frames = None if stacktrace is None else read_list(stacktrace.get("frames", MISSING))
    if stacktrace is None or (frames is None and is_given(stacktrace.get("frames", MISSING))):
        stripped.add(Stripped.STACKTRACE)
        return ()
    if is_given(stacktrace.get("registers", MISSING)):
        stripped.add(Stripped.REGISTERS)
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
