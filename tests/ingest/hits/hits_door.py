"""Drives the real way in, in this process: airlock, front, endpoint, visits and ledger, without a journal."""

from __future__ import annotations

import asyncio
import itertools
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from starlette.types import Message

from collector.operations import operations
from collector.pipeline import Means, Pipeline
from collector.settings import Settings
from ingest.app import Apps
from ingest.boundary.geo import Countries
from ingest.boundary.networks import Hosting
from ingest.counters.cells import REFUSED, UNKNOWN_OWNER, Key
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Batch
from ingest.hits.attributes import visit_attributes
from ingest.hits.catalogue import Catalogue
from ingest.site import Profile, Site, Sites

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
NOON = 1_795_262_400.0
"""2026-11-21 12:00:00 UTC, a Saturday."""

SITE = Site("example.org", ("example.org", "www.example.org"), profile=Profile.PLAIN)

Headers = Iterable[tuple[bytes, bytes]]
Case = TypeVar("Case")


def read_cases(name: str, kind: type[Case]) -> list[Case]:
    """Read `[[case]]` tables of a file beside the tests. A key that the type does not know fails the test run."""
    content = tomllib.loads((Path(__file__).parent / "vectors" / name).read_text(encoding="utf-8"))
    assert set(content) == {"case"}, sorted(content)
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    for table in content["case"]:
        assert set(table) <= known, f"{name}: unknown keys {sorted(set(table) - known)}"
    return [kind(**table) for table in content["case"]]


@cache
def countries() -> Countries:
    return Countries.open()


@cache
def catalogue() -> Catalogue:
    return Catalogue.open()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"])


@dataclass
class Door:
    """A pipeline with an in-memory ledger, whose clock the test moves."""

    sites: Sequence[Site] = (SITE,)
    now: float = NOON
    full: bool = False
    settings: Settings = field(default_factory=Settings)
    shipped: list[Batch] = field(default_factory=list)
    journal: Unjournaled = field(default_factory=Unjournaled)
    hosting: Hosting = field(default_factory=Hosting)

    def __post_init__(self) -> None:
        sites = Sites()
        sites.replace(self.sites)
        self.means = Means(
            settings=self.settings,
            sites=sites,
            apps=Apps(),
            countries=countries(),
            catalogue=catalogue(),
            attributes=visit_attributes(),
            ship=self.shipped.append,
            is_full=lambda: self.full,
            sequence=itertools.count(1),
            hosting=self.hosting,
        )
        self.ledger = self.means.ledger(self.journal)
        self.pipeline = Pipeline(self.means, self.ledger, lambda: self.now, operations(self.settings, None, None))

    def knock(
        self,
        body: bytes | Sequence[bytes] = b"",
        *,
        method: str = "POST",
        path: str = "/api/event",
        address: str = "198.51.100.7",
        agent: str = FIREFOX,
        headers: Headers = (),
        kind: bytes | None = b"text/plain",
    ) -> Answer | None:
        """Send one request, in as many chunks as there are; None when nothing was answered."""
        return asyncio.run(self.send(body, method, path, address, agent, headers, kind))

    async def send(
        self,
        body: bytes | Sequence[bytes],
        method: str = "POST",
        path: str = "/api/event",
        address: str = "198.51.100.7",
        agent: str = FIREFOX,
        headers: Headers = (),
        kind: bytes | None = b"text/plain",
        *,
        goes_away: bool = False,
    ) -> Answer | None:
        chunks = [body] if isinstance(body, bytes) else list(body)
        sent: list[Message] = []

        async def receive() -> Message:
            if not chunks:
                return {"type": "http.disconnect"}
            part = chunks.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(chunks) or goes_away}

        async def send(message: Message) -> None:
            sent.append(message)

        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "root_path": "",
            "query_string": query.encode(),
            "client": (address, 4711),
            "headers": [
                *([(b"user-agent", agent.encode("latin-1"))] if agent else []),
                *([(b"content-type", kind)] if kind is not None else []),
                *headers,
            ],
        }
        await self.pipeline.app(scope, receive, send)
        if not sent:
            return None
        start, content = sent
        return Answer(start["status"], tuple(start["headers"]), content["body"])

    def hit(self, url: str = "https://example.org/", *, address: str = "198.51.100.7", **fields: Any) -> Answer:
        """Send a page view, or what `fields` make of it; `agent` and `headers` belong to the request."""
        of_request = {name: fields.pop(name) for name in ("agent", "headers", "kind") if name in fields}
        answer = self.knock(submission(url, **fields), address=address, **of_request)
        assert answer is not None
        return answer

    def amounts(self, owner: str = SITE.id) -> dict[tuple[date, Key], list[int]]:
        """Return all that may be named of an owner and is not zero, in memory or on its way to the store."""
        found: dict[tuple[date, Key], list[int]] = {}
        self.ledger.settle()
        kept = [(day, key, list(amounts)) for day, key, amounts in self.ledger.unwritten(owner)]
        for day, key, amounts in kept:
            present = found.setdefault((day, key), [0] * len(amounts))
            found[day, key] = [a + b for a, b in zip(present, amounts, strict=True)]
        return {name: amounts for name, amounts in found.items() if any(amounts)}

    def values(self, attribute: str, owner: str = SITE.id) -> dict[str, int]:
        """Return the named values of an attribute, with their visits on all days."""
        return self._sums(attribute, 1, owner)

    def refusals(self, owner: str = SITE.id) -> dict[str, int]:
        return self._sums(REFUSED, 0, owner)

    def _sums(self, kind: str, metric: int, owner: str) -> dict[str, int]:
        found: Counter[str] = Counter()
        for (_, key), amounts in self.amounts(owner).items():
            if key[0] == kind:
                found[key[1]] += amounts[metric]
        return dict(found)

    def snapshot(self) -> dict[tuple[str, date, Key], list[int]]:
        """Return every count of every owner, refusals included."""
        owners = [*(site.owner for site in self.sites), UNKNOWN_OWNER]
        return {(owner, *name): amounts for owner in owners for name, amounts in self.amounts(owner).items()}


def submission(url: str = "https://example.org/", **fields: Any) -> bytes:
    """Write the body of a submission; `n` is `pageview` unless told."""
    return json.dumps({"n": "pageview", "d": SITE.id, "u": url, **fields}).encode()
