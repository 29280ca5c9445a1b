"""What a page of a site is about, as its URL says it: days, the days they are compared with, and a filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dashboards.comparison import Comparison, read_comparison
from dashboards.condition import Condition, read_condition
from dashboards.period import Period, read_period_since


@dataclass(frozen=True, slots=True)
class Selection:
    """The state of a page. Two pages with the same selection show the same numbers."""

    period: Period
    comparison: Comparison = field(default_factory=Comparison)
    condition: Condition | None = None

    @property
    def arguments(self) -> dict[str, str]:
        """The part of a URL that says this selection."""
        condition = self.condition.arguments if self.condition else {}
        return {**self.period.arguments, **self.comparison.arguments, **condition}

    @property
    def other(self) -> Period | None:
        """The days that the period is compared with, or None."""
        return self.comparison.other(self.period)


def read_selection(arguments: Mapping[str, str], today: date, beginning: date | None) -> Selection:
    """Return the selection that a URL says of a site that is counted since a day; None: not yet."""
    return Selection(
        read_period_since(beginning, arguments, today),
        read_comparison(arguments.get("compare", ""), arguments.get("match", "")),
        read_condition(arguments.get("f", "")),
    )
