"""From session updates to amounts: each run of an app counts once, and each installation once a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import ALL_RELEASES, CRASH, SESSION, SessionMetric
from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.counters.firsts import Firsts
from ingest.crashes.crowd import Crowd
from ingest.crashes.release import waits_for_others
from ingest.crashes.sessions import Aggregate, Outcome, Update

_MOST_RUNS: Final = 1_000_000
_BEGUN: Final = 4
_WORST: Final = 3
_METRICS: Final[Mapping[Outcome, SessionMetric]] = {
    Outcome.ERRORED: SessionMetric.ERRORED,
    Outcome.ABNORMAL: SessionMetric.ABNORMAL,
    Outcome.CRASHED: SessionMetric.CRASHED,
}


class Heard(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is known of the runs and installations of one day of an app, as a planned restart hands it on."""

    owner: str
    day: int  # ordinal of the date
    runs: dict[bytes, int]
    salt: bytes
    marks: bytes


class Runs:
    """The runs and installations that were heard of on days that are open: keyed digests of the day, in memory.

    After a crash of ours nothing of it is left: a run that goes on may then count once more, and an installation too.
    Past a million runs a day no more are remembered, and what an SDK says is taken as it is.
    """

    def __init__(self, keys: DayKeys, crowd: Crowd | None = None) -> None:
        """Take the keys of the day, and what bounds the releases of a day."""
        self._keys = keys
        self._crowd = crowd if crowd is not None else Crowd()
        self._runs: dict[tuple[str, date], dict[bytes, int]] = {}
        self._firsts: dict[tuple[str, date], Firsts] = {}

    def update(self, day: Day, update: Update, who: Who) -> None:
        """Count what an update adds to what is known of its run."""
        amounts = [0] * len(SessionMetric)
        known = self._remember(day, update)
        if update.begins and not known & _BEGUN:
            amounts[SessionMetric.SESSIONS] = 1
        worst = Outcome(known & _WORST)
        if update.outcome > worst:
            amounts[_METRICS[update.outcome]] = 1
            if worst is not Outcome.HEALTHY:
                amounts[_METRICS[worst]] = -1
        self._count(day, update.installation, update.release, amounts, who)

    def add(self, day: Day, aggregate: Aggregate, who: Who) -> None:
        """Count runs that an SDK has summed."""
        amounts = [0] * len(SessionMetric)
        amounts[SessionMetric.SESSIONS] = sum(aggregate.runs)
        for outcome, metric in _METRICS.items():
            amounts[metric] = aggregate.runs[outcome]
        self._count(day, aggregate.installation, aggregate.release, amounts, who)

    def forget(self, day: Day) -> None:
        """Let go of all that was heard of on a day that closed."""
        self._runs.pop((day.owner, day.date), None)
        self._firsts.pop((day.owner, day.date), None)

    def hand_over(self) -> list[Heard]:
        """Return all that was heard of: for the next process' memory in a planned restart."""
        names = self._runs.keys() | self._firsts.keys()
        return [
            Heard(owner, day.toordinal(), self._runs.get((owner, day), {}), *self._firsts_of(owner, day).remember())
            for owner, day in names
        ]

    def take_over(self, heard: Iterable[Heard]) -> None:
        """Go on with what the process before has handed over."""
        for each in heard:
            name = each.owner, date.fromordinal(each.day)
            self._runs[name] = each.runs
            self._firsts[name] = Firsts.recall(each.salt, each.marks)

    def _firsts_of(self, owner: str, day: date) -> Firsts:
        firsts = self._firsts.get((owner, day))
        if firsts is None:
            firsts = self._firsts[owner, day] = Firsts()
        return firsts

    def _remember(self, day: Day, update: Update) -> int:
        """Return what was known of the run before: whether it began, and its worst outcome."""
        if not update.run:
            return 0
        # "Session updates must not change the attributes": another release is another run.
        digest = self._keys.session(day.owner, day.date, f"{update.release}\0{update.run}")
        runs = self._runs.setdefault((day.owner, day.date), {})
        known = runs.get(digest, 0)
        if digest in runs or len(runs) < _MOST_RUNS:
            runs[digest] = known & _BEGUN | _BEGUN * update.begins | max(known & _WORST, update.outcome)
        return known

    def _count(self, day: Day, installation: str, release: str, amounts: list[int], who: Who) -> None:
        crashed = amounts[SessionMetric.CRASHED] > 0
        waits = waits_for_others(release) or not self._crowd.has_room_for_release(day.owner, day.date, release)
        for name in (release, ALL_RELEASES):
            own = amounts.copy()
            if installation:
                firsts = self._firsts_of(day.owner, day.date)
                own[SessionMetric.INSTALLS] = int(firsts.add(who.sender, (SESSION, name)))
                own[SessionMetric.CRASHED_INSTALLS] = int(crashed and firsts.add(who.sender, (CRASH, name)))
            if any(own):
                day.add((SESSION, name), own, who, free=name == ALL_RELEASES or not waits)
