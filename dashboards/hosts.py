"""What the way in knows about referring hosts, handed over as functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hosts:
    """Asked of a host as it stands in the `referrer` cells."""

    source: Callable[[str], str]
    """The name of the source that visits from it are counted under."""
    is_spam: Callable[[str], bool]
    """Whether it is on the list of referrer spam by now; what it sends from now on is refused."""
