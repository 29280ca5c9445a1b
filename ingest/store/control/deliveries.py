"""What is on its way to a channel, and what was told already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from ingest.store.control.channels import Channel, read_channel
from ingest.store.control.crash_tables import CHANNELS, DELIVERIES, TOLD
from ingest.store.control.database import Control

KEPT_DAYS: Final = 400
"""Days for which it is known what was told: longer than any counter of a crash that a report could bring back."""

_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message for one channel."""

    id: int
    channel: Channel
    message: str
    attempts: int


def queue_once(
    control: Control, owner: str, keys: Sequence[str], write: Callable[[Sequence[str]], str], today: date, now: float
) -> list[str]:
    """Queue a message about those keys that were not told before, for every channel, and return these keys.

    Both happen in one transaction. That is what makes five thousand reports one message, over a restart too.
    """
    with control.begin() as connection:
        fresh = _note_told(connection, owner, keys, today)
        if fresh:
            _queue(connection, CHANNELS.c.owner == owner, write(fresh), now)
    return fresh


def mark_told(control: Control, owner: str, keys: Sequence[str], today: date) -> None:
    """Note as told what nobody is to be told: it was there before the rule."""
    with control.begin() as connection:
        _note_told(connection, owner, keys, today)


def is_told(control: Control, owner: str, key: str) -> bool:
    """Return whether a key was told."""
    query = select(func.count()).select_from(TOLD).where(TOLD.c.owner == owner, TOLD.c.key == key)
    with control.begin() as connection:
        return bool(connection.execute(query).scalar_one())


def drop_told(control: Control, owner: str) -> None:
    """Forget what was told about a site or app."""
    with control.begin() as connection:
        connection.execute(delete(TOLD).where(TOLD.c.owner == owner))


def queue_one(control: Control, channel: int, message: str, now: float) -> None:
    """Queue a message for one channel."""
    with control.begin() as connection:
        _queue(connection, CHANNELS.c.id == channel, message, now)


def list_due(control: Control, now: float, limit: int) -> list[Delivery]:
    """Return the deliveries whose time has come, the oldest first."""
    query = (
        select(DELIVERIES.c.id.label("delivery"), DELIVERIES.c.message, DELIVERIES.c.attempts, CHANNELS)
        .join(CHANNELS, CHANNELS.c.id == DELIVERIES.c.channel)
        .where(DELIVERIES.c.due <= int(now))
        .order_by(DELIVERIES.c.id)
        .limit(limit)
    )
    with control.begin() as connection:
        return [
            Delivery(row.delivery, read_channel(row), row.message, row.attempts) for row in connection.execute(query)
        ]


def count_waiting(control: Control) -> dict[int, int]:
    """Return how many messages wait, by channel."""
    query = select(DELIVERIES.c.channel, func.count().label("waiting")).group_by(DELIVERIES.c.channel)
    with control.begin() as connection:
        return {row.channel: row.waiting for row in connection.execute(query)}


def mark_sent(control: Control, delivery: Delivery) -> None:
    """Forget a delivery that arrived, and count it."""
    _end(control, delivery, "sent", "")


def mark_failed(control: Control, delivery: Delivery, fault: str, again_at: float | None) -> None:
    """Count an attempt that failed. Without a time for another one, the delivery is given up."""
    if again_at is None:
        _end(control, delivery, "failed", fault)
        return
    with control.begin() as connection:
        retried = {"retried": CHANNELS.c.retried + 1, "fault": fault}
        connection.execute(update(CHANNELS).where(CHANNELS.c.id == delivery.channel.id).values(retried))
        waits = {"attempts": delivery.attempts + 1, "due": int(again_at)}
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery.id).values(waits))


def _note_told(connection: Connection, owner: str, keys: Sequence[str], today: date) -> list[str]:
    day = today.toordinal() - _EPOCH
    connection.execute(delete(TOLD).where(TOLD.c.day < day - KEPT_DAYS))
    fresh = []
    for key in keys:
        row = insert(TOLD).values(owner=owner, key=key, day=day).on_conflict_do_nothing()
        if connection.execute(row).rowcount:
            fresh.append(key)
    return fresh


def _queue(connection: Connection, to: ColumnElement[bool], message: str, now: float) -> None:
    for channel in connection.execute(select(CHANNELS.c.id).where(to)).scalars().all():
        row = {"channel": channel, "message": message, "attempts": 0, "due": int(now)}
        connection.execute(insert(DELIVERIES).values(row))


def _end(control: Control, delivery: Delivery, counter: str, fault: str) -> None:
    with control.begin() as connection:
        connection.execute(delete(DELIVERIES).where(DELIVERIES.c.id == delivery.id))
        counted = {counter: CHANNELS.c[counter] + 1, "fault": fault}
        connection.execute(update(CHANNELS).where(CHANNELS.c.id == delivery.channel.id).values(counted))
