"""Which crash groups are the ones before under another id, once the algorithm of grouping has changed.

For a while reports also tell the id that the algorithm before gives them. As soon as one does, the new group comes
into what was decided about the old one, once and for good, so that it does not matter when those cells are dropped:

* The old group is shown as its heir, the new group with most of its reports of those that are met first: its counts,
  its notes, and what was merged into it go along. A team can split them again.
* Where one becomes several, each takes the state and the assignment. The counts stay with the heir: nothing is counted
  twice, and what the new algorithm tells apart stays apart.
* Where several become one, that one is as wakeful as the most wakeful of them: no open crash is hidden by a resolved
  one.
* What was told of the old group counts as told of each new one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from sqlalchemy import select, union
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from ingest.store.control.crash_tables import ASSIGNMENTS, DECISIONS, MERGES, NOTES, SUCCESSIONS, TOLD
from ingest.store.control.database import Control
from ingest.store.control.decisions import Decision, State, put_decision, read_decisions
from ingest.store.control.facts import drop_fact, get_fact, put_fact
from ingest.store.control.merges import put_merges, shown_as

Pair = tuple[str, str]
"""A group of the algorithm before, and one that its reports are in now."""

_CHANGING: Final = "grouping changes over since"
_WAKEFUL: Final = (State.REGRESSED, State.OPEN, State.MUTED, State.RESOLVED)


def begin_grouping(control: Control, algorithm: int, today: date, *, has_groups: bool) -> date:
    """Return the day since which crashes are grouped by an algorithm, which is today if it is new here.

    Where no crash was ever counted, no group can have been called otherwise: then it has always been so.
    """
    name = f"grouping {algorithm} since"
    known = get_fact(control, name)
    if known is not None:
        return date.fromisoformat(known)
    if has_groups:
        put_fact(control, _CHANGING, today.isoformat())
    since = today if has_groups else date.min
    put_fact(control, name, since.isoformat())
    return since


def end_changeover(control: Control, before: date) -> None:
    """Forget a change-over that began before a day: what it had to settle is settled."""
    since = get_fact(control, _CHANGING)
    if since is not None and date.fromisoformat(since) < before:
        drop_fact(control, _CHANGING)


def is_changing(control: Control) -> bool:
    """Tell whether groups may have become others of late."""
    return get_fact(control, _CHANGING) is not None


def groups_with_past(control: Control, app: int) -> list[str]:
    """Return the groups of an app about which something is kept here, however long ago they were met."""
    kept = union(
        *(select(table.c.group).where(table.c.app == app) for table in (DECISIONS, ASSIGNMENTS, NOTES, MERGES))
    )
    with control.begin() as connection:
        return list(connection.execute(kept).scalars())


def list_successions(control: Control, app: int) -> dict[str, list[str]]:
    """Return what each group that succeeded others succeeded."""
    with control.begin() as connection:
        return _successions(connection, app)


def succeed(control: Control, app: int, reports: Mapping[Pair, int]) -> None:
    """Let new groups come into what was decided about old ones, in one transaction.

    `reports` are how many reports tell of each pair. Pairs that are settled already change nothing.
    """
    with control.begin() as connection:
        done = _successions(connection, app)
        fresh = {pair: count for pair, count in reports.items() if pair[0] not in done.get(pair[1], ())}
        heirs = _heirs(fresh, {former for formers in done.values() for former in formers})
        decisions = read_decisions(connection, app)
        for group, formers in _formers(fresh).items():
            # Whoever came into a state before has one, or a team opened it since.
            is_first = group not in done and group not in decisions
            made = _inherited(formers, decisions, {one for one in formers if heirs.get(one) == group})
            number = put_decision(connection, app, group, made) if is_first and made is not None else 0
            for former in formers:
                _hand_on(connection, app, former, group)
                _tell(connection, app, (former, group), {decisions[former].id: number} if former in decisions else {})
        for former, heir in heirs.items():
            into = shown_as(connection, app, former)
            # What a team had merged elsewhere stays there, and its heir joins it.
            put_merges(connection, app, *(([former], heir) if into is None else ([heir], into)))


def _successions(connection: Connection, app: int) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(SUCCESSIONS).where(SUCCESSIONS.c.app == app).order_by(SUCCESSIONS.c.former)):
        found[row.group].append(row.former)
    return dict(found)


def _heirs(fresh: Mapping[Pair, int], settled: set[str]) -> dict[str, str]:
    """Return the heir of each old group that has none yet."""
    heirs: dict[str, str] = {}
    for former, group in sorted(fresh, key=lambda pair: (-fresh[pair], pair)):
        if former not in settled:
            heirs.setdefault(former, group)
    return heirs


def _formers(fresh: Mapping[Pair, int]) -> dict[str, list[str]]:
    formers: defaultdict[str, list[str]] = defaultdict(list)
    for former, group in sorted(fresh, key=lambda pair: (-fresh[pair], pair)):
        formers[group].append(former)
    return dict(formers)


def _inherited(formers: Sequence[str], decisions: Mapping[str, Decision], brought: set[str]) -> Decision | None:
    """Return the decision of the most wakeful of some old groups, the newest of several; None for an open one.

    What had been seen when it was made counts for those whose reports are `brought` along.
    """
    found = [decisions.get(former) for former in formers]
    best = min(found, key=_wakefulness)
    if best is None:
        return None
    seen: Counter[str] = Counter()
    for former, made in zip(formers, found, strict=True):
        if former in brought and made is not None and made.day == best.day:
            seen.update(made.seen or {})
    return replace(best, seen=seen)


def _wakefulness(made: Decision | None) -> tuple[int, int]:
    if made is None:
        return _WAKEFUL.index(State.OPEN), 0
    return _WAKEFUL.index(made.state), -made.day.toordinal()


def _hand_on(connection: Connection, app: int, former: str, group: str) -> None:
    """Note who succeeded whom, and give the new group to whoever has the old one, if nobody has it."""
    connection.execute(insert(SUCCESSIONS).values(app=app, former=former, group=group).on_conflict_do_nothing())
    one = ASSIGNMENTS.c.app == app, ASSIGNMENTS.c.group == former
    user = connection.execute(select(ASSIGNMENTS.c.user).where(*one)).scalar_one_or_none()
    if user is not None:
        row = insert(ASSIGNMENTS).values(app=app, group=group, user=user)
        connection.execute(row.on_conflict_do_nothing())


def _tell(connection: Connection, app: int, pair: Pair, numbers: Mapping[int, int]) -> None:
    """Count as told of the new group what was told of the old one. Keys are words joined by colons."""
    former, group = pair
    owner = f"app:{app}"
    of_former = TOLD.c.owner == owner, TOLD.c.key.contains(f":{former}", autoescape=True)
    told = select(TOLD.c.key, TOLD.c.day).where(*of_former)
    for key, day in connection.execute(told).all():
        kind, _, *more = key.split(":")
        of = [str(numbers.get(int(part), part)) if part.isdecimal() else part for part in more]
        row = insert(TOLD).values(owner=owner, key=":".join([kind, group, *of]), day=day)
        connection.execute(row.on_conflict_do_nothing())
