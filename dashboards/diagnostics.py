"""What a site sends, as it comes: a read-only view of the way in, for whoever sets it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Trial:
    """A member's trial of a site, while its token is in force."""

    token: str = field(repr=False)
    minutes: int
    """Minutes for which it is still in force, rounded up."""
    arrived: int
    told: Sequence[Mapping[str, Any]]
    """What became of the last submissions, the newest first, as `logless explain hit --json` tells it."""


class Diagnostics(Protocol):
    """What the way in knows in memory and writes nowhere. None of it holds a time or an address."""

    def begin(self, site: str, member: int) -> None:
        """Begin a test of a site, in the place of the member's earlier one."""
        ...

    def trial(self, site: str, member: int) -> Trial | None:
        """Return the member's own test of a site, or None when there is none in force."""
        ...

    def refused(self, owner: str) -> Sequence[str]:
        """Return the reasons of the last refusals since the start, the newest last: fifty at most."""
        ...

    def is_one_address(self, site: str) -> bool:
        """Return whether all that came lately came from one address, however many browsers it was."""
        ...
