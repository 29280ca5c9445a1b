"""Memory over a minute, what a visit and a visitor hold of it, and how long a start takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.hits import Counter, Sending
from bench.load import run_load
from bench.measured import Better, Measured
from bench.servers import doing_nothing, serving
from bench.traffic import MARK, ordinary, worst

_SETTLED = 10.0
"""Seconds after which memory is looked at for the first time."""


def measure_memory(work: Path, seconds: float, tell: Callable[[str], None]) -> list[Measured]:
    """Return what ordinary traffic adds from the tenth second on, and what each new visitor does."""
    sending = Sending.of(work, "memory", ordinary())
    with serving(work / "memory-ordinary") as (_, process):
        run_load(process.port, sending.file, _SETTLED)
        early = process.memory
        run_load(process.port, sending.file, max(seconds - _SETTLED, 5))
        late = process.memory
    tell(f"memory: {early >> 20} MiB, then {late >> 20} MiB")
    strangers = Sending.of(work, "strangers", worst(), MARK)
    with serving(work / "memory-worst") as (logless, process):
        counter = Counter(logless)
        run_load(process.port, strangers.file, 2, mark=MARK)
        before, known = process.memory, counter.views_and_events()
        run_load(process.port, strangers.file, 10, mark=MARK, first=1_000_000)
        grown, came = process.memory - before, counter.views_and_events() - known
    return [
        Measured("memory after a minute of ordinary traffic", "of what it was after ten seconds", late / early,
                 Better.LESS, floor=1.05, note=f"{late >> 20} MiB"),
        Measured("memory of a visitor whose page and referrer nobody shares", "bytes", grown / came, Better.LESS,
                 note="the open visit, its marks of the day and its values that wait for others"),
    ]  # fmt: skip


def measure_start(work: Path, times: int = 3) -> list[Measured]:
    """Return how long it takes until a server can acknowledge, against one that does nothing."""
    took, idle = [], []
    for number in range(times):
        began = time.monotonic()
        with doing_nothing("route"):
            idle.append(time.monotonic() - began)
        began = time.monotonic()
        with serving(work / f"start-{number}"):
            took.append(time.monotonic() - began)
    seconds, nothing = sorted(took)[times // 2], sorted(idle)[times // 2]
    return [
        Measured("start until it can acknowledge", "of a server that does nothing", seconds / nothing, Better.LESS,
                 note=f"{seconds:.1f} s, the tables made anew")
    ]  # fmt: skip
