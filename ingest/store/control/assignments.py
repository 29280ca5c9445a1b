"""Which member looks after a crash group."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from ingest.store.control.crash_tables import ASSIGNMENTS
from ingest.store.control.database import USERS, Control, ControlError
from ingest.store.control.users import User, read_user


def assign(control: Control, app: int, group: str, user: int) -> None:
    """Give a group to a member. Raises ControlError when there is none of that number."""
    statement = insert(ASSIGNMENTS).values(app=app, group=group, user=user)
    try:
        with control.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["app", "group"], set_={"user": user}))
    except IntegrityError as error:
        raise ControlError("there is no such member") from error


def unassign(control: Control, app: int, group: str) -> None:
    """Take a group from whoever has it."""
    with control.begin() as connection:
        connection.execute(delete(ASSIGNMENTS).where(ASSIGNMENTS.c.app == app, ASSIGNMENTS.c.group == group))


def list_assignments(control: Control, app: int) -> dict[str, User]:
    """Return who has which group of an app."""
    query = (
        select(ASSIGNMENTS.c.group, USERS).join(USERS, USERS.c.id == ASSIGNMENTS.c.user).where(ASSIGNMENTS.c.app == app)
    )
    with control.begin() as connection:
        return {row.group: read_user(row) for row in connection.execute(query)}
