"""Frames of a stack: names of code and a line, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import msgspec

from ingest.counters.cells import WITHHELD
from ingest.crashes.fields import FRAME
from ingest.crashes.files import normal_file, normal_image
from ingest.crashes.images import Images, offset_of
from ingest.crashes.names import FILE, FUNCTION, IMAGE, MODULE, Shape, tripping
from ingest.crashes.sections import MISSING, Raw, is_given, read_flag, read_text, read_whole, reader_of
from ingest.crashes.stripped import Losses, Stripped
from ingest.crashes.symbols import normal_function, normal_module

T = TypeVar("T")

MOST_FRAMES: Final = 64
_OUTERMOST: Final = 16
_LONGEST_CYCLE: Final = 8
_LAST_LINE: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One call: function, module, file name without its folder, line (0: unknown), whether it is the app's code."""

    function: str
    module: str
    file: str
    line: int
    in_app: bool


class _RawFrame(msgspec.Struct):
    """A frame as sent: the fields that are read, and those whose presence is counted. No other is materialised."""

    function: Raw = MISSING
    module: Raw = MISSING
    filename: Raw = MISSING
    package: Raw = MISSING
    lineno: Raw = MISSING
    in_app: Raw = MISSING
    instruction_addr: Raw = MISSING
    image_addr: Raw = MISSING
    abs_path: Raw = MISSING
    vars: Raw = MISSING
    context_line: Raw = MISSING


_read_frame: Final = reader_of(_RawFrame)


def read_frames(raws: Sequence[Raw], images: Images, losses: Losses, most: int = 256) -> tuple[Frame, ...]:
    """Build at most 64 new frames from raw ones, oldest first; what was dropped or withheld goes into `losses`.

    Of a longer stack the 16 outermost and the 48 innermost stay; repetitions of recursion are folded into one round.
    At most `most` raw frames are looked at, of the same two ends.
    """
    frames = []
    for raw in _ends(raws, most):
        sent = _read_frame(raw)
        if sent is None:
            losses.add(Stripped.FRAMES)
        else:
            frames.append(_frame_of(sent, images, losses))
    return _without_identifiers(_ends(fold(frames), MOST_FRAMES), losses)


def _without_identifiers(frames: Sequence[Frame], losses: Losses) -> tuple[Frame, ...]:
    """Withhold the names that the tripwire finds an identifier in."""
    bad = tripping(name for frame in frames for name in (frame.function, frame.module, frame.file))
    if not bad:
        return tuple(frames)
    for frame in frames:
        for name, field in _fields(frame):
            if name in bad:
                losses.trip(field, bad[name])
    return tuple(
        replace(
            frame,
            function=WITHHELD if frame.function in bad else frame.function,
            module=WITHHELD if frame.module in bad else frame.module,
            file=WITHHELD if frame.file in bad else frame.file,
        )
        for frame in frames
    )


def _fields(frame: Frame) -> tuple[tuple[str, Stripped], ...]:
    return (
        (frame.function, Stripped.FRAME_FUNCTION),
        (frame.module, Stripped.FRAME_MODULE),
        (frame.file, Stripped.FRAME_FILENAME),
    )


def fold(frames: Sequence[Frame]) -> list[Frame]:
    """Return the frames with every immediate repetition of a cycle of up to eight calls left out.

    Of the rounds of a recursion the innermost stays, with its lines.
    """
    kept: list[Frame] = []
    calls: list[tuple[str, str, str]] = []
    for frame in frames:
        kept.append(frame)
        calls.append((frame.module, frame.function, frame.file))
        size = _cycle(calls)
        if size:
            del kept[-2 * size : -size], calls[-size:]
    return kept


def _cycle(calls: Sequence[tuple[str, str, str]]) -> int:
    """Return the length of the cycle that has just ended for the second time, or 0."""
    for size in range(1, min(_LONGEST_CYCLE, len(calls) // 2) + 1):
        if calls[-size:] == calls[-2 * size : -size]:
            return size
    return 0


def _ends(items: Sequence[T], most: int) -> Sequence[T]:
    if len(items) <= most:
        return items
    if most == 0:
        return []
    outermost = most * _OUTERMOST // MOST_FRAMES
    return [*items[:outermost], *items[outermost - most :]]


def _frame_of(sent: _RawFrame, images: Images, losses: Losses) -> Frame:
    losses.update(name for field, name in FRAME.counted.items() if is_given(getattr(sent, field)))
    return Frame(
        function=_function(sent, images, losses),
        module=_name(sent.module, normal_module, MODULE, Stripped.FRAME_MODULE, losses),
        file=_file(sent, losses),
        line=_line(sent.lineno, losses),
        in_app=read_flag(sent.in_app) or False,
    )


def _function(sent: _RawFrame, images: Images, losses: Losses) -> str:
    name = _name(sent.function, normal_function, FUNCTION, Stripped.FRAME_FUNCTION, losses)
    return name or offset_of(sent.instruction_addr, sent.image_addr, images)


def _name(
    raw: Raw,
    normal: Callable[[str], str | None],
    shape: Shape,
    field: Stripped,
    losses: Losses,
) -> str:
    """Return a name in its normal form, empty if none was sent, `(withheld)` if it has not the shape of one."""
    if not is_given(raw):
        return ""
    text = read_text(raw)
    if text == WITHHELD:  # by the filter on the device, which has counted nothing
        return WITHHELD
    name = None if text is None else normal(text)
    if name == "":
        return ""
    if name is None or not shape.fits(name):
        losses.add(field)
        return WITHHELD
    return name


def _file(sent: _RawFrame, losses: Losses) -> str:
    """Return the source file, or the binary where no source file is known."""
    name = _name(sent.filename, normal_file, FILE, Stripped.FRAME_FILENAME, losses)
    if name in {"", WITHHELD} and is_given(sent.package):
        image = _name(sent.package, normal_image, IMAGE, Stripped.FRAME_PACKAGE, losses)
        return name if image == WITHHELD and name else image
    return name


def _line(raw: Raw, losses: Losses) -> int:
    if not is_given(raw):
        return 0
    line = read_whole(raw)
    if line is None or not 0 <= line <= _LAST_LINE:
        losses.add(Stripped.FRAME_LINENO)
        return 0
    return line
