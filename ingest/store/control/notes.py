"""What members write about a crash group."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete, insert, select

from ingest.store.control.crash_tables import NOTES
from ingest.store.control.database import USERS, Control, ControlError

LONGEST: Final = 2_000
_EPOCH: Final = date(1970, 1, 1).toordinal()

Tripwire = Callable[[str], str | None]
"""Returns what a text seems to identify somebody by, such as `email`, or None."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note. `author` is empty once the member is gone."""

    id: int
    user: int | None
    author: str
    day: date
    text: str


def add_note(control: Control, app: int, group: str, user: int, text: str, day: date, tripwire: Tripwire) -> None:
    """Keep a note. Raises ControlError when it is empty, too long, not text, or seems to identify somebody.

    Notes are copied out of support tickets, so they pass the same tripwire as what apps send.
    """
    text = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
    if not 0 < len(text) <= LONGEST or not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise ControlError(f"A note has 1 to {LONGEST:,} characters.")
    found = tripwire(text)
    if found is not None:
        raise ControlError(f"This note was not kept: it seems to hold somebody's identifier ({found}).")
    with control.begin() as connection:
        row = {"app": app, "group": group, "user": user, "day": day.toordinal() - _EPOCH, "text": text}
        connection.execute(insert(NOTES).values(row))


def delete_note(control: Control, app: int, note: int) -> bool:
    """Delete a note about a group of an app and return whether there was one of that number."""
    with control.begin() as connection:
        one = NOTES.c.id == note, NOTES.c.app == app
        return bool(connection.execute(delete(NOTES).where(*one)).rowcount)


def list_notes(control: Control, app: int, groups: Collection[str]) -> list[Note]:
    """Return the notes about some groups, the oldest first."""
    query = (
        select(NOTES, USERS.c.name)
        .join(USERS, USERS.c.id == NOTES.c.user, isouter=True)
        .where(NOTES.c.app == app, NOTES.c.group.in_(groups))
        .order_by(NOTES.c.id)
    )
    with control.begin() as connection:
        return [
            Note(row.id, row.user, row.name or "", date.fromordinal(_EPOCH + row.day), row.text)
            for row in connection.execute(query)
        ]
