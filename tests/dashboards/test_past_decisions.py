"""The made-up team once called a crash mended, and the next release brought it back."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from dashboards_stage import TODAY, Memory, Rows
from starlette.testclient import TestClient

from collector.demonstration.decisions import MENDED, decide_past
from collector.demonstration.defects import DEFECTS, MIDDLE, NEW, OLD
from dashboards.questions import Questions
from dashboards.reports import Reports
from ingest.app import App
from ingest.counters.exemplar import Exemplar
from ingest.store.control.actions import list_actions
from ingest.store.control.database import Control
from ingest.store.reader import Reader

pytest_plugins = ["dashboards_fixtures"]

GROUP, OTHER = "a" * 16, "b" * 16


def test_the_crash_that_came_back_has_regressed(
    rows: Rows, app: App, reader: Reader, live: Memory, control: Control, member: TestClient
) -> None:
    kind, _, function = MENDED.partition(" in ")
    days = [TODAY - timedelta(days=back) for back in (20, 10, 1)]
    rows.groups(app.id, [(GROUP, date(2026, 11, 2), Exemplar(1, kind, function, "{}"), days[0], days[2])])
    rows.crashes(
        app.id,
        [
            (days[0], GROUP, "release", OLD, 5), (days[1], OTHER, "release", MIDDLE, 1),
            (days[1], GROUP, "release", OLD, 2), (days[2], GROUP, "release", NEW, 3),
        ],
    )  # fmt: skip
    asyncio.run(decide_past(Reports(Questions(reader), live, control), control, app))
    page = member.get(f"/apps/{app.id}/crashes/{GROUP}").text
    assert f"it was resolved, and came back in {NEW}" in page
    assert "the change log is copied" in page
    [action] = list_actions(control, app.owner)
    assert (action.member, action.action, action.detail) == ("ada", "resolved", f"in {MIDDLE}")


def test_without_history_nothing_is_decided(
    app: App, reader: Reader, live: Memory, control: Control, member: TestClient
) -> None:
    asyncio.run(decide_past(Reports(Questions(reader), live, control), control, app))
    assert list_actions(control, app.owner) == []


def test_there_is_such_a_defect() -> None:
    [defect] = [one for one in DEFECTS if one.releases == (OLD, NEW)]
    assert f"{defect.type.rpartition('.')[2]} in {defect.stack[0 - 2].split()[1]}" == MENDED
