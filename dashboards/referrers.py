"""Referring hosts of all time, as the store has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from dashboards.counts import Counts
from dashboards.questions import Questions
from ingest.counters.cells import Attribute
from ingest.site import Site


@dataclass(frozen=True, slots=True)
class Seen:
    """A value with its counts of all time, and the first and the last day that had a visit with it."""

    counts: Counts = field(default_factory=Counts)
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """Browsers that reached a goal in a week that begins on this Monday, having come from a source."""

    week: date
    goal: str
    source: str
    converters: int


class Referrers:
    """Reads where visits of a site came from, all time."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    async def hosts(self, site: Site) -> dict[str, Seen]:
        """Return every value of the referrer: hosts, and those in parentheses that stand for none."""
        return await self._seen(site, Attribute.REFERRER)

    async def sources(self, site: Site) -> dict[str, Seen]:
        """Return every source by name."""
        return await self._seen(site, Attribute.SOURCE)

    async def goals(self, site: Site, source: str = "") -> list[Converted]:
        """Return what was reached by week, the newest first: of one source, or of all."""
        parameters = {"site": site.id, "source": source}
        return [
            Converted(week, goal, name, Counts(visitors=converters).shown(site.profile).visitors)
            for week, goal, name, converters in await self._questions.ask("audit_goals", parameters)
        ]

    async def _seen(self, site: Site, attribute: Attribute) -> dict[str, Seen]:
        parameters = {"site": site.id, "attribute": attribute.value}
        return {
            value: Seen(Counts.of(amounts), first if first.year > 1970 else None, last if last.year > 1970 else None)
            for value, first, last, *amounts in await self._questions.ask("audit", parameters)
        }
