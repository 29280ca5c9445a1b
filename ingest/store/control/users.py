"""The people who may sign in."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from ingest.store.control.database import LINKS, SESSIONS, USERS, Control, ControlError

LONGEST_NAME: Final = 64


class Role(StrEnum):
    """What a user may do. Each role may do what the ones after it may."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"

    def covers(self, other: Role) -> bool:
        """Return whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    id: int
    name: str
    role: Role
    has_password: bool


def add_user(control: Control, name: str, role: Role) -> User:
    """Add a user without a password. Raises ControlError when the name is taken or unusable."""
    name = clean_name(name)
    try:
        with control.begin() as connection:
            done = connection.execute(insert(USERS).values(name=name, role=role.value))
            return User(int(done.inserted_primary_key[0]), name, role, has_password=False)  # type: ignore[index]
    except IntegrityError as error:
        raise ControlError("a user of that name exists: `logless user reset` prints a new link") from error


def clean_name(name: str) -> str:
    """Return a name in its canonical form. Raises ControlError when it is empty, too long or not printable."""
    name = unicodedata.normalize("NFKC", name).strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ControlError(f"a user's name has 1 to {LONGEST_NAME} printable characters")
    return name


def find_user(control: Control, name: str) -> User | None:
    """Return the user of that name, or None."""
    try:
        name = clean_name(name)
    except ControlError:
        return None
    with control.begin() as connection:
        row = connection.execute(select(USERS).where(USERS.c.name == name)).first()
    return None if row is None else read_user(row)


def list_users(control: Control) -> list[User]:
    """Return every user, by name."""
    with control.begin() as connection:
        return [read_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]


def has_users(control: Control) -> bool:
    """Return whether anybody may sign in yet."""
    with control.begin() as connection:
        return bool(connection.execute(select(func.count()).select_from(USERS)).scalar_one())


def set_role(control: Control, name: str, role: Role) -> User:
    """Give a user another role and end their sessions. Raises ControlError for the last owner or nobody."""
    user = _existing(control, name)
    allowed = true() if role is Role.OWNER else _leaves_an_owner()
    with control.begin() as connection:
        change = update(USERS).where(USERS.c.id == user.id, allowed).values(role=role.value)
        if not connection.execute(change).rowcount:
            raise _last_owner()
        connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user.id))
    return User(user.id, user.name, role, user.has_password)


def remove_user(control: Control, name: str) -> None:
    """Remove a user with all sessions and links. Raises ControlError for the last owner or nobody."""
    user = _existing(control, name)
    with control.begin() as connection:
        if not connection.execute(delete(USERS).where(USERS.c.id == user.id, _leaves_an_owner())).rowcount:
            raise _last_owner()


def password_of(control: Control, name: str) -> tuple[User, str] | None:
    """Return a user and the argon2 text of their password, or None when there is no such user or no password."""
    user = find_user(control, name)
    if user is None:
        return None
    with control.begin() as connection:
        encoded = connection.execute(select(USERS.c.password).where(USERS.c.id == user.id)).scalar_one_or_none()
    return None if encoded is None else (user, encoded)


def set_password(control: Control, user: int, encoded: str) -> None:
    """Keep the argon2 text of a user's password; unused links of theirs end."""
    with control.begin() as connection:
        connection.execute(update(USERS).where(USERS.c.id == user).values(password=encoded))
        connection.execute(delete(LINKS).where(LINKS.c.user == user))


def read_user(row: Row[Any]) -> User:
    """Build a user from a row of the table."""
    return User(row.id, row.name, Role(row.role), row.password is not None)


def _existing(control: Control, name: str) -> User:
    user = find_user(control, name)
    if user is None:
        raise ControlError("there is no user of that name: `logless user add` makes one")
    return user


def _leaves_an_owner() -> ColumnElement[bool]:
    """Return what must hold of a user's row in the very statement that takes a role away.

    Asked before, two owners could each see the other and both go.
    """
    others = USERS.alias()
    owners = select(func.count()).where(others.c.role == Role.OWNER.value).scalar_subquery()
    return (USERS.c.role != Role.OWNER.value) | (owners > 1)


def _last_owner() -> ControlError:
    return ControlError("this is the last owner: make another one first")
