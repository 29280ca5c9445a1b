"""Cells of crash reports, by the groups that are shown: what the store holds, and what is disclosed but unwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from starlette.concurrency import run_in_threadpool

from dashboards.groups import Name
from dashboards.live import Live
from dashboards.period import EARLIEST, LATEST, start_of
from dashboards.questions import Questions
from ingest.app import App
from ingest.counters.cells import CrashAttribute
from ingest.counters.exemplar import Exemplar
from ingest.store.control.database import Control
from ingest.store.control.merges import list_merges
from ingest.store.control.successions import Pair, groups_with_past, is_changing, list_successions, succeed

Slice = tuple[date, str, str]
"""The first day of a bucket, a group, and a value: empty where they were not asked for."""


class CrashCells:
    """Reads cells. Groups that a team merged are added up here, so that whatever is read says the same."""

    def __init__(self, questions: Questions, live: Live, control: Control) -> None:
        self._questions = questions
        self._live = live
        self._control = control
        self._succeeded: dict[int, object] = {}

    async def merges(self, app: App, *, anew: bool = False) -> Mapping[str, str]:
        """Return the group that each merged group is shown as.

        While the algorithm of grouping changes over, groups that are only named anew come into their own first.
        Whatever is read or decided about groups asks for merges before it does so. The store is asked again when this
        node has counted something since, or `anew`: then what another node wrote is settled too.
        """
        if await run_in_threadpool(is_changing, self._control):
            live = self._live_formers(app)
            counted = self._live.generation(), live
            if anew or self._succeeded.get(app.id) != counted:
                await self._succeed(app, live)
                self._succeeded[app.id] = counted
        return await run_in_threadpool(list_merges, self._control, app.id)

    async def successions(self, app: App) -> Mapping[str, Sequence[str]]:
        """Return what the groups were before that succeeded others."""
        return await run_in_threadpool(list_successions, self._control, app.id)

    def _live_formers(self, app: App) -> dict[Pair, int]:
        return {
            (former, group): reports
            for (_, group, attribute, former), reports in self.live_cells(app, EARLIEST, LATEST).items()
            if attribute == CrashAttribute.FORMER
        }

    async def _succeed(self, app: App, live: Mapping[Pair, int]) -> None:
        """Settle what reports tell of groups of the algorithm before, as far as there were such groups."""
        past = await run_in_threadpool(groups_with_past, self._control, app.id)
        known = {*past, *self.exemplars(app)}
        asked = {"app": app.id, "known": sorted(known), "unwritten": [former for former, _ in live]}
        rows = await self._questions.ask("crash_formers", asked)
        there = known | {former for former, _, _ in rows}
        found = Counter({(former, group): reports for former, group, reports in rows if group})
        found.update({pair: reports for pair, reports in live.items() if pair[0] in there})
        if found:
            await run_in_threadpool(succeed, self._control, app.id, +found)

    async def own_names(self, app: App) -> dict[str, Name]:
        """Return the name of every group, the merged ones under their own."""
        found = {
            group: Name(kind, function, first, last)
            for group, kind, function, first, last in await self._questions.ask("crash_names", {"app": app.id})
        }
        for group, exemplar in self.exemplars(app).items():
            if group not in found or not found[group].type:
                found[group] = Name(exemplar.type, exemplar.function)
        for group, formers in (await self.successions(app)).items():
            # What is only called otherwise is not new.
            firsts = [name.first_day for former in formers if (name := found.get(former)) and name.first_day]
            if group in found and firsts:
                found[group] = found[group].seen(firsts)
        return found

    async def slices(
        self,
        app: App,
        since: date,
        until: date,
        bucket: str,
        attribute: str,
        *,
        by_value: bool,
        groups: Collection[str] = (),
        values: Collection[str] = (),
    ) -> dict[Slice, int]:
        """Return reports by bucket, group that is shown and, if wanted, value; of some groups and values or of all."""
        merges = await self.merges(app)
        stored = await self.stored(
            app, since, until, bucket, attribute, by_value=by_value, groups=groups, values=values
        )
        found: Counter[Slice] = Counter()
        for (start, group, value), reports in stored.items():
            found[start, merges.get(group, group), value] += reports
        for (day, group, name, value), reports in self.live_cells(app, since, until).items():
            if name == attribute and (not groups or group in groups) and (not values or value in values):
                found[start_of(day, bucket), merges.get(group, group), value if by_value else ""] += reports
        return +found

    async def stored(
        self,
        app: App,
        since: date,
        until: date,
        bucket: str,
        attribute: str,
        *,
        by_value: bool,
        groups: Collection[str] = (),
        values: Collection[str] = (),
    ) -> Counter[Slice]:
        """Return what the store holds of that, each group under its own id."""
        parameters = {
            "app": app.id,
            "attribute": str(attribute),
            "groups": list(groups),
            "values": list(values),
            "bucket": str(bucket),
            "by_value": by_value,
            "since": since,
            "until": until,
        }
        rows = await self._questions.ask("crashes", parameters)
        return Counter({(start, group, value): reports for start, group, value, reports in rows})

    def live_cells(self, app: App, since: date, until: date) -> Mapping[tuple[date, str, str, str], int]:
        """Return what is unwritten, by day, group, attribute and value."""
        # A strict app is written once, when the day closes, and is not shown before.
        return {} if app.profile.at_close_only else self._live.crashes(app.id, since, until)

    def exemplars(self, app: App) -> Mapping[str, Exemplar]:
        """Return the stacks that the store may have none of yet."""
        return {} if app.profile.at_close_only else self._live.exemplars(app.id)

    def unwritten(self, app: App, groups: Sequence[str]) -> Exemplar | None:
        """Return the first of such stacks that one of some groups has."""
        exemplars = self.exemplars(app)
        return next((exemplars[group] for group in groups if group in exemplars), None)
