"""How a command gets done: by the running server, or here."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from rich.progress import Progress, SpinnerColumn, TextColumn

from collector.acts import ACTS, act
from collector.acts.act import House
from collector.app import Collector, open_control
from collector.control_socket import NotRunningError, RefusedError, ask
from collector.runtime import runtime_folder
from collector.settings import Settings, SettingsError
from ingest.boundary.geo import CountriesError
from ingest.store.client import StoreError
from ingest.store.control.database import ControlError


def run_errand(
    path: Path, settings: Settings, command: str, arguments: Mapping[str, Any], fail: Callable[[str], NoReturn]
) -> Any:
    """Do a command and return its result; call `fail` with one line when it cannot be done."""
    with Progress(
        SpinnerColumn(), TextColumn("{task.completed} done"), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(command, total=None)
        try:
            return asyncio.run(
                _run(path, settings, command, arguments, lambda count: bar.update(task, completed=count))
            )
        except (RefusedError, SettingsError, StoreError, ControlError, CountriesError) as error:
            message = str(error)
        except OSError as error:
            message = f"{error.filename or 'the system'}: {error.strerror or error}"
    return fail(message)


async def _run(
    path: Path, settings: Settings, command: str, arguments: Mapping[str, Any], progress: Callable[[int], None]
) -> Any:
    try:
        return await ask(runtime_folder(settings), command, arguments, progress)
    except NotRunningError:
        pass
    if ACTS[command].needs_store:
        async with Collector(path, settings) as collector:
            house = House(settings, collector.control, collector.clock, collector)
            return await act(house, command, arguments, progress)
    control = open_control(settings)
    try:
        return await act(House(settings, control, time.time), command, arguments, progress)
    finally:
        control.close()
