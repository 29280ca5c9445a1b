"""Which crash a report is about: the same for everybody who met it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec

from ingest.counters.exemplar import Exemplar
from ingest.crashes.event import MESSAGE, Report
from ingest.crashes.frames import Frame
from ingest.crashes.stack import Thrown

ALGORITHM: Final = 1
"""Version of the algorithm. Every change to it, or to a normal form, gives another number and other ids."""

_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Group:
    """A crash: sixteen hex digits, the algorithm they come from, the type thrown last and where it was thrown."""

    id: str
    algorithm: int
    type: str
    function: str

    @property
    def title(self) -> str:
        """How people call the group: `Type in function`."""
        return f"{self.type} in {self.function}" if self.function else self.type


def group_of(report: Report) -> Group:
    """Name the group of a report.

    The id is BLAKE2b over the chain of types and, of each exception, module (else file) and function of the frames
    that are the app's own: of all frames where none is, of the types alone where there are no frames. Lines are no
    part of it, so a group lives on when a file is edited above it. A message has no chain: platform and logger
    stand for it.
    """
    digest = blake2b(digest_size=_ID_BYTES)
    for part in _parts(report):
        text = part.encode()
        digest.update(len(text).to_bytes(4) + text)
    last = report.chain[-1]
    return Group(digest.hexdigest(), ALGORITHM, last.type, _function(report, last))


def exemplar_of(report: Report, group: Group) -> Exemplar:
    """Return the stack that stands for the group: the report's names of code and lines, as JSON."""
    exceptions = [{"type": thrown.type, "frames": thrown.frames} for thrown in report.chain]
    stack = msgspec.json.encode({"platform": report.platform, "exceptions": exceptions})
    return Exemplar(group.algorithm, group.type, group.function, stack.decode())


def _parts(report: Report) -> Iterator[str]:
    yield str(ALGORITHM)
    if _is_message(report):
        yield from (MESSAGE, report.platform, report.logger)
        return
    for thrown in report.chain:
        yield thrown.type
        frames = _telling(thrown.frames)
        yield str(len(frames))
        for frame in frames:
            yield frame.module or frame.file
            yield frame.function


def _is_message(report: Report) -> bool:
    return len(report.chain) == 1 and report.chain[0] == Thrown(MESSAGE, ())


def _telling(frames: Sequence[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame.in_app] or list(frames)


def _function(report: Report, thrown: Thrown) -> str:
    """Return where it was thrown: the innermost function of the app's own, or what is known instead."""
    if _is_message(report):
        return report.logger
    return _first(place for frame in reversed(_telling(thrown.frames)) for place in (frame.function, frame.file))


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")
