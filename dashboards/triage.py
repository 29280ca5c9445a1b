"""Where each crash group stands: what its team decided, and what its reports have done to that since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from starlette.concurrency import run_in_threadpool

from dashboards.lineage import Lineage
from dashboards.numbers import many
from dashboards.period import EARLIEST, in_words
from dashboards.reports import Reports, Sightings
from dashboards.versions import UNNAMED
from ingest.app import App
from ingest.store.control.actions import note_action
from ingest.store.control.assignments import list_assignments
from ingest.store.control.database import Control
from ingest.store.control.decisions import Decision, State, Until, decide, list_decisions, reopen
from ingest.store.control.users import User
from ingest.store.control.users import list_users as list_members

OPEN: Final = Decision(State.OPEN, Until.NOW, date.min)
"""What holds for a group about which nothing was decided."""

WAITING: Final = frozenset({State.RESOLVED, State.MUTED})
"""States that reports can end."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A group's state, and whose it is."""

    decision: Decision = OPEN
    assignee: User | None = None

    @property
    def state(self) -> State:
        """The state alone."""
        return self.decision.state

    @property
    def wait(self) -> str:
        """What the state waits for, in words."""
        return wait_of(self.decision) if self.decision.id else ""


class Triage:
    """Reads and changes what is decided about the groups of apps."""

    def __init__(self, reports: Reports, control: Control) -> None:
        self._reports = reports
        self._control = control

    async def lineage(self, app: App) -> Lineage:
        """Return the order of an app's releases."""
        return Lineage(await self._reports.firsts(app))

    async def standings(self, app: App, today: date, lineage: Lineage | None = None) -> dict[str, Standing]:
        """Return where the groups stand about which something was decided, or which somebody has.

        `lineage` is the order of the releases, if it is known already.
        """
        judged = await self._judge(app, await self.settled(app), today, lineage)
        merges = await self._reports.merges(app)
        assignees = await run_in_threadpool(list_assignments, self._control, app.id)
        return {
            group: Standing(judged.get(group, OPEN), assignees.get(group))
            for group in {*judged, *assignees}
            if group not in merges
        }

    async def settled(self, app: App) -> dict[str, Decision]:
        """Return the decisions as they are kept, without what reports have done to them since."""
        merges = await self._reports.merges(app)
        decisions = await run_in_threadpool(list_decisions, self._control, app.id)
        return {group: decision for group, decision in decisions.items() if group not in merges}

    async def settle(self, app: App, today: date, now: float) -> None:
        """Keep what followed from the reports: regressions, and mutes that are over. Another node may have done so."""
        await self._reports.merges(app, anew=True)
        before = await self.settled(app)
        after = await self._judge(app, before, today)
        for group, decision in after.items():
            if decision == before[group]:
                continue
            if await run_in_threadpool(decide, self._control, app.id, group, decision, before[group].id):
                told = app.owner, "", decision.state.value, group, wait_of(decision), now
                await run_in_threadpool(note_action, self._control, *told)

    async def resolve(self, app: App, group: str, until: Until, release: str, today: date) -> Decision:
        """Call a group resolved: now, in the next release, or in a release that is named."""
        seen, releases = await self._so_far(app, group, today)
        if until is not Until.RELEASE:
            release = (await self.lineage(app)).newest(releases)
        made = Decision(State.RESOLVED, until, today, release=release, seen=seen)
        await run_in_threadpool(decide, self._control, app.id, group, made)
        return made

    async def mute(self, app: App, group: str, until: Until, number: int, end: date | None, today: date) -> Decision:
        """Mute a group until so many more reports, so many a day, or a day."""
        seen, _ = await self._so_far(app, group, today)
        made = Decision(State.MUTED, until, today, number=number, end=end, seen=seen)
        await run_in_threadpool(decide, self._control, app.id, group, made)
        return made

    async def rebase(self, app: App, group: str, today: date) -> None:
        """Begin to wait anew after a merge: what the other group had been met with contradicts no decision."""
        made = (await self.settled(app)).get(group)
        if made is not None and made.state in WAITING:
            seen, _ = await self._so_far(app, group, today)
            await run_in_threadpool(decide, self._control, app.id, group, replace(made, day=today, seen=seen))

    async def reopen(self, app: App, group: str) -> None:
        """Open a group again."""
        await run_in_threadpool(reopen, self._control, app.id, group)

    async def members(self) -> list[User]:
        """Return everybody whom a group can be given to."""
        return await run_in_threadpool(list_members, self._control)

    async def _so_far(self, app: App, group: str, today: date) -> tuple[dict[str, int], set[str]]:
        """Return a group's reports of today by release, and every release that had it as long as that is kept."""
        found = (await self._reports.sightings(app, [group], EARLIEST, today))[group]
        seen = {release: reports for (day, release), reports in found.items() if day == today}
        return seen, {release for _, release in found}

    async def _judge(
        self, app: App, decisions: Mapping[str, Decision], today: date, lineage: Lineage | None = None
    ) -> dict[str, Decision]:
        waiting = {one: made for one, made in decisions.items() if made.state in WAITING}
        if not waiting:
            return dict(decisions)
        since = min(decision.day for decision in waiting.values())
        found = await self._reports.sightings(app, waiting, since, max(since, today))
        lineage = lineage or await self.lineage(app)
        judged = {group: judge(made, later(made, found[group]), lineage, today) for group, made in waiting.items()}
        return {**decisions, **judged}


def later(decision: Decision, sightings: Sightings) -> dict[tuple[date, str], int]:
    """Return the reports that came after a decision: of its day those beyond what had been seen when it was made."""
    seen = decision.seen or {}
    since = {key: reports for key, reports in sightings.items() if key[0] >= decision.day}
    left = {
        (day, release): reports - (seen.get(release, 0) if day == decision.day else 0)
        for (day, release), reports in since.items()
    }
    return {key: reports for key, reports in left.items() if reports > 0}


def judge(decision: Decision, reports: Mapping[tuple[date, str], int], lineage: Lineage, today: date) -> Decision:
    """Return what became of a decision by the reports that came after it."""
    if decision.state is State.RESOLVED:
        back = [(day, release) for day, release in reports if _breaks(decision, release, lineage)]
        if back:
            day, release = min(back, key=lambda one: (one[0], lineage.place(one[1])))
            return replace(decision, state=State.REGRESSED, day=day, release=release, seen=None)
    if decision.state is State.MUTED and _is_over(decision, reports, today):
        return replace(decision, state=State.OPEN, day=today, seen=None)
    return decision


def _breaks(decision: Decision, release: str, lineage: Lineage) -> bool:
    """Tell whether a report of a release contradicts that the group is resolved."""
    if decision.until is Until.NEXT and (release == decision.release or release in UNNAMED):
        return False
    return lineage.is_at_least(release, decision.release)


def _is_over(decision: Decision, reports: Mapping[tuple[date, str], int], today: date) -> bool:
    if decision.until is Until.DATE:
        return decision.end is not None and today >= decision.end
    if decision.until is Until.MORE:
        return sum(reports.values()) >= decision.number
    by_day: Counter[date] = Counter()
    for (day, _), count in reports.items():
        by_day[day] += count
    return max(by_day.values(), default=0) >= decision.number


def wait_of(decision: Decision) -> str:
    """Return in words what a decision waits for, or what ended it."""
    if decision.state is State.REGRESSED:
        return f"in {decision.release}" if decision.release not in UNNAMED else ""
    known = decision.release not in UNNAMED
    return {
        Until.NOW: f"from {decision.release} on" if known else "",
        Until.NEXT: f"in the release after {decision.release}" if known else "in the next release",
        Until.RELEASE: f"in {decision.release}",
        Until.MORE: f"until {many(decision.number, 'more report')}",
        Until.DAILY: f"until {many(decision.number, 'report')} a day",
        Until.DATE: f"until {in_words(decision.end)}" if decision.end else "",
    }[decision.until]
