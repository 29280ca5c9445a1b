"""A stack as people read it: the exceptions of one crash, with the frames of the system folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec


class Frame(msgspec.Struct, frozen=True):
    """A line of a stack: names of code."""

    function: str | None = None
    module: str | None = None
    file: str | None = None
    line: int | None = None
    in_app: bool | None = None

    @property
    def place(self) -> str:
        """File and line, or as much of them as there is."""
        where = self.file or self.module or ""
        return f"{where}:{self.line}" if where and self.line else where


class Thrown(msgspec.Struct, frozen=True):
    """An exception of the chain with its frames, the oldest first."""

    type: str | None = None
    frames: tuple[Frame, ...] = ()

    @property
    def runs(self) -> Sequence[Run]:
        """The frames, newest first, as runs of app frames and of system frames."""
        newest_first = reversed(self.frames)
        return [
            Run(is_app, tuple(frames)) for is_app, frames in groupby(newest_first, lambda frame: bool(frame.in_app))
        ]

    @property
    def telling(self) -> Sequence[Frame]:
        """The frames that tell the group apart, the newest first: the app's own, or all where none is."""
        own = [frame for frame in self.frames if frame.in_app]
        return tuple(reversed(own or self.frames))


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring frames that are all of the app, or all of the system."""

    is_app: bool
    frames: tuple[Frame, ...]


class Stack(msgspec.Struct, frozen=True):
    """The exemplar of a crash group, as `ingest.counters.exemplar` describes it."""

    platform: str | None = None
    exceptions: tuple[Thrown, ...] = ()

    @property
    def chain(self) -> Sequence[Thrown]:
        """The exceptions, the one that ended the program first and its causes after it.

        Sentry's event protocol: "Multiple values represent chained exceptions in order from oldest to newest".
        """
        return tuple(reversed(self.exceptions))

    @property
    def has_app_frames(self) -> bool:
        """Whether any frame is the app's own; if none is, none is worth folding."""
        return any(frame.in_app for exception in self.exceptions for frame in exception.frames)


def read_stack(text: str) -> Stack | None:
    """Return the stack of an exemplar's JSON text, or None when there is none that can be read."""
    try:
        return msgspec.json.decode(text, type=Stack)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
