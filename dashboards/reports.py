"""Numbers of apps: crash reports by group, what the store holds and what is disclosed but still in memory.

Groups that a team merged are added up here, so that pages, files and the Stats API all say the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Final

from dashboards.crash_cells import CrashCells, Slice
from dashboards.groups import Detail, Group, Name, Part, group_of, is_new, merged_names
from dashboards.health import Health, by_release
from dashboards.live import Live, read_still
from dashboards.period import EARLIEST, LATEST, Bucket, Period, start_of
from dashboards.questions import Questions
from dashboards.search import holds, sieve_of
from dashboards.stack import read_stack
from ingest.app import App
from ingest.counters.cells import ALL_RELEASES, CrashAttribute
from ingest.counters.exemplar import Exemplar
from ingest.store.control.database import Control

EVERY: Final = CrashAttribute.RELEASE
"""Every report bears exactly one release, so the sum over releases is the number of reports."""

Sightings = Mapping[tuple[date, str], int]
"""Reports of a group by day and release."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What SDKs say that they could not send: kind, reason and number."""

    category: str
    reason: str
    lost: int


class Reports:
    """Reads the numbers of apps."""

    def __init__(self, questions: Questions, live: Live, control: Control) -> None:
        self._questions = questions
        self._live = live
        self._cells = CrashCells(questions, live, control)

    async def groups(self, app: App, period: Period, facet: tuple[str, str] | None = None) -> list[Group]:
        """Return the groups with reports in a period, the most frequent first.

        With a facet, counted are the reports that bear its value; the releases remain those of the whole group.
        """
        attribute, values = (str(EVERY), ()) if facet is None else (facet[0], (facet[1],))

        async def read() -> list[Group]:
            names = await self.names(app)
            since, until = period.since, period.until
            by_day = await self._cells.slices(app, since, until, Bucket.DAY, attribute, by_value=False, values=values)
            by_release = await self._cells.slices(app, since, until, "", EVERY, by_value=True)
            days: defaultdict[str, Counter[date]] = defaultdict(Counter)
            releases: defaultdict[str, Counter[str]] = defaultdict(Counter)
            for (day, group, _), reports in by_day.items():
                days[group][day] += reports
            for (_, group, release), reports in by_release.items():
                releases[group][release] += reports
            return [group_of(group, names.get(group, Name()), days[group], releases[group], period) for group in days]

        found = await read_still(self._live, read)
        return sorted(found, key=lambda group: (-group.reports, group.name.title, group.id))

    async def group(self, app: App, group: str, period: Period) -> Detail | None:
        """Return one group with all that is kept about it in a period, or None when there never was such a group."""

        async def read() -> Detail | None:
            merges = await self._cells.merges(app)
            members = [group, *sorted(part for part, into in merges.items() if into == group)]
            [(kind, function, text, algorithm, first, last, weeks)] = await self._questions.ask(
                "crash_exemplar", {"app": app.id, "group": group, "groups": members}
            )
            unwritten = self._cells.unwritten(app, members)
            live = [
                (key, reports)
                for key, reports in self._cells.live_cells(app, period.since, period.until).items()
                if key[1] in members
            ]
            if not weeks and unwritten is None and not live:
                return None
            exemplar = Exemplar(algorithm, kind, function, text) if text or unwritten is None else unwritten
            values: defaultdict[str, Counter[str]] = defaultdict(Counter)
            by_day: Counter[date] = Counter()
            of_parts: Counter[str] = Counter()
            asked = {"app": app.id, "groups": members, "since": period.since, "until": period.until}
            for name, value, reports in await self._questions.ask("crash_attributes", asked):
                values[name][value] += reports
            stored = await self._cells.stored(
                app, period.since, period.until, Bucket.DAY, EVERY, by_value=False, groups=members
            )
            for (day, part, _), reports in stored.items():
                by_day[day] += reports
                of_parts[part] += reports
            for (day, part, name, value), reports in live:
                values[name][value] += reports
                by_day[day] += reports if name == EVERY else 0
                of_parts[part] += reports if name == EVERY else 0
            days = [day for day, reports in by_day.items() if reports]
            named = Name(exemplar.type, exemplar.function).seen([*days, first, last] if weeks else days)
            formers = (await self._cells.successions(app)).get(group, ())
            own = await self._cells.own_names(app) if formers or len(members) > 1 else {}
            first_known = own.get(group, Name()).first_day
            named = named.seen([first_known] if first_known is not None else [])
            return Detail(
                id=group,
                name=named,
                algorithm=exemplar.algorithm,
                stack=read_stack(exemplar.stack),
                reports=sum(values[EVERY].values()),
                by_day=dict(by_day),
                values={attribute: (+found).most_common() for attribute, found in values.items()},
                parts=[
                    Part(part, own.get(part, Name()), of_parts[part], part in formers)
                    for part in members
                    if len(members) > 1
                ],
                is_new=is_new(named, period.today),
            )

        return await read_still(self._live, read)

    async def merges(self, app: App, *, anew: bool = False) -> Mapping[str, str]:
        """Return the group that each merged group is shown as; `anew`: after what other nodes counted, too."""
        return await self._cells.merges(app, anew=anew)

    def waiting(self, app: App, group: str) -> int | None:
        """Return how many people have sent the message of a group that is nearest to being shown, if one waits."""
        return self._live.waiting(app.id, group, app.k)

    async def names(self, app: App) -> dict[str, Name]:
        """Return the name of every group of an app that is shown."""
        return merged_names(await self._cells.own_names(app), await self._cells.merges(app))

    async def holding(self, app: App, words: Sequence[str]) -> set[str]:
        """Return the groups whose type, function or stack holds all of some words, whatever their case."""
        merges = await self._cells.merges(app)
        rows = await self._questions.ask("crash_stacks", {"app": app.id, "words": sieve_of(words)})
        live = [(group, one.type, one.function, one.stack) for group, one in self._cells.exemplars(app).items()]
        # The engine sifts: it sees the names of a stack's fields too, which nobody is searching for.
        found = {group for group, kind, function, stack in [*rows, *live] if holds(words, kind, function, stack)}
        return {merges.get(group, group) for group in found}

    async def facets(self, app: App, period: Period) -> dict[str, list[tuple[str, int]]]:
        """Return the values of each attribute with their reports in a period, the most frequent first."""

        async def read() -> dict[str, Counter[str]]:
            found: defaultdict[str, Counter[str]] = defaultdict(Counter)
            asked = {"app": app.id, "since": period.since, "until": period.until}
            for attribute, value, reports in await self._questions.ask("crash_facets", asked):
                found[attribute][value] += reports
            for (_, _, attribute, value), reports in self._cells.live_cells(app, period.since, period.until).items():
                found[attribute][value] += reports
            return found

        counted = await read_still(self._live, read)
        return {
            attribute: sorted((+values).items(), key=lambda item: (-item[1], item[0]))
            for attribute, values in counted.items()
        }

    async def sightings(self, app: App, groups: Collection[str], since: date, until: date) -> Mapping[str, Sightings]:
        """Return the reports of some groups that are shown, by group, day and release."""
        merges = await self._cells.merges(app)
        members = [*groups, *(part for part, into in merges.items() if into in groups)]

        async def read() -> dict[Slice, int]:
            return await self._cells.slices(app, since, until, Bucket.DAY, EVERY, by_value=True, groups=members)

        found: dict[str, dict[tuple[date, str], int]] = {group: {} for group in groups}
        for (day, group, release), reports in (await read_still(self._live, read) if groups else {}).items():
            found[group][day, release] = reports
        return found

    async def release_days(self, app: App) -> dict[tuple[str, date], tuple[int, set[str]]]:
        """Return by release and day how many reports there were, and which groups had them, as long as it is kept.

        A day on which a release was only started is there too, with no report.
        """
        merges = await self._cells.merges(app)

        async def read() -> dict[tuple[str, date], tuple[int, set[str]]]:
            found = {
                (release, day): (reports, {merges.get(group, group) for group in groups})
                for release, day, reports, groups in await self._questions.ask("release_days", {"app": app.id})
            }
            for (day, group, attribute, release), reports in self._cells.live_cells(app, EARLIEST, LATEST).items():
                if attribute == EVERY and reports:
                    before, groups = found.get((release, day), (0, set()))
                    found[release, day] = (before + reports, groups | {merges.get(group, group)})
            return found

        found = await read_still(self._live, read)
        started = await self.sessions(app, EARLIEST, LATEST, Bucket.DAY, totals=False) if app.sessions else {}
        return {**{(release, day): (0, set[str]()) for day, release in started}, **found}

    async def firsts(self, app: App) -> dict[str, date]:
        """Return the first day of every release that reports or sessions named, as long as they are kept."""
        days = await self._questions.ask("release_firsts", {"app": app.id})
        days += [
            (name, day)
            for day, _, attribute, name in self._cells.live_cells(app, EARLIEST, LATEST)
            if attribute == EVERY
        ]
        if app.sessions:
            started = await self.sessions(app, EARLIEST, LATEST, Bucket.DAY, totals=False)
            days += [(name, day) for day, name in started]
        firsts: dict[str, date] = {}
        for name, day in days:
            firsts[name] = min(day, firsts.get(name, day))
        return firsts

    async def slices(
        self, app: App, since: date, until: date, bucket: str, attribute: CrashAttribute, *, by_value: bool
    ) -> dict[Slice, int]:
        """Return reports by bucket (`day`, `week`, `month` or none), by group and, if wanted, by value."""

        async def read() -> dict[Slice, int]:
            return await self._cells.slices(app, since, until, bucket, attribute, by_value=by_value)

        return await read_still(self._live, read)

    async def of_apps(self, apps: Sequence[App], since: date, until: date) -> dict[int, Mapping[tuple[date, str], int]]:
        """Return reports of some apps by app, day and group."""
        merges = {app.id: await self._cells.merges(app) for app in apps}

        async def read() -> dict[int, Mapping[tuple[date, str], int]]:
            found: dict[int, Counter[tuple[date, str]]] = {app.id: Counter() for app in apps}
            parameters = {"apps": [app.id for app in apps], "since": since, "until": until}
            for number, day, group, reports in await self._questions.ask("reports_of_apps", parameters):
                found[number][day, merges[number].get(group, group)] += reports
            for app in apps:
                for (day, group, attribute, _), reports in self._cells.live_cells(app, since, until).items():
                    found[app.id][day, merges[app.id].get(group, group)] += reports if attribute == EVERY else 0
            return {number: +counter for number, counter in found.items()}

        return await read_still(self._live, read)

    async def health(self, app: App, period: Period) -> dict[str, Health]:
        """Return sessions and installations of a period by release."""
        found = await self.sessions(app, period.since, period.until, "", totals=False)
        return by_release({release: amounts for (_, release), amounts in found.items()})

    async def health_by_day(self, app: App, period: Period) -> dict[date, Health]:
        """Return sessions and installations of each day over all releases, an updated installation once."""
        found = await self.sessions(app, period.since, period.until, Bucket.DAY, totals=True)
        return {day: Health.of(amounts) for (day, _), amounts in sorted(found.items())}

    async def sessions(
        self, app: App, since: date, until: date, bucket: str, *, totals: bool
    ) -> dict[tuple[date, str], Sequence[int]]:
        """Return amounts in the order of SESSION_METRICS by bucket and release, or by bucket over all releases."""

        async def read() -> dict[tuple[date, str], Sequence[int]]:
            asked = {"app": app.id, "bucket": str(bucket), "totals": totals, "since": since, "until": until}
            rows = await self._questions.ask("sessions", asked)
            found: dict[tuple[date, str], Sequence[int]] = {(start, name): amounts for start, name, *amounts in rows}
            live = {} if app.profile.at_close_only else self._live.sessions(app.id, since, until)
            for (day, release), amounts in live.items():
                if (release == ALL_RELEASES) == totals:
                    key = (start_of(day, bucket), release)
                    found[key] = [a + b for a, b in zip_longest(found.get(key, ()), amounts, fillvalue=0)]
            return {key: amounts for key, amounts in found.items() if any(amounts)}

        return await read_still(self._live, read)

    async def losses(self, app: App, period: Period) -> list[Loss]:
        """Return what SDKs say that they could not send in a period, the most first."""

        async def read() -> Counter[tuple[str, str]]:
            asked = {"app": app.id, "since": period.since, "until": period.until}
            rows = await self._questions.ask("losses", asked)
            found = Counter({(category, reason): lost for category, reason, lost in rows})
            live = {} if app.profile.at_close_only else self._live.losses(app.id, period.since, period.until)
            for (_, category, reason), lost in live.items():
                found[category, reason] += lost
            return +found

        found = await read_still(self._live, read)
        return [Loss(*key, lost) for key, lost in sorted(found.items(), key=lambda item: (-item[1], item[0]))]
