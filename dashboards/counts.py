"""The numbers of visits that a row shows: what was summed, and the ratios that follow from the sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from ingest.counters.cells import METRICS
from ingest.site import Profile


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums of integers, in the order of METRICS."""

    visitors: int = 0
    visits: int = 0
    pageviews: int = 0
    events: int = 0
    bounces: int = 0
    seconds: int = 0
    scroll: int = 0
    scrolls: int = 0

    @classmethod
    def of(cls, amounts: Iterable[int]) -> Counts:
        """Build counts from amounts in the order of METRICS."""
        return cls(*amounts)

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(mine + theirs for mine, theirs in zip(self.amounts, other.amounts, strict=True)))

    @property
    def amounts(self) -> Sequence[int]:
        """The sums, in the order of METRICS."""
        return tuple(getattr(self, name) for name in METRICS)

    def shown(self, profile: Profile) -> Counts:
        """Return these counts as a profile lets them be shown: `strict` to the nearest ten."""
        if profile is not Profile.STRICT:
            return self
        return Counts(*((amount + 5) // 10 * 10 for amount in self.amounts))

    @property
    def views_per_visit(self) -> float:
        """Page views of a visit, to two places."""
        return round(self.pageviews / self.visits, 2) if self.visits else 0.0

    @property
    def bounce_rate(self) -> int:
        """Percent of visits that were one page, no event and under ten engaged seconds."""
        return round(100 * self.bounces / self.visits) if self.visits else 0

    @property
    def visit_duration(self) -> int:
        """Engaged seconds of a visit."""
        return round(self.seconds / self.visits) if self.visits else 0

    @property
    def scroll_depth(self) -> int:
        """Deepest percent of a page that was scrolled to, of the page views that told one."""
        return round(self.scroll / self.scrolls) if self.scrolls else 0


def rate(part: int, whole: int) -> float | None:
    """Return how many of a hundred a part is, to one place; None when that is not known: none, or more than all."""
    if part == 0:
        return 0.0
    return round(100 * part / whole, 1) if part <= whole else None


assert tuple(field.name for field in fields(Counts)) == METRICS
