"""What a page of a site is about, as its URL says it: days, the days they are compared with, and a filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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

    @property
    def weeks(self) -> Selection:
        """The same about the weeks that the period is in or reaches into, compared with as many whole weeks."""
        return replace(self, period=self.period.whole_weeks, comparison=replace(self.comparison, by_weekday=True))

    @property
    def unfinished(self) -> str:
        """What of the period is still being counted, in words, or nothing."""
        if not self.period.includes_today:
            return ""
        return "Today" if self.period.until == self.period.today else "This week"

    def counted_other(self, beginning: date | None) -> Period | None:
        """Return the days that are compared with if a site, counted since a day, was counted on all of them."""
        other = self.other
        return other if other is not None and beginning is not None and beginning <= other.since else None

    def excuse(self, beginning: date | None) -> str:
        """Return why there is no change to tell though a comparison is asked for, in words, or nothing."""
        other = self.other
        if other is None or self.counted_other(beginning) is not None:
            return ""
        if beginning is None or other.until < beginning:
            return f"{other.span} was not counted yet, so there is no change to tell."
        return f"{other.span} were not counted in full, so there is no change to tell."


def read_selection(arguments: Mapping[str, str], today: date, beginning: date | None) -> Selection:
    """Return the selection that a URL says of a site that is counted since a day; None: not yet."""
    return Selection(
        read_period_since(beginning, arguments, today),
        read_comparison(arguments.get("compare", ""), arguments.get("match", "")),
        read_condition(arguments.get("f", "")),
    )
