"""ClickHouse, embedded or a server: where counters are written and read.

`client` is the only module that names clickhouse_connect. `writer` inserts batches exactly once, `spool`
keeps them on disk while the store is away, `reader` answers the dashboards, `migrations` brings the tables
into being, `retention` drops whole partitions. `control` is the small SQLite database of people and tokens.
"""
