"""From session updates to amounts: each run of an app counts once, and each installation once a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import ALL_RELEASES, SESSION, SessionMetric
from ingest.counters.disclosure import Who
from ingest.counters.window import Day
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


class Runs:
    """The runs and installations that were heard of on days that are open: keyed digests of the day, in memory.

    After a crash of ours nothing of it is left: a run that goes on may then count once more, and an installation too.
    Past a million runs a day no more are remembered, and what an SDK says is taken as it is.
    """

    def __init__(self, keys: DayKeys) -> None:
        self._keys = keys
        self._runs: dict[tuple[str, date], dict[bytes, int]] = {}
        self._seen: dict[tuple[str, date], set[int]] = {}

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
        self._seen.pop((day.owner, day.date), None)

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
        for name in (release, ALL_RELEASES):
            own = amounts.copy()
            if installation:
                own[SessionMetric.INSTALLS] = int(self._is_first(day, (who.sender, name)))
                own[SessionMetric.CRASHED_INSTALLS] = int(crashed and self._is_first(day, (who.sender, name, crashed)))
            if any(own):
                day.add((SESSION, name), own, who, free=name == ALL_RELEASES or not waits_for_others(name))

    def _is_first(self, day: Day, mark: tuple[object, ...]) -> bool:
        """Tell whether an installation is heard of for the first time today, and remember it."""
        seen = self._seen.setdefault((day.owner, day.date), set())
        number = hash(mark)
        if number in seen:
            return False
        seen.add(number)
        return True
