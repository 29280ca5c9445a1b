"""Figures of one run: what was measured, what it is held against, and what it must come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Better(StrEnum):
    """Which way a figure is to go."""

    MORE = "at least"
    LESS = "at most"


@dataclass(frozen=True, slots=True)
class Measured:
    """A ratio or a count, with the floor that must hold and the target that is wanted.

    `figure` is None where it could not be measured here; `note` says why, or how it came about.
    """

    name: str
    unit: str
    figure: float | None
    better: Better = Better.MORE
    floor: float | None = None
    target: float | None = None
    note: str = ""

    def reaches(self, bound: float | None) -> bool:
        """Tell whether the figure is on the right side of a bound; where there is none, it is."""
        if bound is None:
            return True
        if self.figure is None:
            return False
        return self.figure >= bound if self.better is Better.MORE else self.figure <= bound

    @property
    def holds(self) -> bool:
        """Whether the floor holds."""
        return self.reaches(self.floor)
