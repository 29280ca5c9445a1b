"""Read-only queries for the dashboards, off the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ingest.store.client import Connection, Connector


class Reader:
    """A few threads, each with its own read-only connection: an embedded client runs one statement at a time."""

    def __init__(self, connector: Connector, *, threads: int = 2) -> None:
        self._connector = connector
        self._local = threading.local()
        self._open: list[Connection] = []
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    async def rows(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Return the rows of a query with `{name:Type}` parameters. Raises StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._rows, sql, parameters)

    def _rows(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connector.connect(readonly=True)
            self._open.append(connection)
        return connection.rows(sql, parameters)

    def close(self) -> None:
        """Finish the running queries and close every connection."""
        self._threads.shutdown()
        for connection in self._open:
            connection.close()
        self._open.clear()
