"""A database of its own in the real store of the process, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from ingest.store.client import Connection, Connector
from ingest.store.migrations import migrate

_NUMBERS = count()


@pytest.fixture
def bare(connector: Connector) -> Iterator[Connector]:
    """An empty database, without tables."""
    own = sharing(connector, f"test_{next(_NUMBERS)}")
    connection = connector.connect()
    connection.run(f"CREATE DATABASE {own.target.database}")
    yield own
    connection.run(f"DROP DATABASE {own.target.database} SYNC")
    connection.close()


def sharing(connector: Connector, database: str) -> Connector:
    """Return a connector to another database of the same engine, whose folder the first one holds."""
    own = Connector(replace(connector.target, database=database), memory=1 << 30, scratch=connector._scratch)
    own._config = connector._config
    return own


@pytest.fixture(scope="session", autouse=True)
def engine(connector: Connector) -> Iterator[None]:
    """Keep the engine running between tests: it stops with its last connection, and takes a second to start."""
    connection = connector.connect()
    yield
    connection.close()


@pytest.fixture
def database(bare: Connector) -> Connector:
    """A database with all tables."""
    connection = bare.connect()
    migrate(connection)
    connection.close()
    return bare


@pytest.fixture
def connection(database: Connector) -> Iterator[Connection]:
    connection = database.connect()
    yield connection
    connection.close()
