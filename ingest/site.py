"""A site: a website whose page views are counted, as configured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from functools import cached_property
from typing import Any

import re2


class Profile(StrEnum):
    """How much is held back; see the README's table of profiles."""

    PLAIN = "plain"
    STANDARD = "standard"
    STRICT = "strict"

    @property
    def k(self) -> int:
        """Distinct senders that must share a value on one day before it is kept."""
        return {"plain": 1, "standard": 5, "strict": 20}[self.value]

    @property
    def batch(self) -> int:
        """Distinct visitors that every write mixes; 0 writes every two seconds."""
        return {"plain": 0, "standard": 20, "strict": 20}[self.value]

    @property
    def at_close_only(self) -> bool:
        """Whether a day is written once, when it closes."""
        return self is Profile.STRICT


@dataclass(frozen=True)
class Goal:
    """A page (a glob) or an event that the operator wants people to reach."""

    name: str
    page: str = ""
    event: str = ""

    @cached_property
    def _pattern(self) -> Any:
        return _pattern(self.page)

    def is_reached(self, page: str, event: str) -> bool:
        """Tell whether a view of a page, or an event, is what is wanted; the other of the two is empty."""
        if event:
            return event == self.event
        return bool(self.page) and (page == self.page or ("*" in self.page and self._pattern.match(page) is not None))


@dataclass(frozen=True, slots=True)
class Funnel:
    """Two to eight goals that people are to reach one after the other, within a visit."""

    name: str
    steps: tuple[Goal, ...]


@dataclass(frozen=True)
class Site:
    """A website as `[[site]]` configures it. All strings are the operator's own declarations."""

    id: str
    hosts: tuple[str, ...]
    timezone: tzinfo = UTC
    profile: Profile = Profile.STANDARD
    pages: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    referrers: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    props: frozenset[str] = frozenset()
    params: frozenset[str] = frozenset()
    goals: tuple[Goal, ...] = ()
    funnels: tuple[Funnel, ...] = ()
    own_networks: tuple[str, ...] = ()
    own_exits: tuple[str, ...] = ()
    matomo_id: int | None = None
    """The number by which Matomo's trackers know this site."""
    pixel: bool = False
    """Whether pages may be counted by an image, for browsers that run no scripts."""
    sitemap: frozenset[str] = field(default=frozenset(), repr=False)
    demonstration: bool = False

    @property
    def owner(self) -> str:
        """The name under which refusals and windows file this site."""
        return self.id

    def goals_reached(self, page: str, event: str) -> tuple[str, ...]:
        """Return the names of the goals that a view of a page, or an event, reaches."""
        return tuple(goal.name for goal in self.goals if goal.is_reached(page, event))

    @cached_property
    def own_hosts(self) -> frozenset[str]:
        """Hosts of the site, without `www.`: they refer nobody."""
        return frozenset(host.removeprefix("www.") for host in self.hosts)

    @cached_property
    def named_hosts(self) -> dict[str, str]:
        """Declared referring hosts without `www.`, each under its own name."""
        hosts = (host.lower().removeprefix("www.") for host in (*self.referrers, *self.partners))
        return {host: host for host in hosts}

    @cached_property
    def literal_pages(self) -> frozenset[str]:
        """Declared pages without a wildcard, and those of the sitemap: free from their first view on."""
        return self.sitemap.union(page for page in self.pages if "*" not in page)

    @cached_property
    def page_shapes(self) -> tuple[tuple[str, Any], ...]:
        """Declared globs, longest first, each with the pattern that it stands for."""
        globs = sorted((page for page in self.pages if "*" in page), key=len, reverse=True)
        return tuple((glob, _pattern(glob)) for glob in globs)

    @cached_property
    def excluded(self) -> tuple[Any, ...]:
        """Patterns of paths that are not counted."""
        return tuple(_pattern(glob) for glob in self.exclude)


def _pattern(glob: str) -> Any:
    """Compile a glob: `*` stands for any characters within the path, everything else for itself.

    Through re2: paths come from anybody, and a glob of three stars would stall a backtracking matcher for seconds.
    """
    return re2.compile("(?s)" + ".*".join(re2.escape(part) for part in glob.split("*")) + r"\z")


@dataclass
class Sites:
    """The configured sites; `replace` swaps them when the configuration is read again."""

    _by_id: dict[str, Site] = field(default_factory=dict)
    _by_matomo_id: dict[str, Site] = field(default_factory=dict)
    _hosts: frozenset[str] = frozenset()

    def replace(self, sites: Iterable[Site]) -> None:
        """Put these sites in the place of the present ones."""
        self._by_id = {site.id: site for site in sites}
        self._by_matomo_id = {str(site.matomo_id): site for site in self if site.matomo_id is not None}
        self._hosts = frozenset(host for site in self for host in site.hosts)

    def get(self, site_id: str) -> Site | None:
        """Return the site of that id, or None."""
        return self._by_id.get(site_id)

    def of_matomo(self, idsite: str) -> Site | None:
        """Return the site that Matomo's trackers call by a number, or by the id that it has here; else None."""
        return self._by_matomo_id.get(idsite) or self._by_id.get(idsite)

    def serve(self, host: str) -> bool:
        """Tell whether a host is one that any site declares."""
        return host in self._hosts

    def __iter__(self) -> Iterator[Site]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)
