"""The tables of administration: what members noted on days, and links that show one site or app."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from ingest.store.control.metadata import METADATA

ANNOTATIONS: Final = Table(
    "annotations",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("owner", String, nullable=False, comment="a site, or app:N"),
    Column("day", Integer, nullable=False, comment="day since 1970 that it is about"),
    Column("text", String, nullable=False),
    Index("annotations_of_owner", "owner", "day"),
    sqlite_autoincrement=True,
)
SHARES: Final = Table(
    "shares",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False, unique=True, comment="SHA-256 of the link"),
    Column("site", String, comment="null: it shows an app"),
    Column("app", Integer, comment="null: it shows a site"),
    Column("password", String, comment="argon2id, or null: the link alone opens it"),
    Column("ends", Integer, comment="day since 1970, the last on which it opens; null: until it is revoked"),
    sqlite_autoincrement=True,
)
GUESTS: Final = Table(
    "guests",
    METADATA,
    Column("digest", String, primary_key=True, comment="SHA-256 of the cookie"),
    Column("share", ForeignKey("shares.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ends", Integer, nullable=False, comment="day since 1970"),
)

TABLES: Final = (ANNOTATIONS, SHARES, GUESTS)
