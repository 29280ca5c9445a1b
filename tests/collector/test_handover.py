"""What a planned restart hands on about crashes, from one pipeline to the next, through memory without a name."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from collector_replays import Replay

from collector.handover import Handover, read_handover, write_memory
from collector.replay import Line, send_line
from ingest.app import App, Consent

APP = App(6, "desktop", "0123456789abcdef0123456789abcdef", consent=Consent.OPT_OUT)
MESSAGE = "the tunnel of the app has no name"


def send(replay: Replay, *people: int) -> None:
    """Let people send a crash whose message is no text of a runtime."""
    event = {
        "platform": "python",
        "release": "app@1.0",
        "exception": {"values": [{"type": "OSError", "value": MESSAGE}]},
    }
    body = "".join(json.dumps(part) + "\n" for part in ({}, {"type": "event"}, event))
    replay.clock.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
    for number in people:
        path = f"/api/6/envelope/?sentry_key={APP.key}"
        line = Line(datetime(2026, 11, 20, 12, tzinfo=UTC), f"81.{number}.7.9", "POST", path, {}, body)
        assert asyncio.run(send_line(line, replay.pipeline)) == 200


def messages(replay: Replay) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, key, amounts in replay.pipeline.ledger.unwritten(APP.owner):
        if key[0] == "crash" and key[2] == "message":
            found[key[3]] = found.get(key[3], 0) + amounts[0]
    return found


def planned(before: Replay, after: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = write_memory(Handover.of(before.pipeline))
    assert Path(f"/proc/self/fd/{memory}").readlink().name.startswith("memfd:")
    # What is handed over as the line is not inherited any further, so it must not be this process' own.
    with socket.socket() as line:
        monkeypatch.setenv("LOGLESS_HANDED_OVER", f"{line.fileno()},{memory}")
        _, handed = read_handover()
    assert handed is not None
    after.pipeline.take_over(handed.keys, handed.visits, handed.heard, handed.watched)


def unplanned(_before: Replay, _after: Replay, _monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is left."""


@pytest.mark.parametrize(
    ("restart", "shown"),
    [(planned, {MESSAGE: 6}), (unplanned, {})],
    ids=["planned", "not"],
)
def test_the_fifth_to_send_a_message_may_come_after_a_planned_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restart: Callable[..., None], shown: dict[str, int]
) -> None:
    before, after = (Replay(tmp_path / name, apps=[APP]) for name in ("before", "after"))
    send(before, 1, 2, 3, 4, 4)
    assert messages(before) == {}
    restart(before, after, monkeypatch)
    send(after, 5)
    assert messages(after) == shown


def test_who_was_heard_before_it_is_known_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = (Replay(tmp_path / name, apps=[APP]) for name in ("before", "after"))
    send(before, 1, 2, 3, 4)
    planned(before, after, monkeypatch)
    send(after, 1, 2, 3, 4)
    assert messages(after) == {}
