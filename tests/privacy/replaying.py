"""Replays a file into a fresh store whose parts are never merged, and prints what each write was about, as JSON.

usage: replaying.py CONFIG FILE
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from collector.app import Collector
from collector.replay import read_lines
from collector.settings import read_settings

QUESTIONS = {
    # One row for each part, that is for each write into a table: how many visits it is about.
    "writes": "SELECT _part, toString(day), sum(visits), max(hour) FROM hours WHERE node = '' GROUP BY _part, day",
    "cell_writes": (
        "SELECT _part, toString(day), sum(visits) FROM cells WHERE node = '' AND attribute = 'device' GROUP BY ALL"
    ),
    "rare": (
        "SELECT 'cells', attribute, toString(day), uniqExact(_part), sum(visits) FROM cells WHERE value = '(rare)' "
        "GROUP BY ALL UNION ALL SELECT 'pairs', pair, toString(day), uniqExact(_part), sum(visits) FROM pairs "
        "WHERE first = '(rare)' GROUP BY ALL"
    ),
    "pages": (
        "SELECT toString(day), value, sum(visitors), sum(pageviews) FROM cells "
        "WHERE node = '' AND attribute = 'page' GROUP BY ALL"
    ),
    "totals": "SELECT toString(day), sum(visits), sum(pageviews) FROM hours WHERE node = '' GROUP BY day",
    "cells_by_day": "SELECT toString(day), count() FROM cells WHERE node = '' GROUP BY day",
}


async def main(config: Path, file: Path) -> None:
    async with Collector(config, read_settings(config)) as collector:
        collector.connection.run("SYSTEM STOP MERGES")
        answers = await collector.replay(read_lines(file), None, lambda _: None)
        found = {name: collector.connection.rows(sql) for name, sql in QUESTIONS.items()}
    sys.stdout.write(json.dumps({"answers": answers, **found}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
