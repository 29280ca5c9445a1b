"""Who of the team changed what, and when: the log of members' own actions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select

from ingest.store.control.crash_tables import ACTIONS
from ingest.store.control.database import Control

KEPT_DAYS: Final = 396
"""Thirteen months."""

_MINUTE: Final = 60
_DAY: Final = 24 * 60


class Deed(StrEnum):
    """What can be done to the installation. Nothing else is written into the log by its pages and commands."""

    SIGNED_IN = "signed in by link"
    PASSWORD_SET = "password set"  # noqa: S105  a kind of action
    MEMBER_ADDED = "member added"
    ROLE_CHANGED = "role changed"
    ACCESS_RESET = "access reset"
    MEMBER_REMOVED = "member removed"
    TOKEN_CREATED = "token created"  # noqa: S105  a kind of action
    TOKEN_REVOKED = "token revoked"  # noqa: S105  a kind of action
    LINK_CREATED = "shared link created"
    LINK_REVOKED = "shared link revoked"
    ANNOTATED = "annotation added"
    ANNOTATION_REMOVED = "annotation removed"
    REVIEWED = "review written"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a member did, or the server by itself: then `member` is empty."""

    minute: int
    member: str
    action: str
    object: str
    detail: str
    owner: str = ""

    @property
    def moment(self) -> float:
        """When it was, in seconds since 1970, cut to the minute."""
        return float(self.minute * _MINUTE)


def note_action(control: Control, owner: str, member: str, action: str, of: str, detail: str, now: float) -> None:
    """Write an action down, and forget those that are older than KEPT_DAYS. `action` is of a closed vocabulary."""
    row = {
        "owner": owner, "minute": int(now // _MINUTE), "member": member, "action": action, "object": of,
        "detail": detail,
    }  # fmt: skip
    drop_actions(control, now)
    with control.begin() as connection:
        connection.execute(insert(ACTIONS).values(row))


def drop_actions(control: Control, now: float) -> int:
    """Delete what is older than KEPT_DAYS and return how many actions that were."""
    with control.begin() as connection:
        old = ACTIONS.c.minute < int(now // _MINUTE) - KEPT_DAYS * _DAY
        return int(connection.execute(delete(ACTIONS).where(old)).rowcount)


def list_actions(control: Control, owner: str, of: Collection[str] = (), limit: int = 100) -> list[Action]:
    """Return the newest actions about an owner, or about some objects of it, the newest first."""
    query = select(ACTIONS).where(ACTIONS.c.owner == owner).order_by(ACTIONS.c.id.desc()).limit(limit)
    if of:
        query = query.where(ACTIONS.c.object.in_(of))
    with control.begin() as connection:
        return [_read(row) for row in connection.execute(query)]


def list_log(control: Control, limit: int | None = None, skip: int = 0) -> tuple[list[Action], int]:
    """Return actions about anything, the newest first, and how many there are in all."""
    query = select(ACTIONS).order_by(ACTIONS.c.id.desc()).limit(limit).offset(skip)
    with control.begin() as connection:
        total = int(connection.execute(select(func.count()).select_from(ACTIONS)).scalar_one())
        return [_read(row) for row in connection.execute(query)], total


def _read(row: Row[Any]) -> Action:
    return Action(row.minute, row.member, row.action, row.object, row.detail, row.owner)
