"""How many browsers came in a span of weeks, as far as the revisit class tells.

The browser keeps the number of the week of its last visit and says of each visit one class: `new`; `this week`, if it
was here in the same week; `last four weeks`, if it was here in one of the four before; `earlier`. It follows:

*One week.* A browser's first visit of a week is the only one whose class is not `this week`. So the browsers of a
week are exactly its visitor-days of the other classes.

*Several weeks.* Of the browsers of a later week, `new` ones were not here before, and `earlier` ones not in the four
weeks before. Those of `last four weeks` were here in one of four, which may lie within the span or ahead of it: the
class does not say which. At most as many of them were here within the span as there are browsers in it so far. So
the number of the span lies between two bounds, with

    U  browsers of a week      N  those of them that cannot have been in the span so far      R = U - N  the others
    low  += N + max(0, R - low)        high += U

and both begin with U of the first week. `earlier` is in N for the first five weeks of a span and in R from then on.
Visitor-days of clients that tell no class are left out of `low` and all counted in `high`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

NEW: Final = "new"
SAME_WEEK: Final = "this week"
RECENT: Final = "last four weeks"
EARLIER: Final = "earlier"

REVISIT: Final = "revisit"
"""The attribute whose values these classes are."""

_REACH: Final = 4
"""Weeks that `last four weeks` looks back."""

MOST_SILENT: Final = 0.25
"""The part of visitor-days without a class above which the bounds would say too little."""


@dataclass(frozen=True, slots=True)
class Week:
    """The visitor-days of a week by class."""

    monday: date
    new: int = 0
    recent: int = 0
    earlier: int = 0
    same: int = 0
    silent: int = 0

    @property
    def browsers(self) -> int:
        """Different browsers of the week that tell their class."""
        return self.new + self.recent + self.earlier


@dataclass(frozen=True, slots=True)
class Uniques:
    """Different browsers of a span: at least and at most, and by week."""

    low: int
    high: int
    weeks: tuple[Week, ...]

    @property
    def is_exact(self) -> bool:
        """Whether both bounds are one number."""
        return self.low == self.high

    @property
    def is_told(self) -> bool:
        """Whether enough visitor-days have a class for the bounds to say something."""
        silent = sum(week.silent for week in self.weeks)
        days = sum(week.browsers + week.same for week in self.weeks) + silent
        return days > 0 and silent <= MOST_SILENT * days


def week_of(monday: date, visitors: Mapping[str, int]) -> Week:
    """Sort the visitor-days of a week by class; what is no class of ours tells nothing."""
    known = {NEW, SAME_WEEK, RECENT, EARLIER}
    return Week(
        monday,
        new=visitors.get(NEW, 0),
        recent=visitors.get(RECENT, 0),
        earlier=visitors.get(EARLIER, 0),
        same=visitors.get(SAME_WEEK, 0),
        silent=sum(count for name, count in visitors.items() if name not in known),
    )


def uniques(weeks: Iterable[Week]) -> Uniques:
    """Return the bounds for the different browsers of consecutive weeks, in their order."""
    found = tuple(weeks)
    low = high = 0
    for index, week in enumerate(found):
        surely = week.browsers if index == 0 else week.new + (week.earlier if index <= _REACH else 0)
        low += surely + max(0, week.browsers - surely - low)
        high += week.browsers + week.silent
    return Uniques(low, high, found)
