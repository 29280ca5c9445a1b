"""What a hit costs as a site grows: in visits a day, in pages, in sites. In this process, without a network.

Costs are held against a fixed piece of work that is timed in between, so that a machine that others use at the same
time says the same.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.traffic import SITE, Person, Submission, people
from collector.operations import operations
from collector.pipeline import Means, Pipeline
from collector.settings import Settings
from ingest.app import Apps
from ingest.boundary.geo import Countries
from ingest.counters.journal import Journal
from ingest.hits.attributes import visit_attributes
from ingest.hits.catalogue import Catalogue
from ingest.site import Site, Sites

_NOON: Final = 1_795_262_400.0
_TOGETHER: Final = 24
"""Hits of one turn of the loop, as at full load."""


@dataclass(frozen=True, slots=True)
class Point:
    """One size, and what a hit costs there, in units of the fixed piece of work."""

    size: int
    cost: float


@dataclass(frozen=True, slots=True)
class Curve:
    """How a cost grows with something."""

    name: str
    points: tuple[Point, ...]


def measure_growth(work: Path, *, most: int = 100_000) -> list[Curve]:
    """Return a curve for visits a day, one for pages and one for sites."""
    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= most]
    return [
        Curve("visits a day", tuple(Point(size, _cost(work, visits=size)) for size in sizes)),
        Curve("distinct pages", tuple(Point(size, _cost(work, pages=size)) for size in (10, 1_000, 20_000))),
        Curve("sites", tuple(Point(size, _cost(work, sites=size)) for size in (1, 10, 100))),
    ]  # fmt: skip


def _cost(work: Path, *, visits: int = 5_000, pages: int = 800, sites: int = 1) -> float:
    """Let so many visits of three pages come, and time the last tenth of them."""
    names = [f"site-{number}.example" for number in range(sites)]
    stream = _visits(visits, pages, names)
    timed = max(visits // 10, 500) * 3
    with _pipeline(work, names) as (pipeline, now):
        asyncio.run(_take(pipeline, stream, visits * 3 - timed, now))
        return asyncio.run(_take(pipeline, stream, timed, now))


async def take(work: Path, submissions: Iterator[Submission], count: int) -> None:
    """Take so many hits of one site, a turn at a time."""
    with _pipeline(work, [SITE]) as (pipeline, now):
        await _take(pipeline, submissions, count, now)


@contextmanager
def _pipeline(work: Path, names: Sequence[str]) -> Iterator[tuple[Pipeline, list[float]]]:
    """Build the way in for sites, with a journal, and the clock that it goes by."""
    journal = Journal(work / "growth-journal")
    journal.rewrite([])
    sites = Sites()
    sites.replace(Site(name, (name,)) for name in names)
    now = [_NOON]
    with Countries.open() as countries:
        means = Means(
            settings=Settings(), sites=sites, apps=Apps(), countries=countries, catalogue=Catalogue.open(),
            attributes=visit_attributes(), ship=lambda _: None, is_full=lambda: False, sequence=itertools.count(1),
        )  # fmt: skip
        yield Pipeline(means, means.ledger(journal), lambda: now[0], operations(Settings(), None, None)), now
    journal.close()


async def _take(pipeline: Pipeline, stream: Iterator[Submission], count: int, now: list[float]) -> float:
    """Send hits a turn at a time; return what one costs in units of the fixed piece of work."""
    spent = unit = 0.0
    for _ in range(max(count // _TOGETHER, 1)):
        turn = [submission for submission, _ in zip(stream, range(_TOGETHER), strict=False)]
        began = time.process_time()
        await asyncio.gather(*(_send(pipeline, submission) for submission in turn))
        spent += time.process_time() - began
        began = time.process_time()
        _work()
        unit += time.process_time() - began
        now[0] += 0.002
    return spent / _TOGETHER / unit


def _work() -> dict[tuple[str, str], int]:
    """Do the fixed piece of work: what a Python program does that counts."""
    counts: dict[tuple[str, str], int] = {}
    for number in range(300):
        key = "a", str(number % 50)
        counts[key] = counts.get(key, 0) + number
    return counts


def _visits(visits: int, pages: int, sites: list[str]) -> Iterator[Submission]:
    chance = random.Random(7)
    known = people(3_000)
    for number in range(visits):
        like = known[number % len(known)]
        address = f"{31 + number // 65_536 % 60}.{number // 256 % 256}.{number % 256}.{chance.randrange(1, 255)}"
        person = Person(address, like.agent, like.language, like.width, like.referrer)
        site = sites[number % len(sites)]
        for _ in range(3):
            page = int(pages * chance.random() ** 3)
            body = f'{{"n":"pageview","d":"{site}","u":"https://{site}/p/{page}","r":"{person.referrer}","w":1440}}'
            yield Submission(address, person.agent, person.language, body.encode(), 1)


async def _send(pipeline: Pipeline, submission: Submission) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in submission.headers()[:11]]
    scope = {
        "type": "http", "method": "POST", "path": "/api/event", "root_path": "", "query_string": b"",
        "client": (submission.address, 1), "headers": headers,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": submission.body, "more_body": False}

    async def send(_: Any) -> None:
        return None

    await pipeline.app(scope, receive, send)
