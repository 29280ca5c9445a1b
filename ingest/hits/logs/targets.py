"""What lines ask for, worked out once a day: most targets and referring hosts come again and again.

Each pair of them goes through the steps as the hit of somebody of whom nothing is known. Who it really is matters only
when a visit begins with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from ingest.counters.cells import MISSING_EVENT, Refusal
from ingest.hits.agents import UNKNOWN, Agent
from ingest.hits.hit import Arrival, Hit
from ingest.hits.location import Location
from ingest.hits.logs.pages import is_page
from ingest.hits.logs.told import Told
from ingest.hits.names import Names
from ingest.hits.sources import Source
from ingest.hits.steps import FIRST_STEPS, complete, put_source, walk
from ingest.hits.wire import Submission
from ingest.site import Site

NOBODY: Final = Agent(UNKNOWN, UNKNOWN, "other", bot=False)
"""An agent of which nothing is said."""

_LONGEST: Final = 2_000  # characters, as of a submission
_MOST: Final = 50_000
_TOO_LONG: Final = "too long"
_UNKNOWN_PARTY: Final[tuple[Any, ...]] = (NOBODY, "", "", "")

Name = tuple[bytes, bytes, bytes, bool]
Way = tuple[Arrival, Hit | Refusal]
"""A request as somebody's of whom nothing is known, and what the steps make of it."""


@dataclass(slots=True)
class Target:
    """A page that was asked for, and the ways that led there, by host: to the page, and to where one is missing."""

    location: Location
    views: dict[str, Way | None] = field(default_factory=dict)
    misses: dict[str, Way | None] = field(default_factory=dict)


class Targets:
    """The targets of a day."""

    def __init__(self, site: Site, names: Names) -> None:
        self._site = site
        self._names = names
        self._targets: dict[Name, Target | None] = {}
        self._referrers: dict[bytes, str] = {}
        self._sources: dict[tuple[str, str], Source] = {}
        only_sources = (put_source,)
        assert only_sources == FIRST_STEPS, "what else a first hit tells is not remembered by query and host"

    def forget(self) -> None:
        """Empty the memory: no target outlives its day."""
        self._targets.clear()
        self._referrers.clear()
        self._sources.clear()

    def find(self, told: Told) -> Target | None:
        """Return what a line asks for, or None when it is no page."""
        name = told.host, told.target, told.content, told.is_secure
        try:
            return self._targets[name]
        except KeyError:
            pass
        if len(self._targets) >= _MOST:
            self._targets.clear()
        location = self._locate(told)
        found = self._targets[name] = Target(location) if location is not None else None
        return found

    def _locate(self, told: Told) -> Location | None:
        target = told.target.decode("utf-8", "replace")
        if not target.startswith("/"):
            # RFC 9112, 3.2: proxies are asked for a whole URL, and servers for `*`. Nobody who views pages does that.
            return None
        host = told.host.decode("utf-8", "replace") or self._site.hosts[0]
        location = Location.read(f"{_scheme(told)}://{host}{target}")
        return location if is_page(location.path, told.content, self._site) else None

    def way(self, told: Told, target: Target, *, is_missing: bool) -> Way | None:
        """Return the way on which a line leads to a target, or None when no submission could be so long."""
        came_from = self._referrers.get(told.referrer)
        if came_from is None:
            came_from = self._read_referrer(told.referrer)
        known = target.misses if is_missing else target.views
        if came_from in known:
            return known[came_from]
        way = known[came_from] = self._walk(told, target.location, came_from, is_missing=is_missing)
        return way

    def _read_referrer(self, referrer: bytes) -> str:
        """Return where somebody came from without path and query, which no step looks at."""
        if len(self._referrers) >= _MOST:
            self._referrers.clear()
        text = referrer.decode("utf-8", "replace")
        host = Location.read(text).host
        came_from = f"https://{host}/" if host else ""
        came_from = self._referrers[referrer] = _TOO_LONG if len(text) > _LONGEST else came_from
        return came_from

    def _walk(self, told: Told, location: Location, came_from: str, *, is_missing: bool) -> Way | None:
        query = f"?{location.query}" if location.query else ""
        url = f"{_scheme(told)}://{location.host}{location.path}{query}"
        if len(url) > _LONGEST or came_from == _TOO_LONG:
            return None
        submission = Submission(
            n=MISSING_EVENT if is_missing else "pageview",
            u=url,
            d=self._site.id,
            r=came_from,
            p={"path": location.path} if is_missing else None,
        )
        arrival = Arrival(self._site, submission, location, *_UNKNOWN_PARTY)
        hit = walk(arrival, self._names)
        if isinstance(hit, Hit):
            self._complete(hit, location.query, came_from)
        return arrival, hit

    def _complete(self, hit: Hit, query: str, came_from: str) -> None:
        """Do what `complete` does; a source is told by the query of the page and the host that people came from."""
        source = self._sources.get((query, came_from))
        if source is not None:
            hit.source = source
            return
        complete(hit, self._names)
        if len(self._sources) >= _MOST:
            self._sources.clear()
        self._sources[query, came_from] = hit.source


def _scheme(told: Told) -> str:
    return "https" if told.is_secure else "http"
