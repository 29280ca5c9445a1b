"""The open window as the dashboards may see it: totals, and what has been disclosed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from ingest.counters.cells import CRASH, HOURS, LOSS, REFUSED, SESSION, CrashAttribute, Key
from ingest.counters.exemplar import Exemplar
from ingest.counters.ledger import Ledger
from ingest.crashes.watch import Watch
from ingest.store.writer import Writer


class LiveWindow:
    """A read-only view of the ledger. Tables of values are not in it: they step with each write."""

    def __init__(self, ledger: Ledger, writer: Writer, watch: Watch, present: Callable[[str], tuple[int, int]]) -> None:
        self._ledger = ledger
        self._writer = writer
        self._watch = watch
        self._present = present

    def present(self, site: str) -> tuple[int, int]:
        """Return how many visits did something in the last 5 and in the last 30 minutes."""
        return self._present(site)

    def generation(self) -> int:
        """Return a number that is odd while a batch is being written, and grows with each."""
        # From the moment in which a batch is handed over: after a crash the store may have it already.
        submitted, finished = self._writer.submitted, self._writer.finished
        return 2 * finished + (submitted != finished)

    def hours(self, site: str, since: date, until: date) -> Mapping[tuple[date, int], Sequence[int]]:
        """Return totals by day and hour."""
        found: dict[tuple[date, int], list[int]] = {}
        for day, key, amounts in self._ledger.unwritten(site):
            if key[0] == HOURS and since <= day <= until:
                present = found.setdefault((day, int(key[1])), [0] * len(amounts))
                found[day, int(key[1])] = [a + b for a, b in zip(present, amounts, strict=True)]
        return found

    def crashes(self, app: int, since: date, until: date) -> Mapping[tuple[date, str, str, str], int]:
        """Return disclosed reports by day, group, attribute and value."""
        found: dict[tuple[date, str, str, str], int] = {}
        for day, key, amounts in self._ledger.unwritten(f"app:{app}"):
            if key[0] == CRASH and since <= day <= until:
                name = (day, key[1], key[2], key[3])
                found[name] = found.get(name, 0) + amounts[0]
        return found

    def sessions(self, app: int, since: date, until: date) -> Mapping[tuple[date, str], Sequence[int]]:
        """Return sessions by day and release."""
        return {(day, key[0]): amounts for (day, key), amounts in self._of(app, SESSION, since, until).items()}

    def losses(self, app: int, since: date, until: date) -> Mapping[tuple[date, str, str], int]:
        """Return what SDKs could not send, by day, category and reason."""
        return {(day, key[0], key[1]): amounts[0] for (day, key), amounts in self._of(app, LOSS, since, until).items()}

    def _of(self, app: int, kind: str, since: date, until: date) -> Mapping[tuple[date, Key], Sequence[int]]:
        """Return the amounts of a kind by day and the rest of the key."""
        found: dict[tuple[date, Key], list[int]] = {}
        for day, key, amounts in self._ledger.unwritten(f"app:{app}"):
            if key[0] == kind and since <= day <= until:
                present = found.setdefault((day, key[1:]), [0] * len(amounts))
                found[day, key[1:]] = [a + b for a, b in zip(present, amounts, strict=True)]
        return found

    def exemplars(self, app: int) -> Mapping[str, Exemplar]:
        """Return the stacks of groups that the store may have none of yet."""
        return self._ledger.exemplars(f"app:{app}")

    def waiting(self, app: int, group: str, k: int) -> int | None:
        """Return how many people have sent the message of a group that is nearest to k, or None if none waits."""
        return self._watch.nearest((f"app:{app}", group), CrashAttribute.MESSAGE.value, k)

    def refusals(self, owner: str, since: date, until: date) -> Mapping[tuple[date, str], int]:
        """Return refused submissions by day and reason."""
        found: dict[tuple[date, str], int] = {}
        for day, key, amounts in self._ledger.unwritten(owner):
            if key[0] == REFUSED and since <= day <= until:
                found[day, key[1]] = found.get((day, key[1]), 0) + amounts[0]
        return found
