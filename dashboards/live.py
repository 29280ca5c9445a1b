"""What has been counted and not yet written: a read-only view of the open window."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol, TypeVar

from ingest.counters.exemplar import Exemplar

Read = TypeVar("Read")

ATTEMPTS: Final = 40
PAUSE: Final = 0.025
"""Seconds between looks at a write that is under way: a second in all, then a page shows what it has."""


@dataclass(frozen=True, slots=True)
class Present:
    """Visits that did something in the last 5 and in the last 30 minutes."""

    five: int
    thirty: int
    least: int
    """The number from which on one is told."""

    def words(self, number: int) -> str:
        """Return a number as it may be told."""
        return f"fewer than {self.least}" if number < self.least and self.least > 1 else f"{number:,}"


class Live(Protocol):
    """Counts in memory. A batch stays here until the store has acknowledged it, and then leaves at once."""

    def generation(self) -> int:
        """Return a number that grows by one when a write begins and by one when it has ended: odd during a write."""
        ...

    def hours(self, site: str, since: date, until: date) -> Mapping[tuple[date, int], Sequence[int]]:
        """Return totals by day and hour, each in the order of METRICS; both dates are within."""
        ...

    def present(self, site: str) -> tuple[int, int]:
        """Return how many visits of a site have done something in the last 5 and in the last 30 minutes.

        It is looked up when somebody asks, in memory, and kept nowhere.
        """
        ...

    def crashes(self, app: int, since: date, until: date) -> Mapping[tuple[date, str, str, str], int]:
        """Return disclosed reports by day, group, attribute and value; both dates are within."""
        ...

    def sessions(self, app: int, since: date, until: date) -> Mapping[tuple[date, str], Sequence[int]]:
        """Return sessions by day and release, each in the order of SESSION_METRICS; both dates are within."""
        ...

    def losses(self, app: int, since: date, until: date) -> Mapping[tuple[date, str, str], int]:
        """Return what SDKs could not send by day, category and reason; both dates are within."""
        ...

    def exemplars(self, app: int) -> Mapping[str, Exemplar]:
        """Return the stacks of groups that the store has none of yet."""
        ...

    def waiting(self, app: int, group: str, k: int) -> int | None:
        """Return how many people have sent the message of a group that is nearest to k, or None if none waits."""
        ...

    def refusals(self, owner: str, since: date, until: date) -> Mapping[tuple[date, str], int]:
        """Return refused submissions by day and reason; both dates are within."""
        ...


async def read_still(live: Live, read: Callable[[], Awaitable[Read]]) -> Read:
    """Read memory and store as of one moment: read again when a batch moved from the one to the other meanwhile.

    Without this a batch that is just being written would be counted twice, or not at all, for one refresh. When
    writes do not come to rest, since the store is away or very busy, the last reading is returned.
    """
    for attempt in range(ATTEMPTS):
        before = live.generation()
        if before % 2 == 0 or attempt == ATTEMPTS - 1:
            result = await read()
            if live.generation() == before:
                return result
        await asyncio.sleep(PAUSE)
    return await read()
