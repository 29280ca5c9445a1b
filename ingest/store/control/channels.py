"""Where the alerts of a site or app go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select

from ingest.store.control.crash_tables import CHANNELS
from ingest.store.control.database import Control, ControlError
from ingest.store.control.secrets import make_secret

MOST: Final = 20
"""Channels of one site or app."""


class ChannelKind(StrEnum):
    """How an alert travels."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Channel:
    """A mailbox or an address on the web, with what became of what was sent there."""

    id: int
    owner: str
    kind: ChannelKind
    target: str
    secret: str
    sent: int
    retried: int
    failed: int
    fault: str


def add_channel(control: Control, owner: str, kind: ChannelKind, target: str) -> Channel:
    """Add a channel. Raises ControlError when the owner has MOST, or this one already."""
    secret = make_secret() if kind is ChannelKind.WEBHOOK else ""
    row = {"owner": owner, "kind": kind.value, "target": target, "secret": secret}
    with control.begin() as connection:
        present = connection.execute(select(CHANNELS.c.target).where(CHANNELS.c.owner == owner)).scalars().all()
        if target in present:
            raise ControlError("This channel is there already.")
        if len(present) >= MOST:
            raise ControlError(f"A site or app has at most {MOST} channels.")
        done = connection.execute(insert(CHANNELS).values(row))
        number = int(done.inserted_primary_key[0])  # type: ignore[index]
    return Channel(number, owner, kind, target, secret, 0, 0, 0, "")


def remove_channel(control: Control, owner: str, channel: int) -> bool:
    """Remove a channel with what waits for it, and return whether there was one of that number."""
    with control.begin() as connection:
        one = CHANNELS.c.owner == owner, CHANNELS.c.id == channel
        return bool(connection.execute(delete(CHANNELS).where(*one)).rowcount)


def list_channels(control: Control, owner: str) -> list[Channel]:
    """Return the channels of a site or app, the oldest first."""
    query = select(CHANNELS).where(CHANNELS.c.owner == owner).order_by(CHANNELS.c.id)
    with control.begin() as connection:
        return [read_channel(row) for row in connection.execute(query)]


def drop_channels(control: Control, owner: str) -> None:
    """Delete every channel of a site or app, with what waits for it."""
    with control.begin() as connection:
        connection.execute(delete(CHANNELS).where(CHANNELS.c.owner == owner))


def read_channel(row: Row[Any]) -> Channel:
    """Build a channel from a row of the table."""
    return Channel(
        row.id, row.owner, ChannelKind(row.kind), row.target, row.secret, row.sent, row.retried, row.failed, row.fault
    )
