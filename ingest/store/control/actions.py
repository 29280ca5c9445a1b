"""Who of the team changed what, and when: the log of members' own actions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select

from ingest.store.control.crash_tables import ACTIONS
from ingest.store.control.database import Control

KEPT_DAYS: Final = 400
_MINUTE: Final = 60
_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a member did, or the server by itself: then `member` is empty."""

    minute: int
    member: str
    action: str
    object: str
    detail: str

    @property
    def moment(self) -> float:
        """When it was, in seconds since 1970, cut to the minute."""
        return float(self.minute * _MINUTE)


def note_action(control: Control, owner: str, member: str, action: str, of: str, detail: str, now: float) -> None:
    """Write an action down, and forget those that are older than KEPT_DAYS."""
    minute = int(now // _MINUTE)
    row = {"owner": owner, "minute": minute, "member": member, "action": action, "object": of, "detail": detail}
    with control.begin() as connection:
        connection.execute(delete(ACTIONS).where(ACTIONS.c.minute < minute - KEPT_DAYS * _DAY))
        connection.execute(insert(ACTIONS).values(row))


def list_actions(control: Control, owner: str, of: Collection[str] = (), limit: int = 100) -> list[Action]:
    """Return the newest actions about an owner, or about some objects of it, the newest first."""
    query = select(ACTIONS).where(ACTIONS.c.owner == owner).order_by(ACTIONS.c.id.desc()).limit(limit)
    if of:
        query = query.where(ACTIONS.c.object.in_(of))
    with control.begin() as connection:
        return [Action(row.minute, row.member, row.action, row.object, row.detail) for row in connection.execute(query)]
