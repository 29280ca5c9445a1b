"""Bring the tables into being: numbered SQL files, each applied once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

from ingest.store.client import Connection, StoreError

_LEDGER: Final = (
    "CREATE TABLE IF NOT EXISTS migrations {on_cluster} ("
    "version UInt32 COMMENT 'number of a schema file', "
    "name String COMMENT 'name of the schema file', "
    "checksum String COMMENT 'digest of the schema file as it was applied'"
    ") ENGINE = {replacing} ORDER BY version"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How engines are named: on one node, or on a cluster."""

    engine: str = "AggregatingMergeTree"
    replacing: str = "ReplacingMergeTree"
    on_cluster: str = ""


@dataclass(frozen=True, slots=True)
class Migration:
    """One schema file."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Digest of the file, so that an edited one is noticed."""
        return sha256(self.text.encode()).hexdigest()[:16]

    def statements(self, layout: Layout) -> list[str]:
        """Return the file's statements with the engine names filled in."""
        lines = [line for line in self.text.splitlines() if not line.startswith("--")]
        filled = "\n".join(lines).replace("{engine}", layout.engine).replace("{on_cluster}", layout.on_cluster)
        return [part.strip() for part in re.split(r";\s*(?:\n|\Z)", filled) if part.strip()]


def all_migrations() -> list[Migration]:
    """Return the schema files in order."""
    found = [
        Migration(int(file.name[:4]), file.name, file.read_text())
        for file in files("ingest.store").joinpath("schema").iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(found, key=lambda migration: migration.version)


def migrate(connection: Connection, layout: Layout = Layout()) -> list[str]:
    """Apply what is missing and return the names applied.

    Every statement is repeatable, so a migration that was cut short is simply run again. Raises StoreError when
    an applied file has changed since.
    """
    connection.run(_LEDGER.format(on_cluster=layout.on_cluster, replacing=layout.replacing))
    applied = dict(connection.rows("SELECT version, any(checksum) FROM migrations GROUP BY version"))
    done = []
    for migration in all_migrations():
        known = applied.get(migration.version)
        if known is not None and known != migration.checksum:
            raise StoreError(
                f"{migration.name} was applied in another form: restore the file that this store was made with"
            )
        if known is None:
            for statement in migration.statements(layout):
                connection.run(statement)
            connection.insert(
                "migrations",
                {"version": "UInt32", "name": "String", "checksum": "String"},
                [[migration.version], [migration.name], [migration.checksum]],
                f"migration-{migration.version}",
            )
            done.append(migration.name)
    return done
