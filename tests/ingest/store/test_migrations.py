from __future__ import annotations

from collections.abc import Mapping

import pytest

from ingest.store.blocks import TABLES
from ingest.store.client import Connection, Connector, StoreError
from ingest.store.migrations import Layout, Migration, all_migrations, migrate

CLUSTER = Layout(
    engine="ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')",
    replacing="ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')",
    on_cluster="ON CLUSTER 'main'",
)
NAMES = [migration.name for migration in all_migrations()]


def test_each_file_is_applied_once(bare: Connector) -> None:
    connection = bare.connect()
    assert migrate(connection) == NAMES
    assert migrate(connection) == []
    applied = connection.rows("SELECT version, name FROM migrations ORDER BY version")
    assert applied == [(migration.version, migration.name) for migration in all_migrations()]
    tables = {row[0] for row in connection.rows("SELECT name FROM system.tables WHERE database = currentDatabase()")}
    assert tables == {*TABLES, "migrations"}
    connection.close()


class CutShort(Connection):
    """A store that goes away after some statements."""

    def __init__(self, connection: Connection, left: int) -> None:
        super().__init__(connection._client)
        self.left = left

    def run(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        if self.left <= 0:
            raise StoreError("away")
        self.left -= 1
        super().run(sql, parameters)


def test_what_was_cut_short_anywhere_is_run_again(bare: Connector) -> None:
    connection = bare.connect()
    count = sum(len(migration.statements(Layout())) for migration in all_migrations())
    cuts = 0
    for left in range(count + 2):
        try:
            migrate(CutShort(connection, left))
        except StoreError:
            cuts += 1
    assert cuts >= len(all_migrations()[0].statements(Layout())) + 1
    applied = connection.rows("SELECT name FROM migrations ORDER BY version")
    assert [row[0] for row in applied] == NAMES
    assert migrate(connection) == []
    connection.close()


def test_a_file_that_changed_since_is_refused(bare: Connector) -> None:
    connection = bare.connect()
    migrate(connection)
    connection.run("ALTER TABLE migrations UPDATE checksum = 'other' WHERE version = 1 SETTINGS mutations_sync = 2")
    with pytest.raises(StoreError, match=r"^0001_counters\.sql was applied in another form: restore the file"):
        migrate(connection)
    connection.close()


def test_files_are_numbered_without_a_gap() -> None:
    assert [migration.version for migration in all_migrations()] == list(range(1, len(NAMES) + 1))


def test_a_checksum_is_of_the_text() -> None:
    first, second = Migration(1, "a", "CREATE 1"), Migration(1, "a", "CREATE 2")
    assert first.checksum != second.checksum
    assert first.checksum == Migration(2, "b", "CREATE 1").checksum


def test_statements_end_at_a_semicolon_at_the_end_of_a_line_only() -> None:
    text = "-- a; comment\nCREATE a COMMENT 'one; two' {on_cluster};\n\n-- more;\nCREATE b ENGINE = {engine};"
    found = Migration(1, "a", text).statements(Layout(on_cluster="ON CLUSTER 'x'"))
    assert found == ["CREATE a COMMENT 'one; two' ON CLUSTER 'x'", "CREATE b ENGINE = AggregatingMergeTree"]


def test_every_column_tells_what_it_is_and_can_only_add_up(connection: Connection) -> None:
    columns = connection.rows(
        "SELECT table, name, type, comment, is_in_sorting_key, is_in_partition_key FROM system.columns "
        "WHERE database = currentDatabase() AND table != 'migrations' ORDER BY table, position"
    )
    assert {row[0] for row in columns} == set(TABLES)
    for table, name, kind, comment, is_sorted, _ in columns:
        assert comment, f"{table}.{name} has no comment"
        # design.md, 2: no visitor, visit or session id, no sketch state; "SimpleAggregateFunction only".
        assert is_sorted or kind.startswith("SimpleAggregateFunction("), f"{table}.{name} is {kind}"
        assert "uniq" not in kind
        assert "DateTime" not in kind, "no column is finer than an hour"
    comments = connection.rows("SELECT count() FROM system.columns WHERE table = 'migrations' AND comment = ''")
    assert comments == [(0,)]


def test_the_columns_that_are_written_are_those_of_the_tables(connection: Connection) -> None:
    found: dict[str, dict[str, str]] = {table: {} for table in TABLES}
    sql = "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table != 'migrations'"
    for table, name, kind in connection.rows(f"{sql} ORDER BY table, position"):
        inner = kind.removeprefix("SimpleAggregateFunction(").removesuffix(")").partition(", ")[2]
        found[table][name] = inner if kind.startswith("SimpleAggregate") else kind
    assert {table: set(columns.items()) for table, columns in found.items()} == {
        table: set(columns.items()) for table, columns in TABLES.items()
    }


def test_every_table_is_partitioned_by_owner_and_month(connection: Connection) -> None:
    found = connection.rows(
        "SELECT name, engine, partition_key FROM system.tables "
        "WHERE database = currentDatabase() AND name != 'migrations'"
    )
    for name, engine, partition in found:
        owner = next(iter(TABLES[name]))
        day = "week" if name == "crash_groups" else "day"
        assert (engine, partition) == ("AggregatingMergeTree", f"({owner}, toYYYYMM({day}))")


@pytest.mark.parametrize("layout", [Layout(), CLUSTER], ids=["one node", "cluster"])
def test_a_layout_makes_sql(connection: Connection, layout: Layout) -> None:
    created = set()
    for migration in all_migrations():
        for statement in migration.statements(layout):
            created.add(statement.partition(" (")[0].split()[5])
            tree = "\n".join(str(row[0]) for row in connection.rows(f"EXPLAIN AST {statement}"))
            assert tree.startswith("CreateQuery")
            assert ("ReplicatedAggregatingMergeTree" in tree) == (layout is CLUSTER)
            assert ("ON CLUSTER 'main'" in statement) == (layout is CLUSTER)
            assert "{engine}" not in statement
            assert "{on_cluster}" not in statement
    assert created == set(TABLES)


class Saying(Connection):
    """A store that only notes what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def rows(self, *_: object) -> list[tuple[object, ...]]:
        return []

    def run(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        assert parameters is None
        self.said.append(sql)

    def insert(self, table: str, *_: object) -> None:
        self.said.append(table)


def test_a_cluster_is_told_everything_in_its_own_engines(connection: Connection) -> None:
    saying = Saying()
    assert migrate(saying, CLUSTER) == NAMES
    assert saying.said[-1] == "migrations"
    for statement in [said for said in saying.said if said != "migrations"]:
        assert "ON CLUSTER 'main'" in statement
        assert "= Replicated" in statement
        assert connection.rows(f"EXPLAIN AST {statement}")
