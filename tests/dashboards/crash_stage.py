"""An app with some crash groups, for tests of what a team does with them."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from dashboards_stage import TODAY, Memory, Rows

from ingest.app import App
from ingest.counters.exemplar import Exemplar

YESTERDAY = TODAY - timedelta(days=1)
OLD = TODAY - timedelta(days=20)
MONDAY = date(2026, 11, 16)
MERGE, RENDER, POLL, LIVE = "a1" * 8, "b2" * 8, "c3" * 8, "d4" * 8


def stack(function: str, module: str, file: str, line: int) -> str:
    frames = [
        {"function": "main", "module": "runpy", "file": "runpy.py", "line": 198, "in_app": False},
        {"function": function, "module": module, "file": file, "line": line, "in_app": True},
    ]
    return json.dumps({"platform": "python", "exceptions": [{"type": "E", "frames": frames}]})


@pytest.fixture
def crashing(rows: Rows, app: App, live: Memory) -> App:
    """Three groups that are stored, the first new, and one that is only in memory."""
    rows.groups(
        app.id,
        [
            (
                MERGE,
                MONDAY,
                Exemplar(1, "KeyError", "merge", stack("merge", "app.sync", "sync.py", 88)),
                YESTERDAY,
                TODAY,
            ),
            (RENDER, OLD, Exemplar(1, "TypeError", "render", stack("render", "app.view", "view.py", 7)), OLD, TODAY),
            (POLL, OLD, Exemplar(1, "OSError", "poll", stack('po"ll', "app.net", "net.py", 3)), OLD, YESTERDAY),
        ],
    )
    rows.crashes(
        app.id,
        [
            (YESTERDAY, MERGE, "release", "app@2.1.0", 4),
            (TODAY, MERGE, "release", "app@2.1.0", 3),
            (TODAY, MERGE, "model", "Pixel 9", 5),
            (OLD, RENDER, "release", "app@2.0.0", 10),
            (TODAY, RENDER, "release", "app@2.0.0", 2),
            (TODAY, RENDER, "model", "Pixel 9", 1),
            (OLD, POLL, "release", "app@2.0.0", 6),
            (YESTERDAY, POLL, "release", "app@2.1.0", 1),
            (TODAY, RENDER, "stripped", "exception.type:email", 2),
        ],
    )
    live.reports[app.id] = {(TODAY, LIVE, "release", "app@2.1.0"): 2}
    live.stacks[app.id] = {LIVE: Exemplar(1, "ValueError", "parse", stack("parse", "app.text", "text.py", 9))}
    return app
