"""Numbers of apps: crash reports by group, what the store holds and what is disclosed but still in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from dashboards.live import Live, read_still
from dashboards.period import Bucket, Period, start_of
from dashboards.questions import Questions
from dashboards.stack import Stack, read_stack
from ingest.app import App
from ingest.counters.cells import CrashAttribute
from ingest.counters.exemplar import Exemplar

EVERY: Final = CrashAttribute.RELEASE
"""Every report bears exactly one release, so the sum over releases is the number of reports."""

Slice = tuple[date, str, str]
"""The first day of a bucket, a group, and a value: empty where they were not asked for."""


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
class Detail:
    """A crash group on its own page."""

    id: str
    name: Name
    algorithm: int
    stack: Stack | None
    reports: int
    by_day: Mapping[date, int]
    values: Mapping[str, Sequence[tuple[str, int]]]


class Reports:
    """Reads the numbers of apps."""

    def __init__(self, questions: Questions, live: Live) -> None:
        self._questions = questions
        self._live = live

    async def groups(self, app: App, period: Period) -> list[Group]:
        """Return the groups with reports in a period, the most frequent first."""

        async def read() -> list[Group]:
            names = await self.names(app)
            by_day = await self._slices(app, period.since, period.until, Bucket.DAY, EVERY, by_value=False)
            by_release = await self._slices(app, period.since, period.until, "", EVERY, by_value=True)
            days: defaultdict[str, Counter[date]] = defaultdict(Counter)
            releases: defaultdict[str, Counter[str]] = defaultdict(Counter)
            for (day, group, _), reports in by_day.items():
                days[group][day] += reports
            for (_, group, release), reports in by_release.items():
                releases[group][release] += reports
            return [_group(group, names.get(group, Name()), days[group], releases[group], period) for group in days]

        found = await read_still(self._live, read)
        return sorted(found, key=lambda group: (-group.reports, group.name.title, group.id))

    async def group(self, app: App, group: str, period: Period) -> Detail | None:
        """Return one group with all that is kept about it in a period, or None when there never was such a group."""

        async def read() -> Detail | None:
            [(kind, function, text, algorithm, first, last, weeks)] = await self._questions.ask(
                "crash_exemplar", {"app": app.id, "group": group}
            )
            unwritten = self._exemplars(app).get(group)
            live = [
                (key, reports)
                for key, reports in self._live_cells(app, period.since, period.until).items()
                if key[1] == group
            ]
            if not weeks and unwritten is None and not live:
                return None
            exemplar = Exemplar(algorithm, kind, function, text) if text or unwritten is None else unwritten
            values: defaultdict[str, Counter[str]] = defaultdict(Counter)
            by_day: Counter[date] = Counter()
            asked = {"app": app.id, "group": group, "since": period.since, "until": period.until}
            for name, value, reports in await self._questions.ask("crash_attributes", asked):
                values[name][value] += reports
            of_days = await self._stored(app, period.since, period.until, Bucket.DAY, EVERY, group, by_value=False)
            for (day, _, _), reports in of_days.items():
                by_day[day] += reports
            for (day, _, name, value), reports in live:
                values[name][value] += reports
                by_day[day] += reports if name == EVERY else 0
            days = [day for day, reports in by_day.items() if reports]
            seen = [*days, first, last] if weeks else days
            return Detail(
                id=group,
                name=Name(exemplar.type, exemplar.function, min(seen, default=None), max(seen, default=None)),
                algorithm=exemplar.algorithm,
                stack=read_stack(exemplar.stack),
                reports=sum(values[EVERY].values()),
                by_day=dict(by_day),
                values={attribute: (+found).most_common() for attribute, found in values.items()},
            )

        return await read_still(self._live, read)

    def waiting(self, app: App, group: str) -> int | None:
        """Return how many people have sent the message of a group that is nearest to being shown, if one waits."""
        return self._live.waiting(app.id, group, app.k)

    async def names(self, app: App) -> dict[str, Name]:
        """Return the name of every group of an app."""
        found = {
            group: Name(kind, function, first, last)
            for group, kind, function, first, last in await self._questions.ask("crash_names", {"app": app.id})
        }
        for group, exemplar in self._exemplars(app).items():
            if group not in found or not found[group].type:
                found[group] = Name(exemplar.type, exemplar.function)
        return found

    async def slices(
        self, app: App, since: date, until: date, bucket: str, attribute: CrashAttribute, *, by_value: bool
    ) -> dict[Slice, int]:
        """Return reports by bucket (`day`, `week`, `month` or none), by group and, if wanted, by value."""

        async def read() -> dict[Slice, int]:
            return await self._slices(app, since, until, bucket, attribute, by_value=by_value)

        return await read_still(self._live, read)

    async def of_apps(self, apps: Sequence[App], since: date, until: date) -> dict[int, Mapping[tuple[date, str], int]]:
        """Return reports of some apps by app, day and group."""

        async def read() -> dict[int, Mapping[tuple[date, str], int]]:
            found: dict[int, Counter[tuple[date, str]]] = {app.id: Counter() for app in apps}
            parameters = {"apps": [app.id for app in apps], "since": since, "until": until}
            for number, day, group, reports in await self._questions.ask("reports_of_apps", parameters):
                found[number][day, group] += reports
            for app in apps:
                for (day, group, attribute, _), reports in self._live_cells(app, since, until).items():
                    found[app.id][day, group] += reports if attribute == EVERY else 0
            return {number: +counter for number, counter in found.items()}

        return await read_still(self._live, read)

    async def _slices(
        self, app: App, since: date, until: date, bucket: str, attribute: CrashAttribute, *, by_value: bool
    ) -> dict[Slice, int]:
        found = await self._stored(app, since, until, bucket, attribute, "", by_value=by_value)
        for (day, group, name, value), reports in self._live_cells(app, since, until).items():
            if name == attribute:
                found[start_of(day, bucket), group, value if by_value else ""] += reports
        return +found

    async def _stored(
        self, app: App, since: date, until: date, bucket: str, attribute: CrashAttribute, group: str, *, by_value: bool
    ) -> Counter[Slice]:
        parameters = {
            "app": app.id,
            "attribute": attribute.value,
            "only": group,
            "bucket": str(bucket),
            "by_value": by_value,
            "since": since,
            "until": until,
        }
        rows = await self._questions.ask("crashes", parameters)
        return Counter({(start, group, value): reports for start, group, value, reports in rows})

    def _live_cells(self, app: App, since: date, until: date) -> Mapping[tuple[date, str, str, str], int]:
        # A strict app is written once, when the day closes, and is not shown before.
        return {} if app.profile.at_close_only else self._live.crashes(app.id, since, until)

    def _exemplars(self, app: App) -> Mapping[str, Exemplar]:
        return {} if app.profile.at_close_only else self._live.exemplars(app.id)


def _group(group: str, name: Name, days: Counter[date], releases: Counter[str], period: Period) -> Group:
    first = min([*days, *([name.first_day] if name.first_day else [])])
    last = max([*days, *([name.last_day] if name.last_day else [])])
    return Group(
        id=group,
        name=Name(name.type, name.function, first, last),
        reports=sum(days.values()),
        by_day=dict(days),
        releases=sorted(releases.items(), key=lambda item: (-item[1], item[0])),
        is_new=first > period.today - timedelta(days=7),
    )


def sum_by_day(groups: Iterable[Group]) -> Counter[date]:
    """Return the reports of some groups by day."""
    total: Counter[date] = Counter()
    for group in groups:
        total.update(group.by_day)
    return total
