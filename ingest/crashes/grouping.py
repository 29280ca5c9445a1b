"""Which crash a report is about: the same for everybody who met it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Final

import msgspec

from ingest.counters.exemplar import Exemplar
from ingest.crashes.event import MESSAGE, Report
from ingest.crashes.failures import Failure
from ingest.crashes.frames import Frame, fold
from ingest.crashes.messages import DEFAULT
from ingest.crashes.plumbing import is_plumbing, without_wrapper
from ingest.crashes.stack import Thrown

ALGORITHM: Final = 2
"""Version of the algorithm. Every change to it, or to a normal form, gives another number and other ids.

The one before stays here beside it, so that `Group.former` can tell what became of which group: see `Tally`.
"""

_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Grouping:
    """The words of a report that may take part in its group's id: declared, known or shared, else empty."""

    fingerprint: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A crash: sixteen hex digits, the algorithm they come from, the type thrown last and where it was thrown.

    `former` is the id that the algorithm before gives to the same report.
    """

    id: str
    algorithm: int
    type: str
    function: str
    former: str = ""

    @property
    def title(self) -> str:
        """How people call the group: `Type in function`."""
        return f"{self.type} in {self.function}" if self.function else self.type


def group_of(report: Report, words: Grouping | None = None, *, with_former: bool = True) -> Group:
    """Name the group of a report; on request without what the algorithm before calls it.

    The id is BLAKE2b over the chain of types and, of each exception, module (else file) and function of the frames
    that are the app's own: of all frames where none is, of the types alone where there are no frames. Frames of
    runtimes and frameworks that only pass a call on are left out, and rounds of recursion are one. Lines are no part
    of it, so a group lives on when a file is edited above it. What ran out of memory or was ended by the system is
    known by its class alone, what hung by its class and the place where it was found. A message has no chain: logger
    and template stand for it. A fingerprint takes the place of all this, where it does not say `{{ default }}`.
    """
    words = words or Grouping()
    own = _digest(_fingerprinted(report, words) if words.fingerprint else _parts(report, words))
    last = report.chain[-1]
    former = _digest(_former_parts(report)) if with_former else ""
    return Group(own, ALGORITHM, last.type, _function(report, last), former)


class Ground(StrEnum):
    """What tells the group of a report from others."""

    FINGERPRINT = "fingerprint"
    MESSAGE = "message"
    FAILURE = "failure"
    STACK = "stack"
    TYPES = "types"


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a report is in its group: what the id is made of, and how many frames tell nothing of the crash."""

    by: Ground
    parts: tuple[str, ...]
    left_out: int = 0


def grounds_of(report: Report, words: Grouping | None = None) -> Grounds:
    """Return what `group_of` makes the id of, in a form for people."""
    words = words or Grouping()
    if words.fingerprint:
        return Grounds(Ground.FINGERPRINT, words.fingerprint)
    if report.is_message:
        return Grounds(Ground.MESSAGE, _given(report.platform, report.logger, words.message))
    if report.failure is not None:
        return Grounds(Ground.FAILURE, tuple(_parts(report, words))[1:])
    frames = [frame for thrown in report.chain for frame in thrown.frames]
    telling = {thrown: _telling(thrown.frames) for thrown in report.chain}
    parts = [part for thrown in report.chain for part in (thrown.type, *map(_place, telling[thrown]))]
    left_out = len(frames) - sum(len(telling[thrown]) for thrown in report.chain)
    return Grounds(Ground.STACK if frames else Ground.TYPES, tuple(parts), left_out)


def _place(frame: Frame) -> str:
    return " ".join(_given(*_names(frame)))


def _given(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def exemplar_of(report: Report, group: Group) -> Exemplar:
    """Return the stack that stands for the group: the report's names of code and lines, as JSON."""
    exceptions = [{"type": thrown.type, "frames": thrown.frames} for thrown in report.chain]
    stack = msgspec.json.encode({"platform": report.platform, "exceptions": exceptions})
    return Exemplar(group.algorithm, group.type, group.function, stack.decode())


def _digest(parts: Iterable[str]) -> str:
    digest = blake2b(digest_size=_ID_BYTES)
    for part in parts:
        text = part.encode()
        digest.update(len(text).to_bytes(4) + text)
    return digest.hexdigest()


def _fingerprinted(report: Report, words: Grouping) -> Iterator[str]:
    yield from (str(ALGORITHM), "fingerprint")
    for part in words.fingerprint:
        yield part
        if part == DEFAULT:
            yield from _parts(report, words)


def _parts(report: Report, words: Grouping) -> Iterator[str]:
    yield str(ALGORITHM)
    if report.is_message:
        yield from (MESSAGE, report.platform, report.logger, words.message)
    elif report.failure is None:
        for thrown in report.chain:
            yield thrown.type
            frames = _telling(thrown.frames)
            yield str(len(frames))
            for frame in frames:
                yield from _names(frame)
    else:
        yield report.failure.value
        if report.failure in {Failure.ANR, Failure.HANG}:
            yield from (name for frame in _telling(report.chain[-1].frames)[-1:] for name in _names(frame))


def _names(frame: Frame) -> tuple[str, str]:
    return frame.module or frame.file, without_wrapper(frame.function)


def _telling(frames: Sequence[Frame]) -> list[Frame]:
    """Return the frames that tell one crash from another, each round of a recursion once."""
    own = [frame for frame in frames if frame.in_app and not is_plumbing(frame)]
    # Of frames that are folded already, only what was left out can have brought two rounds together.
    kept = own or [frame for frame in frames if not is_plumbing(frame)] or frames
    return list(frames) if len(kept) == len(frames) else fold(kept)


def _function(report: Report, thrown: Thrown) -> str:
    """Return where it was thrown: the innermost function of the app's own, or what is known instead."""
    if report.is_message:
        return report.logger
    return _first(place for frame in reversed(_telling(thrown.frames)) for place in (frame.function, frame.file))


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _former_parts(report: Report) -> Iterator[str]:
    """Yield what algorithm 1 made its ids of. It goes when there is an algorithm 3."""
    yield "1"
    if report.is_message:
        yield from (MESSAGE, report.platform, report.logger)
        return
    for thrown in report.chain:
        yield thrown.type
        frames = [frame for frame in thrown.frames if frame.in_app] or list(thrown.frames)
        yield str(len(frames))
        for frame in frames:
            yield frame.module or frame.file
            yield frame.function
