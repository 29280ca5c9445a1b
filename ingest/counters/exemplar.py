"""One stack for a crash group and week, so that developers see where it happens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exemplar:
    """Names of code only, already reduced to the closed schema.

    `stack` is the JSON text `{"platform": …, "exceptions": [{"type": …, "frames": [{"function", "module",
    "file", "line", "in_app"}]}]}`, oldest frame first.
    """

    algorithm: int
    type: str
    function: str
    stack: str
