"""What happened on a day, as somebody wrote it down: marks on the chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What a mark is about."""

    NOTE = "note"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark on a chart."""

    day: date
    text: str
    kind: Kind = Kind.NOTE


class Annotations(Protocol):
    """Where marks are kept. It may block: it is asked off the event loop."""

    def __call__(self, owner: str, since: date, until: date) -> list[Annotation]:
        """Return the marks of a site or app between two days, both within."""
        ...
