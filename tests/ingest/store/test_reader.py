from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ingest.store.client import Connection, Connector, StoreError
from ingest.store.reader import Reader


def test_many_questions_at_once_are_each_answered(database: Connector) -> None:
    reader = Reader(database, threads=3)

    async def ask() -> list[Any]:
        questions = (reader.rows("SELECT {n:UInt32}, sleepEachRow(0.005)", {"n": n}) for n in range(30))
        return list(await asyncio.gather(*questions))

    try:
        assert [answer[0][0] for answer in asyncio.run(ask())] == list(range(30))
        assert len(reader._open) <= 3
    finally:
        reader.close()
    assert reader._open == []


def test_a_reader_only_reads_and_goes_on_after_an_error(database: Connector, connection: Connection) -> None:
    reader = Reader(database, threads=1)

    async def ask() -> list[tuple[object, ...]]:
        with pytest.raises(StoreError, match=r"^Code: 164$"):
            await reader.rows("INSERT INTO migrations VALUES (9, 'x', 'x')", {})
        return await reader.rows("SELECT count() FROM migrations WHERE version = 9", {})

    try:
        assert asyncio.run(ask()) == [(0,)]
    finally:
        reader.close()


def test_values_are_parameters_and_never_sql(database: Connector) -> None:
    reader = Reader(database, threads=1)
    hostile = "'); DROP TABLE hours; -- \\ \t\n\0 {x:String} %s"
    try:
        assert asyncio.run(reader.rows("SELECT {text:String}", {"text": hostile})) == [(hostile,)]
        assert asyncio.run(reader.rows("SELECT {all:Array(String)}", {"all": [hostile, ""]})) == [([hostile, ""],)]
    finally:
        reader.close()
