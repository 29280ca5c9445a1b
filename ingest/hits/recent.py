"""What came lately, in memory, without content: reasons of refusals, and whether all visits have one address."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from ingest.boundary.address import NON_GLOBAL
from ingest.counters.cells import Refusal
from ingest.counters.disclosure import Who

REFUSALS: Final = 50
"""Reasons that are remembered of a site, in their order and without their time."""

BROWSERS: Final = 50
"""Browsers in a row from one address that are no chance."""

BROWSERS_WITHIN: Final = 10
"""The same, of an address that nobody on the internet has: it is a proxy's, or an office's."""


@dataclass(slots=True)
class _Run:
    """Browsers that came from one sender, one after the other, since anybody else came."""

    sender: bytes = field(repr=False)
    network: str
    visitors: set[bytes] = field(default_factory=set, repr=False)


class Recent:
    """Remembers what helps to set a site up. Nothing of it outlives the process."""

    def __init__(self) -> None:
        self._reasons: dict[str, deque[Refusal]] = {}
        self._runs: dict[str, _Run] = {}

    def refused(self, owner: str, reason: Refusal) -> None:
        """Note a refusal by its reason. `owner` is that of a configured site, or UNKNOWN_OWNER."""
        reasons = self._reasons.get(owner)
        if reasons is None:
            reasons = self._reasons[owner] = deque(maxlen=REFUSALS)
        reasons.append(reason)

    def came(self, site: str, visitor: bytes, who: Who) -> None:
        """Note who was counted, by the digests of the day."""
        run = self._runs.get(site)
        if run is None:
            self._runs[site] = _Run(who.sender, who.network, {visitor})
        elif run.sender != who.sender:
            run.sender, run.network = who.sender, who.network
            run.visitors.clear()
            run.visitors.add(visitor)
        elif len(run.visitors) < BROWSERS:
            run.visitors.add(visitor)

    def reasons(self, owner: str) -> list[Refusal]:
        """Return the reasons of the last refusals, the newest last."""
        return list(self._reasons.get(owner, ()))

    def is_one_address(self, site: str) -> bool:
        """Return whether so many browsers came from one address, and nobody from another, that it is a proxy's."""
        run = self._runs.get(site)
        if run is None:
            return False
        return len(run.visitors) >= (BROWSERS_WITHIN if run.network == NON_GLOBAL else BROWSERS)

    def forget(self, owner: str) -> None:
        """Let go of the digests of a day that closed."""
        self._runs.pop(owner, None)
