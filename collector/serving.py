"""What `serve` and `demo` do around the server: read, bind, run, and say in one line what is in the way."""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from collector.acts.act import House
from collector.app import Collector
from collector.demonstration import configuration, history
from collector.demonstration.decisions import decide_past
from collector.extensions import ExtensionsError
from collector.handover import become_next, read_handover, write_memory
from collector.replay import read_lines
from collector.server import PortBusyError, listen, serve
from collector.settings import Settings, SettingsError
from dashboards.questions import Questions
from dashboards.reports import Reports
from ingest.boundary.geo import CountriesError
from ingest.store.client import StoreError
from ingest.store.control.database import ControlError
from ingest.store.control.facts import get_fact, put_fact
from ingest.store.retention import drop_owner

_MADE: Final = "demonstration history"
_DONE: Final = "done"
_TOLD_EVERY: Final = 500


def run(path: Path, settings: Settings) -> int:
    """Serve until told to stop and return the exit status."""
    return _guard(_serve(path, settings, None))


def run_demonstration(folder: Path, days: int, read: Callable[[Path], Settings]) -> int:
    """Serve the demonstration, making its configuration and history when they are missing."""
    try:
        path = configuration.prepare(folder)
    except OSError as error:
        sys.stderr.write(f"{folder}: {error.strerror}: choose another folder with --dir\n")
        return 1
    return _guard(_serve(path, read(path), days))


def _guard(work: Coroutine[Any, Any, None]) -> int:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work)
    except (PortBusyError, ExtensionsError, SettingsError, StoreError, ControlError, CountriesError) as error:
        message = str(error)
    except OSError as error:
        message = f"{error.filename or 'the system'}: {error.strerror}: choose a place that this user may write to"
    else:
        return 0
    sys.stderr.write(f"{message}\n")
    return 1


async def _serve(path: Path, settings: Settings, history_days: int | None) -> None:
    inherited, handed_over = read_handover()
    listening = socket.socket(fileno=inherited) if inherited is not None else None
    if listening is None:
        listening = listen(settings.server.host, settings.server.port)
    try:
        collector = Collector(path, settings, handed_over=handed_over)

        async def make_history(collector: Collector, house: House) -> None:
            if history_days and get_fact(house.control, _MADE) != _DONE:
                await _make_history(collector, house, history_days)

        kept = await serve(collector, listening, make_history if history_days is not None else None)
        if kept is not None and collector.handed_over is not None:
            become_next(kept.detach(), write_memory(collector.handed_over))
    finally:
        listening.close()


async def _make_history(collector: Collector, house: House, days: int) -> None:
    """Replay a generated past. One that was cut short is dropped first: nothing is counted twice."""
    for owner in (configuration.SITE, f"app:{configuration.APP}"):
        await asyncio.to_thread(drop_owner, collector.connection, owner)
    with tempfile.TemporaryDirectory(dir=collector.runtime) as scratch:
        file = Path(scratch) / "history.jsonl"
        count = await asyncio.to_thread(history.write, file, datetime.now(UTC), days=days)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        with Progress(*columns) as bar:
            task = bar.add_task(f"{days} days of demonstration history", total=count)

            def tell(done: int) -> None:
                # The bar costs more than a submission.
                if done % _TOLD_EVERY == 0 or done == count:
                    bar.update(task, completed=done)

            await collector.replay(read_lines(file), None, tell)
    app = collector.apps.get(configuration.APP)
    if app is not None:
        await decide_past(Reports(Questions(collector.reader), collector.live, house.control), house.control, app)
    put_fact(house.control, _MADE, _DONE)
    sys.stdout.write("The history is complete.\n")
    sys.stdout.flush()
