"""Which crash groups a team takes for one. Counters stay as they are: they are added when they are read."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from ingest.store.control.crash_tables import MERGES
from ingest.store.control.database import Control


def merge_groups(control: Control, app: int, groups: Iterable[str], into: str) -> None:
    """Show some groups as another. What was merged into one of them moves along; the other is nobody's part then."""
    with control.begin() as connection:
        put_merges(connection, app, groups, into)


def put_merges(connection: Connection, app: int, groups: Iterable[str], into: str) -> None:
    """Do so within a transaction."""
    target = shown_as(connection, app, into) or into
    for group in set(groups) - {target}:
        row = insert(MERGES).values(app=app, group=group, into=target)
        connection.execute(row.on_conflict_do_update(index_elements=["app", "group"], set_={"into": target}))
        connection.execute(update(MERGES).where(MERGES.c.app == app, MERGES.c.into == group).values(into=target))


def shown_as(connection: Connection, app: int, group: str) -> str | None:
    """Return the group that a group is shown as, or None if it is shown as itself."""
    one = MERGES.c.app == app, MERGES.c.group == group
    return connection.execute(select(MERGES.c.into).where(*one)).scalar_one_or_none()


def split_group(control: Control, app: int, group: str) -> bool:
    """Show a group as itself again and return whether it was merged into another."""
    with control.begin() as connection:
        one = MERGES.c.app == app, MERGES.c.group == group
        return bool(connection.execute(delete(MERGES).where(*one)).rowcount)


def list_merges(control: Control, app: int) -> dict[str, str]:
    """Return the group that each merged group of an app is shown as."""
    query = select(MERGES.c.group, MERGES.c.into).where(MERGES.c.app == app)
    with control.begin() as connection:
        return {row.group: row.into for row in connection.execute(query)}
