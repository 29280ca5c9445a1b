"""The way in as the dashboards may see it while somebody sets a site up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboards.diagnostics import Trial
from ingest.hits.recent import Recent
from ingest.hits.setups import Setups


class LiveDiagnostics:
    """A view of what the hits' endpoint has in memory."""

    def __init__(self, setups: Setups, recent: Recent, clock: Callable[[], float]) -> None:
        self._setups = setups
        self._recent = recent
        self._clock = clock

    def begin(self, site: str, member: int) -> None:
        """Begin a member's test of a site."""
        self._setups.begin(site, member, self._clock())

    def trial(self, site: str, member: int) -> Trial | None:
        """Return the member's own test of a site."""
        now = self._clock()
        setup = self._setups.of(site, member, now)
        if setup is None:
            return None
        told = [trace.data for trace in reversed(setup.traces)]
        return Trial(setup.token, -int((now - setup.expires) // 60), setup.arrived, told)

    def refused(self, owner: str) -> Sequence[str]:
        """Return the reasons of the last refusals."""
        return [reason.value for reason in self._recent.reasons(owner)]

    def is_one_address(self, site: str) -> bool:
        """Return whether all that came lately came from one address."""
        return self._recent.is_one_address(site)
