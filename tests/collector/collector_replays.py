"""Replays lines through the real pipeline, with what it ships kept in a list."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from collector.operations import operations
from collector.pipeline import Means, Pipeline
from collector.replay import ReplayClock, read_lines, replay
from collector.settings import Settings
from ingest.app import App, Apps
from ingest.boundary.geo import Countries
from ingest.counters.cells import UNKNOWN_OWNER, Key
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Batch
from ingest.hits.attributes import visit_attributes
from ingest.hits.catalogue import Catalogue
from ingest.site import Site, Sites

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


@cache
def catalogue() -> Catalogue:
    return Catalogue.open()


@cache
def countries() -> Countries:
    return Countries.open()


def hit(at: str, ip: str, page: str, **fields: Any) -> dict[str, Any]:
    """Return a line with a page view."""
    body = {"n": "pageview", "d": "example.org", "u": f"https://example.org{page}", "l": "en", **fields}
    headers = {"User-Agent": BROWSER, "Content-Type": "text/plain"}
    return {"at": at, "ip": ip, "method": "POST", "path": "/api/event", "headers": headers, "body": json.dumps(body)}


@dataclass
class Shipment:
    """A batch, and when it was shipped by the clock of the replay."""

    at: float
    batch: Batch


@dataclass
class Replay:
    """One replay of a file."""

    file: Path
    sites: Sequence[Site] = ()
    apps: Sequence[App] = ()
    shipped: list[Shipment] = field(default_factory=list)
    clock: ReplayClock = field(default_factory=ReplayClock)

    def __post_init__(self) -> None:
        sites, apps = Sites(), Apps()
        sites.replace(self.sites)
        apps.replace(self.apps)
        self.full = False
        settings = Settings()
        means = Means(
            settings=settings,
            sites=sites,
            apps=apps,
            countries=countries(),
            catalogue=catalogue(),
            attributes=visit_attributes(),
            ship=lambda batch: self.shipped.append(Shipment(self.clock(), batch)),
            is_full=lambda: self.full,
            sequence=itertools.count(1),
        )
        self.pipeline = Pipeline(means, means.ledger(Unjournaled()), self.clock, operations(settings, None, None))

    def write(self, lines: Iterable[dict[str, Any]]) -> Replay:
        self.file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return self

    def run(self, until: datetime | None = None, progress: Any = lambda _: None) -> Counter[int]:
        lines = read_lines(self.file)
        return asyncio.run(replay(lines, self.pipeline, self.clock, until=until, progress=progress))

    def counts(self, owner: str = "example.org") -> dict[tuple[str, Key], list[int]]:
        """Return all that was shipped of an owner, by ISO date and key."""
        found: dict[tuple[str, Key], list[int]] = {}
        for shipment in self.shipped:
            lot = shipment.batch.lot
            if lot.owner == owner:
                for key, amounts in lot.cells.items():
                    present = found.setdefault((lot.date.isoformat(), key), [0] * len(amounts))
                    found[lot.date.isoformat(), key] = [a + b for a, b in zip(present, amounts, strict=True)]
        return found

    def refusals(self) -> dict[str, int]:
        """Return refusals of any owner, by reason."""
        found: Counter[str] = Counter()
        for owner in (*(site.owner for site in self.sites), UNKNOWN_OWNER):
            for (_, key), amounts in self.counts(owner).items():
                if key[0] == "refused":
                    found[key[1]] += amounts[0]
        return dict(found)
