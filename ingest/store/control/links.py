"""One-time links: they sign somebody in once, within a quarter of an hour."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, insert, select

from ingest.store.control.database import LINKS, SESSIONS, USERS, Control
from ingest.store.control.secrets import digest_of, make_secret
from ingest.store.control.users import User, read_user

LIFE: Final = 15 * 60
"""Seconds for which a link can be used."""


def make_link(control: Control, user: int, now: float) -> str:
    """Make a link for a user and return its secret, the last part of `/login/<token>`. Older ones stay valid."""
    secret = make_secret()
    with control.begin() as connection:
        connection.execute(delete(LINKS).where(LINKS.c.expires <= int(now)))
        connection.execute(insert(LINKS).values(digest=digest_of(secret), user=user, expires=int(now) + LIFE))
    return secret


def reset_access(control: Control, user: int, now: float) -> str:
    """End every session and every unused link of a user, and return the secret of a new link."""
    with control.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user))
        connection.execute(delete(LINKS).where(LINKS.c.user == user))
    return make_link(control, user, now)


def use_link(control: Control, secret: str, now: float) -> User | None:
    """Use up a link and return its user, or None when it was used, is too old, or never was."""
    with control.begin() as connection:
        # One statement takes the row away and says whose it was: two browsers cannot both get it.
        user = connection.execute(
            delete(LINKS).where(LINKS.c.digest == digest_of(secret), LINKS.c.expires > int(now)).returning(LINKS.c.user)
        ).scalar_one_or_none()
        if user is None:
            return None
        row = connection.execute(select(USERS).where(USERS.c.id == user)).one()
    return read_user(row)
