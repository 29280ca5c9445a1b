"""Alerts belonged to apps only, by number; now a site or an app owns them, by the name under which it is filed."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import Connection, MetaData, Table, inspect, select, text, update

from ingest.store.control.crash_tables import CHANNELS, DELIVERIES, RULES, TOLD

_TO_OWNERS: Final = (
    "DROP INDEX ix_alert_channels_app",
    "ALTER TABLE alert_channels ADD COLUMN owner VARCHAR NOT NULL DEFAULT ''",
    "UPDATE alert_channels SET owner = 'app:' || app",
    "ALTER TABLE alert_channels DROP COLUMN app",
)
"""Altered, not made anew: deliveries refer to channels, and would go with them."""


def name_owners(connection: Connection) -> None:
    """Give the channels, rules, told keys and waiting messages of apps an owner. Where they have one, do nothing."""
    if "app" not in {column["name"] for column in inspect(connection).get_columns(CHANNELS.name)}:
        return
    for statement in _TO_OWNERS:
        connection.execute(text(statement))
    for index in CHANNELS.indexes:
        index.create(connection)
    for table in (RULES, TOLD):
        _make_anew(connection, table)
    for row in connection.execute(select(DELIVERIES)).all():
        renamed = update(DELIVERIES).where(DELIVERIES.c.id == row.id).values(message=_renamed(row.message))
        connection.execute(renamed)


def _make_anew(connection: Connection, table: Table) -> None:
    old = Table(table.name, MetaData(), autoload_with=connection)
    rows = [dict(row) for row in connection.execute(select(old)).mappings()]
    old.drop(connection)
    table.create(connection)
    for row in rows:
        row["owner"] = _owner(row.pop("app"))
        connection.execute(table.insert().values(row))


def _renamed(message: str) -> str:
    """Return a message with its owner, or as it is when it is none: it is given up when its time comes."""
    try:
        told = json.loads(message)
        return json.dumps({"owner": _owner(told.pop("app")), **told})
    except (ValueError, KeyError, TypeError, AttributeError):
        return message


def _owner(app: int) -> str:
    return f"app:{app}"
