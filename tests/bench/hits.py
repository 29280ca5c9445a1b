"""Hits in a second, side by side with what the same server can do at all, in rounds that take turns."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from running import Logless

from bench.load import Load, pack_requests, run_load
from bench.measured import Measured
from bench.servers import Process, doing_nothing, serving
from bench.traffic import MARK, SITE, Submission, batches, ordinary, trackers, worst

BATCH: Final = 20
_UNDER_WAY: Final = 64
"""Requests that may have been counted and not yet answered when a round ends, and the other way round."""


class UncountedError(Exception):
    """What was counted is not what was sent: the speed of such a round means nothing."""


@dataclass
class Rates:
    """Requests a second by name, one for each round."""

    rates: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, load: Load, process: Process, before: float) -> None:
        """Take a round. What counts is the processor time of the server, so that others on the machine take nothing."""
        self.rates.setdefault(name, []).append(load.requests / max(process.seconds - before, 0.01))

    def ratio(self, name: str, to: str, times: int = 1) -> float:
        """Return the median of the ratios of rounds that stood side by side."""
        return median(times * one / other for one, other in zip(self.rates[name], self.rates[to], strict=True))


@dataclass(frozen=True, slots=True)
class Sending:
    """Requests on disk for the generator, and how many views and events each brings."""

    file: Path
    counts: Sequence[int]
    mark: str = ""

    @classmethod
    def of(
        cls,
        work: Path,
        name: str,
        submissions: Sequence[Submission],
        mark: str = "",
        *,
        path: str = "/api/event",
        closing: bool = False,
    ) -> Sending:
        """Write requests down."""
        file = pack_requests(work / name, [one.write(path, closing=closing) for one in submissions])
        return cls(file, [one.counts for one in submissions], mark)

    def expected(self, requests: int) -> int:
        """Return the views and events in the first so many requests."""
        whole, rest = divmod(requests, len(self.counts))
        return whole * sum(self.counts) + sum(self.counts[:rest])


class Counter:
    """Asks a server what it has counted today."""

    def __init__(self, logless: Logless) -> None:
        self._logless = logless
        self._token = logless.token()

    def views_and_events(self) -> int:
        """Return page views and events of the site together."""
        question = {"site_id": SITE, "metrics": ["pageviews", "events"]}
        return sum(self._logless.query(self._token, **question)[0]["metrics"])

    def check(self, sending: Sending, load: Load, before: int) -> None:
        """Hold what was counted in a round against what was answered. Raises UncountedError."""
        least, most = (sending.expected(load.requests + add) for add in (-_UNDER_WAY, _UNDER_WAY))
        counted = self.views_and_events() - before
        if not least <= counted <= most or load.refused or load.broken:
            raise UncountedError(f"{load}: {counted} counted, {least} to {most} wanted")


def measure_hits(work: Path, seconds: float, rounds: int, tell: Callable[[str], None]) -> list[Measured]:
    """Return the ratios of hits. Raises NoLoadError, UncountedError."""
    sendings = {
        "single": Sending.of(work, "single", ordinary()),
        "batch": Sending.of(work, "batch", batches(BATCH)),
        "worst": Sending.of(work, "worst", worst(), MARK),
        "matomo": Sending.of(work, "matomo", trackers()),
        "connecting": Sending.of(work, "connecting", ordinary(), closing=True),
    }
    connecting = sendings["connecting"].file
    rates = Rates()
    with (
        doing_nothing("raw") as raw,
        doing_nothing("route") as route,
        serving(work / "hits") as (logless, process),
        serving(work / "flooded") as (flooded, flooded_process),
    ):
        # What a flood leaves in memory is not there on an ordinary day.
        usual, flood = (Counter(logless), process), (Counter(flooded), flooded_process)
        single = sendings["single"]
        # Once through: the pages and people of an ordinary day are known, and the first write is done.
        run_load(process.port, single.file, max(seconds, 5))
        first = 0
        for number in range(rounds):
            for name, idle in (("raw", raw), ("route", route)):
                before = idle.seconds
                rates.add(name, run_load(idle.port, single.file, seconds), idle, before)
            before = route.seconds
            rates.add("connecting route", run_load(route.port, connecting, seconds), route, before)
            for name, sending in sendings.items():
                counter, server = flood if sending.mark else usual
                counted, before = counter.views_and_events(), server.seconds
                load = run_load(server.port, sending.file, seconds, mark=sending.mark, first=first)
                rates.add(name, load, server, before)
                counter.check(sending, load, counted)
                first += load.requests + _UNDER_WAY if sending.mark else 0
            tell(f"hits: round {number + 1} of {rounds}: " + json.dumps(_last(rates)))
    return _told(rates)


def _last(rates: Rates) -> dict[str, int]:
    return {name: round(of_rounds[-1]) for name, of_rounds in rates.rates.items()}


def _told(rates: Rates) -> list[Measured]:
    speeds = ", ".join(f"{name} {median(of_rounds):,.0f}" for name, of_rounds in rates.rates.items())
    route = "of a no-op Starlette route"
    return [
        Measured("single hit", route, rates.ratio("single", "route"), floor=0.75, target=0.90,
                 note=f"requests per second of the server's processor: {speeds}"),
        Measured("single hit", "of a no-op raw ASGI app", rates.ratio("single", "raw")),
        Measured("worst traffic", route, rates.ratio("worst", "route"), floor=0.55, target=0.75,
                 note="visitor, page and referrer are new in every request"),
        Measured(f"batch of {BATCH}, hits", route, rates.ratio("batch", "route", BATCH), floor=3, target=4),
        Measured("new connection for each hit", "of the same with a no-op Starlette route",
                 rates.ratio("connecting", "connecting route"), floor=0.8, target=0.9),
        Measured("hit of Matomo's script", route, rates.ratio("matomo", "route")),
    ]  # fmt: skip
