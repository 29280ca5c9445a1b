"""Who is signed in: server-side sessions that can be listed and ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, select, update

from ingest.store.control.database import SESSIONS, USERS, Control
from ingest.store.control.secrets import digest_of, make_secret
from ingest.store.control.users import Role, User

IDLE_DAYS: Final = 7
LONGEST_DAYS: Final = 30
"""Ends are whole days, rounded up, so that a row tells the day of somebody's last visit and no moment."""

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    id: int
    user: User
    by_link: bool
    began: date
    ends: date


def start_session(control: Control, user: int, now: float, *, by_link: bool) -> str:
    """Start a session and return the secret for the cookie, which is kept nowhere."""
    secret = make_secret()
    ends = _day_after(now, LONGEST_DAYS)
    with control.begin() as connection:
        connection.execute(delete(SESSIONS).where(_is_over(now)))
        connection.execute(
            insert(SESSIONS).values(
                digest=digest_of(secret),
                user=user,
                by_link=by_link,
                began=int(now // _DAY),
                idle_until=_day_after(now, IDLE_DAYS),
                ends=ends,
            )
        )
    return secret


def read_session(control: Control, secret: str, now: float) -> Session | None:
    """Return the session of a cookie and keep it alive, or None when there is none or it is over."""
    digest = digest_of(secret)
    with control.begin() as connection:
        row = connection.execute(
            select(SESSIONS, USERS.c.name, USERS.c.role, USERS.c.password)
            .join(USERS, USERS.c.id == SESSIONS.c.user)
            .where(SESSIONS.c.digest == digest, ~_is_over(now))
        ).first()
        if row is None:
            return None
        idle_until = _day_after(now, IDLE_DAYS)
        if idle_until > row.idle_until:
            connection.execute(update(SESSIONS).where(SESSIONS.c.digest == digest).values(idle_until=idle_until))
    user = User(row.user, row.name, Role(row.role), row.password is not None)
    return Session(row.id, user, row.by_link, _date(row.began), _date(min(row.ends, idle_until)))


def list_sessions(control: Control, user: User, now: float) -> list[Session]:
    """Return the open sessions of a user, the newest first."""
    query = select(SESSIONS).where(SESSIONS.c.user == user.id, ~_is_over(now)).order_by(SESSIONS.c.id.desc())
    with control.begin() as connection:
        return [
            Session(row.id, user, row.by_link, _date(row.began), _date(min(row.ends, row.idle_until)))
            for row in connection.execute(query)
        ]


def end_session(control: Control, user: int, session: int) -> None:
    """End one session of a user."""
    with control.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user, SESSIONS.c.id == session))


def end_sessions(control: Control, user: int) -> None:
    """End every session of a user."""
    with control.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user))


def _is_over(now: float) -> ColumnElement[bool]:
    today = int(now // _DAY)
    return (SESSIONS.c.idle_until < today) | (SESSIONS.c.ends < today)


def _day_after(now: float, days: int) -> int:
    return int(now // _DAY) + days


def _date(day: int) -> date:
    return datetime.fromtimestamp(0, UTC).date() + timedelta(days=day)
