"""Crash groups as they are read: what they are called, how often they were met, and what their reports share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dashboards.period import Period
from dashboards.stack import Stack

NEW_DAYS = 7
"""For so many days from its first report on, a group is new."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a crash group is called and when it was seen."""

    type: str = ""
    function: str = ""
    first_day: date | None = None
    last_day: date | None = None

    @property
    def title(self) -> str:
        """The words by which people know the group: `Type in function`."""
        kind = self.type or "Crash"
        return f"{kind} in {self.function}" if self.function else kind

    def seen(self, days: Iterable[date]) -> Name:
        """Return this name with its first and last day moved to hold some others."""
        known = [day for day in (self.first_day, self.last_day, *days) if day is not None]
        return replace(self, first_day=min(known, default=None), last_day=max(known, default=None))


@dataclass(frozen=True, slots=True)
class Group:
    """A crash group in a list."""

    id: str
    name: Name
    reports: int
    by_day: Mapping[date, int]
    releases: Sequence[tuple[str, int]]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A group that is shown as another: a team merged it, or it is the same by the grouping before."""

    id: str
    name: Name
    reports: int
    is_former: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """A crash group on its own page."""

    id: str
    name: Name
    algorithm: int
    stack: Stack | None
    reports: int
    by_day: Mapping[date, int]
    values: Mapping[str, Sequence[tuple[str, int]]]
    parts: Sequence[Part]
    """The group itself and what was merged into it; nothing for a group into which nothing was."""
    is_new: bool


def group_of(group: str, name: Name, days: Counter[date], releases: Counter[str], period: Period) -> Group:
    """Build a group of a list out of its counts."""
    name = name.seen(days)
    return Group(
        id=group,
        name=name,
        reports=sum(days.values()),
        by_day=dict(days),
        releases=sorted(releases.items(), key=lambda item: (-item[1], item[0])),
        is_new=is_new(name, period.today),
    )


def is_new(name: Name, today: date) -> bool:
    """Tell whether a group was first met within the last NEW_DAYS."""
    return name.first_day is not None and name.first_day > today - timedelta(days=NEW_DAYS)


def merged_names(names: Mapping[str, Name], merges: Mapping[str, str]) -> dict[str, Name]:
    """Return names by the groups that are shown: a merged one lends its days, and its words where they are missing."""
    shown = {group: name for group, name in names.items() if group not in merges}
    for group, name in names.items():
        if group in merges:
            into = shown.get(merges[group], Name())
            days = [day for day in (name.first_day, name.last_day) if day is not None]
            named = into if into.type else replace(into, type=name.type, function=name.function)
            shown[merges[group]] = named.seen(days)
    return shown


def sum_by_day(groups: Iterable[Group]) -> Counter[date]:
    """Return the reports of some groups by day."""
    total: Counter[date] = Counter()
    for group in groups:
        total.update(group.by_day)
    return total
