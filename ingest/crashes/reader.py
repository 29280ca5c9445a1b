"""Reading large submissions beside the event loop, so that none of them holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from ingest.counters.cells import Refusal

T = TypeVar("T")

LONG: Final = 32 << 10
"""Bytes from which on a submission is read in the thread: an ordinary report is smaller, or is read in 2 ms."""

_MOST_WAITING: Final = 64 << 20
"""Bytes of submissions that may wait there."""


class Reading:
    """One thread that reads what is large, one after the other.

    Python switches between threads every 5 ms, so a hostile event costs others that much at a time, and not the
    tens of milliseconds that it takes as a whole.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="crash-reader")
        self._waiting = 0

    async def run(self, size: int, read: Callable[..., T], *arguments: object) -> T | Refusal:
        """Call `read`, in the thread if the submission has many bytes; `FULL` when too much waits there already."""
        if size < LONG:
            return read(*arguments)
        if self._waiting + size > _MOST_WAITING:
            return Refusal.FULL
        self._waiting += size
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, read, *arguments)
        finally:
            self._waiting -= size
