"""Connections to ClickHouse: an embedded chDB folder or a server, behind one face.

The two differ in how they are opened and in nothing else: the dialect, the tables and the inserts are the same.
"""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

DATABASE: Final = "logless"

_CONFIG: Final = """<clickhouse>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <merge_tree>
    <old_parts_lifetime>{linger}</old_parts_lifetime>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <min_rows_to_fsync_after_merge>1</min_rows_to_fsync_after_merge>
  </merge_tree>
</clickhouse>
"""
"""Caps, since chDB's own defaults are nine tenths of the machine; fsync, since chDB's default is none."""


_FORM: Final = (
    "store.url: neither chdb:///folder nor clickhouse[s]://user:secret@host:port/database: "
    "write every / ? # @ and : of a name or a secret in percent form"
)


class StoreError(Exception):
    """The store refused or could not be reached; the message names the remedy where there is one."""


class StoreBusyError(StoreError):
    """Another process has the embedded store open: it allows one."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the store is, read from its URL."""

    path: Path | None = None  # the folder of an embedded store
    host: str = ""
    port: int = 0
    user: str = "default"
    password: str = field(default="", repr=False)
    database: str = DATABASE
    secure: bool = False

    @classmethod
    def read(cls, url: str) -> Target:
        """Read `chdb:///folder` or `clickhouse[s]://user:secret@host:port/database`.

        Raises StoreError for any other URL.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            # A port that is none is often the rest of a password: what the parser says would repeat it.
            raise StoreError(_FORM) from None
        if parts.query or parts.fragment:
            raise StoreError(_FORM)
        if parts.scheme == "chdb" and parts.path and not parts.netloc:
            return cls(path=Path(unquote(parts.path)))
        if parts.scheme in {"clickhouse", "clickhouses"} and parts.hostname:
            secure = parts.scheme == "clickhouses"
            return cls(
                host=parts.hostname,
                port=port or (8443 if secure else 8123),
                user=unquote(parts.username or "default"),
                password=unquote(parts.password or ""),
                database=unquote(parts.path.strip("/")) or DATABASE,
                secure=secure,
            )
        raise StoreError(_FORM)

    @property
    def embedded(self) -> bool:
        """Whether the engine runs inside this process."""
        return self.path is not None


class Connection:
    """One client. It serves one thread at a time, since an embedded client runs one statement at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run a query with `{name:Type}` parameters and return its rows. Raises StoreError."""
        try:
            return [tuple(row) for row in self._client.query(sql, parameters=dict(parameters or {})).result_rows]
        except ClickHouseError as error:
            raise StoreError(_reason(error)) from error

    def run(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement that answers nothing. Raises StoreError."""
        try:
            self._client.command(sql, parameters=dict(parameters or {}))
        except ClickHouseError as error:
            raise StoreError(_reason(error)) from error

    def insert(self, table: str, columns: Mapping[str, str], data: Sequence[Sequence[object]], token: str) -> None:
        """Insert one block: `columns` maps name to type, `data` holds one sequence per column.

        Types are passed so that no DESCRIBE is needed. Raises StoreError.
        """
        try:
            self._client.insert(
                table,
                data,
                column_names=list(columns),
                column_type_names=list(columns.values()),
                column_oriented=True,
                settings={"insert_deduplication_token": token, "async_insert": 0},
            )
        except (ClickHouseError, OSError) as error:
            raise StoreError(_reason(error)) from error

    def close(self) -> None:
        """Close the client."""
        self._client.close()


class Connector:
    """Opens connections to one target, and the database itself when it is missing."""

    def __init__(self, target: Target, *, memory: int, scratch: Path, linger: int = 480) -> None:
        """Take the memory cap in bytes and a tmpfs folder for the engine's temporary files.

        `linger` is for how many seconds a merged part's forerunners stay on disk: they guard against a power cut.
        """
        self.target = target
        self._memory = memory
        self._scratch = scratch
        self._linger = linger
        self._config: Path | None = None
        self._lock: IO[bytes] | None = None

    def prepare(self) -> None:
        """Make the folder and the database. Raises StoreBusyError, StoreError."""
        if self.target.path is not None:
            self.target.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._claim(self.target.path)
            # Every insert of the embedded client passes through a file in the temporary folder: keep it in memory.
            os.environ["TMPDIR"] = str(self._scratch)
            tempfile.tempdir = str(self._scratch)
            self._config = self._scratch / "engine.xml"
            self._config.write_text(_CONFIG.format(memory=self._memory, linger=self._linger))
        # Its logger quotes values that it could not send: nothing that was counted belongs in a log.
        logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL + 1)
        first = self._open("default", readonly=False)
        try:
            first.run(f"CREATE DATABASE IF NOT EXISTS {_name(self.target.database)} ENGINE = Atomic")
        finally:
            first.close()

    def _claim(self, path: Path) -> None:
        """Hold the folder for this process. The engine has a lock too, but shouts on standard error at each try."""
        if self._lock is None:
            lock = path.with_name(f"{path.name}.lock").open("wb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                raise StoreBusyError(_busy(path)) from None
            self._lock = lock

    def release(self) -> None:
        """Let another process have the folder. Every connection must have been closed."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def connect(self, *, readonly: bool = False) -> Connection:
        """Open a connection to the database. Raises StoreBusyError, StoreError."""
        return self._open(self.target.database, readonly=readonly)

    def _open(self, database: str, *, readonly: bool) -> Connection:
        settings: dict[str, Any] = {"readonly": "2"} if readonly else {}
        target = self.target
        try:
            if target.path is not None:
                options = {"config-file": escape(str(self._config))} if self._config else {}
                return Connection(
                    clickhouse_connect.get_client(
                        interface="chdb",
                        path=str(target.path),
                        database=database,
                        settings=settings,
                        chdb_options=options,
                    )
                )
            return Connection(
                clickhouse_connect.get_client(
                    host=target.host, port=target.port, username=target.user, password=target.password,
                    database=database, secure=target.secure, settings=settings,
                )
            )  # fmt: skip
        except (ClickHouseError, RuntimeError, OSError) as error:
            if target.path is not None and "EmbeddedServer" in str(error):
                raise StoreBusyError(_busy(target.path)) from error
            raise StoreError(_reason(error)) from error


def _busy(path: Path) -> str:
    return f"the store {path} is open in another process: stop it, or let it run the command"


def _name(identifier: str) -> str:
    """Quote an identifier that the operator chose."""
    return "`" + identifier.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _reason(error: Exception) -> str:
    """Cut the engine's message to its code: the rest may quote data."""
    _, found, rest = str(error).partition("Code: ")
    digits = "".join(takewhile(str.isdecimal, rest[:5]))
    return f"Code: {digits}" if found and digits else type(error).__name__
