"""The releases of an app, side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from dashboards.lineage import Lineage
from dashboards.period import Period

WEEK: Final = 7

Days = Mapping[tuple[str, date], tuple[int, set[str]]]
"""By release and day: how many reports, and which groups had them; none on a day on which it was only started."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release with its reports of a period.

    `opening` are the reports of its first `opening_days`, at most a week; `before` those of as many first days of the
    release before, or None where there is none. So young releases are compared with what others were when young.
    """

    name: str
    first_day: date
    last_day: date
    reports: int
    by_day: Mapping[date, int]
    groups: int
    new_groups: Sequence[str]
    opening: int
    opening_days: int
    previous: str
    before: int | None

    @property
    def change(self) -> float | None:
        """How much more or less the opening was than the one before, in percent; None where that tells nothing."""
        return 100 * (self.opening - self.before) / self.before if self.before else None


def releases_of(days: Days, lineage: Lineage, period: Period) -> list[Release]:
    """Return the releases that were met in a period, the newest first."""
    of_release: defaultdict[str, dict[date, int]] = defaultdict(dict)
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for (name, day), (reports, met) in days.items():
        of_release[name][day] = reports
        if period.since <= day <= period.until:
            groups[name] |= met
    news = _first_met(days, lineage)
    found = [
        _release(name, of_release, groups[name], news.get(name, []), lineage, period)
        for name, of_days in of_release.items()
        if any(period.since <= day <= period.until for day in of_days)
    ]
    return sorted(found, key=lambda release: lineage.place(release.name), reverse=True)


def _release(
    name: str,
    of_release: Mapping[str, Mapping[date, int]],
    groups: set[str],
    news: Sequence[str],
    lineage: Lineage,
    period: Period,
) -> Release:
    days = of_release[name]
    first = min(days)
    within = {day: reports for day, reports in days.items() if period.since <= day <= period.until}
    length = max(1, min(WEEK, (period.today - first).days + 1))
    previous = lineage.before(name)
    return Release(
        name=name,
        first_day=first,
        last_day=max(days),
        reports=sum(within.values()),
        by_day=within,
        groups=len(groups),
        new_groups=sorted(news),
        opening=_opening(days, length),
        opening_days=length,
        previous=previous,
        before=_opening(of_release[previous], length) if previous in of_release else None,
    )


def _opening(days: Mapping[date, int], length: int) -> int:
    end = min(days) + timedelta(days=length)
    return sum(reports for day, reports in days.items() if day < end)


def _first_met(days: Days, lineage: Lineage) -> Mapping[str, Sequence[str]]:
    """Return the groups that were first met in each release: of several on the same day, in the oldest of them."""
    firsts: dict[str, tuple[date, str]] = {}
    for (name, day), (_, groups) in days.items():
        for group in groups:
            known = firsts.get(group)
            if known is None or (day, lineage.place(name)) < (known[0], lineage.place(known[1])):
                firsts[group] = day, name
    found: defaultdict[str, list[str]] = defaultdict(list)
    for group, (_, name) in firsts.items():
        found[name].append(group)
    return found


def reports_by_day(releases: Sequence[Release]) -> Counter[date]:
    """Return the reports of some releases by day."""
    total: Counter[date] = Counter()
    for release in releases:
        total.update(release.by_day)
    return total
