"""The control database: one SQLite file that the web pages and the commands share."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, create_engine, event, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from ingest.store.control import admin_tables, crash_tables
from ingest.store.control.metadata import METADATA
from ingest.store.control.owners import name_owners

USERS: Final = Table(
    "users",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("password", String, comment="argon2id, or null until one is set"),
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False, unique=True, comment="SHA-256 of the cookie"),
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("by_link", Boolean, nullable=False, comment="such a session may set a password without the old one"),
    Column("began", Integer, nullable=False, comment="day since 1970"),
    Column("idle_until", Integer, nullable=False, comment="day since 1970"),
    Column("ends", Integer, nullable=False, comment="day since 1970"),
)
LINKS: Final = Table(
    "links",
    METADATA,
    Column("digest", String, primary_key=True, comment="SHA-256 of the link"),
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", Integer, nullable=False, comment="second since 1970; the row goes when it is used or old"),
)
TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False, unique=True, comment="SHA-256 of the token"),
    Column("scope", String, nullable=False),
    Column("site", String, comment="null: every site, unless an app is named"),
    Column("app", Integer, comment="null: every app, unless a site is named"),
)
FACTS: Final = Table(
    "facts",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
REVIEWS: Final = Table(
    "reviews",
    METADATA,
    Column("id", Integer, primary_key=True, comment="of one site and host the newest holds"),
    Column("site", String, nullable=False),
    Column("host", String, nullable=False, comment="a referring host: a website, not a person"),
    Column("claim", String, nullable=False, comment="URL of what is claimed there, or empty"),
    Column("status", String, nullable=False),
    Column("note", String, nullable=False),
    Column("reviewer", ForeignKey("users.id", ondelete="SET NULL"), index=True, comment="null: somebody who has left"),
    Column("day", Integer, nullable=False, comment="day since 1970"),
    Column("due", Integer, comment="day since 1970 on which to look again; null: never"),
    Index("reviews_of_host", "site", "host"),
)

STRINGS: Final = Table(
    "strings",
    METADATA,
    Column("app", Integer, primary_key=True, comment="number of the app"),
    Column("release", String, primary_key=True, comment="a release whose developers uploaded their texts"),
    Column("text", String, primary_key=True, comment="a text of the program, what it puts in left out"),
)

STEPS: Final = (
    (USERS, SESSIONS, LINKS, TOKENS, FACTS),
    (REVIEWS,),
    crash_tables.TABLES,
    (STRINGS,),
    admin_tables.TABLES,
    (),  # channels, rules and what was told got owners: see `owners`
    (crash_tables.SUCCESSIONS,),
)
"""The tables that each version added, the first version's first. A database is brought up step by step."""

VERSION: Final = len(STEPS)


class ControlError(Exception):
    """The control database cannot do that; the message names the thing and the remedy."""


class Control:
    """An open control database. Its functions are synchronous: call them from a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Control:
        """Open `sqlite:////path/control.db`, making it with mode 0600 when it is missing. Raises ControlError."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise ControlError("control.url is not a URL: write sqlite:////path/control.db") from error
        if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
            raise ControlError("control.url names no SQLite file: write sqlite:////path/control.db")
        path = Path(parsed.database)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise ControlError(f"control.url: {path} cannot be opened for writing: {error.strerror}") from error
        engine = create_engine(parsed, connect_args={"timeout": 10})
        event.listen(engine, "connect", _prepare)
        control = cls(engine)
        try:
            control._bring_up()
        except ControlError:
            engine.dispose()
            raise
        return control

    def begin(self) -> AbstractContextManager[Connection]:
        """Return a context in which statements run as one transaction."""
        return self._engine.begin()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _bring_up(self) -> None:
        with self.begin() as connection:
            version = _version(connection)
            if version > VERSION:
                raise ControlError("the control database was made by a newer Logless: install that one again")
            if version == VERSION:
                return
            # One transaction, and one process at a time: a command may open the file just when the server does.
            connection.execute(text("BEGIN IMMEDIATE"))
            for tables in STEPS[_version(connection) :]:
                METADATA.create_all(connection, tables)
            name_owners(connection)
            connection.execute(text(f"PRAGMA user_version = {VERSION}"))


def _version(connection: Connection) -> int:
    return int(connection.execute(text("PRAGMA user_version")).scalar_one())


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Overwrite what is deleted, keep no write-ahead log beside the file, and hold references together."""
    cursor = connection.cursor()
    for pragma in ("secure_delete = ON", "journal_mode = DELETE", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
