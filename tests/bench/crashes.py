"""Crash reports in a second: an envelope of 24 KB, as it is and packed with gzip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.hits import Rates, Sending, UncountedError
from bench.load import run_load
from bench.measured import Measured
from bench.servers import APP, Process, doing_nothing, serving
from bench.traffic import MARK, crashes, ordinary
from running import Logless

_UNDER_WAY = 64
_PACKED = 4_000
"""Packed reports of a round: each has an id of its own, since a repeat counts once."""


def measure_crashes(work: Path, seconds: float, rounds: int, tell: Callable[[str], None]) -> list[Measured]:
    """Return the ratios of crash reports. Raises NoLoadError, UncountedError."""
    rates = Rates()
    path = f"/api/{APP}/envelope/"
    plain = Sending.of(work, "crash", crashes(packed=False), MARK, path=path)
    hits = Sending.of(work, "crash-hits", ordinary(2_000))
    first = 0
    with doing_nothing("route") as route, serving(work / "crashes") as (logless, process):
        token = logless.token()
        for number in range(rounds):
            before = route.seconds
            rates.add("route", run_load(route.port, hits.file, seconds), route, before)
            first += _measure(logless, token, process, plain, seconds, rates, "plain", first)
            packed = crashes(packed=True, first=50_000_000 + number * _PACKED, count=_PACKED)
            sending = Sending.of(work, "packed", packed, path=path)
            _measure(logless, token, process, sending, min(seconds, 2), rates, "gzip", 0)
            tell(f"crashes: round {number + 1} of {rounds}")
    size = len(crashes(packed=False)[0].body)
    unit = "of a no-op Starlette route"
    return [
        Measured("crash report", unit, rates.ratio("plain", "route"), floor=0.15, target=0.2, note=f"{size:,} bytes"),
        Measured("crash report, gzip", unit, rates.ratio("gzip", "route")),
    ]


def _measure(
    logless: Logless, token: str, process: Process, sending: Sending, seconds: float, rates: Rates, name: str, first: int
) -> int:
    """Send for a while, and hold what was counted against it; return how many reports were sent at most."""
    counted, before = _reports(logless, token), process.seconds
    load = run_load(process.port, sending.file, seconds, mark=sending.mark, first=first)
    rates.add(name, load, process, before)
    sent = load.requests if sending.mark else min(load.requests, len(sending.counts))
    counted = _reports(logless, token) - counted
    if not sent - _UNDER_WAY <= counted <= sent + _UNDER_WAY or load.refused or load.broken:
        raise UncountedError(f"{load}: {counted} crash reports counted of {sent}")
    return load.requests + _UNDER_WAY


def _reports(logless: Logless, token: str) -> int:
    rows = logless.query(token, app_id=APP, metrics=["reports"])
    return int(rows[0]["metrics"][0])
