"""What a team decided about a crash group: it is resolved, or muted, until something happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.engine import Connection

from ingest.store.control.crash_tables import DECISIONS
from ingest.store.control.database import Control

_EPOCH: Final = date(1970, 1, 1).toordinal()


class State(StrEnum):
    """Where a group stands. A group about which nothing was decided is open."""

    OPEN = "open"
    REGRESSED = "regressed"
    MUTED = "muted"
    RESOLVED = "resolved"


class Until(StrEnum):
    """What a state waits for; of an open group, what ended its mute."""

    NOW = "now"  # resolved from the newest release on
    NEXT = "next"  # resolved in whatever release comes after the newest
    RELEASE = "release"  # resolved in a release that was named
    MORE = "more"  # muted until so many more reports came
    DAILY = "daily"  # muted until so many reports came on one day
    DATE = "date"  # muted until a day


@dataclass(frozen=True, slots=True)
class Decision:
    """A state that somebody chose for a group, or that followed from it by itself.

    `seen` are the reports of `day` by release, as they stood at the moment: what is more came later.
    """

    state: State
    until: Until
    day: date
    release: str = ""
    number: int = 0
    end: date | None = None
    seen: Mapping[str, int] | None = None
    id: int = 0


def decide(control: Control, app: int, group: str, decision: Decision, instead_of: int | None = None) -> bool:
    """Put a decision in the place of an earlier one and return whether that was done.

    With `instead_of` only if the present one still is that: of two that follow by themselves one is kept.
    """
    with control.begin() as connection:
        present = DECISIONS.c.app == app, DECISIONS.c.group == group
        old = delete(DECISIONS).where(*present)
        if instead_of is not None:
            old = old.where(DECISIONS.c.id == instead_of)
        gone = connection.execute(old).rowcount
        if instead_of is not None and not gone:
            return False
        put_decision(connection, app, group, decision)
    return True


def put_decision(connection: Connection, app: int, group: str, decision: Decision) -> int:
    """Keep a decision about a group that has none, within a transaction, and return its number."""
    row = insert(DECISIONS).values(
        app=app,
        group=group,
        state=decision.state.value,
        until=decision.until.value,
        release=decision.release,
        number=decision.number,
        end=decision.end.toordinal() - _EPOCH if decision.end else None,
        day=decision.day.toordinal() - _EPOCH,
        seen=json.dumps(dict(decision.seen or {})),
    )
    return int(connection.execute(row.returning(DECISIONS.c.id)).scalar_one())


def reopen(control: Control, app: int, group: str) -> None:
    """Forget the decision about a group: it is open again."""
    with control.begin() as connection:
        connection.execute(delete(DECISIONS).where(DECISIONS.c.app == app, DECISIONS.c.group == group))


def list_decisions(control: Control, app: int) -> dict[str, Decision]:
    """Return every decision about the groups of an app."""
    with control.begin() as connection:
        return read_decisions(connection, app)


def read_decisions(connection: Connection, app: int) -> dict[str, Decision]:
    """Return the same within a transaction."""
    return {row.group: _read(row) for row in connection.execute(select(DECISIONS).where(DECISIONS.c.app == app))}


def _read(row: Row[Any]) -> Decision:
    return Decision(
        state=State(row.state),
        until=Until(row.until),
        day=date.fromordinal(_EPOCH + row.day),
        release=row.release,
        number=row.number,
        end=date.fromordinal(_EPOCH + row.end) if row.end is not None else None,
        seen=json.loads(row.seen),
        id=row.id,
    )
