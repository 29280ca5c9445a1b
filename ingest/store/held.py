"""Which days the store has of a site."""

from __future__ import annotations

from datetime import date
from typing import Final

from ingest.store.client import Connection

_DAYS: Final = (
    "SELECT DISTINCT day FROM hours WHERE site = {site:String} AND node = '' "
    "UNION DISTINCT SELECT DISTINCT day FROM refusals WHERE owner = {site:String} AND node = ''"
)


def held_days(connection: Connection, site: str) -> set[date]:
    """Return the days of which anything is kept: visits, or submissions that were refused. Raises StoreError."""
    return {row[0] for row in connection.rows(_DAYS, {"site": site})}
