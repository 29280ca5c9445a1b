"""What the made-up team decided: the crash that came back was once called mended."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time
from typing import Final

from collector.demonstration.defects import MIDDLE
from dashboards.reports import Reports
from ingest.app import App
from ingest.boundary.identifiers import find_identifier
from ingest.store.control.actions import note_action
from ingest.store.control.database import Control
from ingest.store.control.decisions import Decision, State, Until, decide
from ingest.store.control.notes import add_note
from ingest.store.control.users import list_users

MENDED: Final = "ConcurrentModificationException in since"
NOTE: Final = "Mended in 2.1.0: the change log is copied before anybody walks through it."


async def decide_past(reports: Reports, control: Control, app: App) -> None:
    """Resolve, on the day of the release that mended it, the crash that the next one brought back."""
    mended = (await reports.firsts(app)).get(MIDDLE)
    groups = [group for group, name in (await reports.names(app)).items() if name.title == MENDED]
    if mended is not None and groups:
        decision = Decision(State.RESOLVED, Until.RELEASE, mended, release=MIDDLE)
        await asyncio.to_thread(_write, control, app.id, app.owner, groups[0], decision)


def _write(control: Control, app: int, owner: str, group: str, decision: Decision) -> None:
    decide(control, app, group, decision)
    members = list_users(control)
    if members:
        moment = datetime.combine(decision.day, time(10), UTC).timestamp()
        add_note(control, app, group, members[0].id, NOTE, decision.day, find_identifier)
        note_action(control, owner, members[0].name, State.RESOLVED, group, f"in {decision.release}", moment)
