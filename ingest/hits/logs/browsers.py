"""Who lines come from, worked out once a day. A day remembers them by keyed digests, never by their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ingest.boundary.address import Address
from ingest.boundary.geo import Countries
from ingest.boundary.networks import Hosting, Networks
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import Refusal
from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.counters.ledger import Ledger
from ingest.hits.agents import UNHINTED, Agents
from ingest.hits.headers import agent_of, hints_of, is_prefetch, languages_of, tells_fetch
from ingest.hits.hit import Arrival
from ingest.hits.location import Location
from ingest.hits.logs.targets import NOBODY
from ingest.hits.logs.told import Told
from ingest.hits.names import Names
from ingest.hits.steps import walk
from ingest.hits.traffic import VPN
from ingest.hits.visit import Presence
from ingest.hits.visits import IDLE
from ingest.hits.wire import Submission
from ingest.site import Site

_OF_BROWSERS: Final = frozenset({Refusal.OWN_NETWORK, Refusal.HEADLESS, Refusal.BOT})
"""What a browser is refused for, whatever it asks for."""


@dataclass(slots=True)
class Browser:
    """Who a line's address and agent are, for a day."""

    presence: Presence
    before: Presence | None  # on the day before, while it is open
    told: tuple[Any, ...]  # the fields of an `Arrival`, from `agent` to `from_hosting`
    is_exit: bool
    refusal: Refusal | None
    viewed: float = -IDLE  # when it last viewed a page


class Browsers:
    """The browsers of a day."""

    def __init__(
        self,
        site: Site,
        ledger: Ledger,
        countries: Countries,
        hosting: Hosting,
        *,
        truncate_first: bool,
        has_agent: bool,
    ) -> None:
        """Take what to ask of an address, and whether lines tell the user agent."""
        self._site = site
        self._ledger = ledger
        self._countries = countries
        self._hosting = hosting
        self._truncate_first = truncate_first
        self._has_agent = has_agent
        self._keys = DayKeys()
        self._agents = Agents()
        self._own = Networks(site.own_networks)
        self._exits = Networks(site.own_exits)
        self._known: dict[bytes, Browser] = {}
        self._refusals: dict[tuple[str, bool], Refusal | None] = {}

    def turn(self) -> None:
        """Begin to remember another day's."""
        self._known.clear()
        self._refusals.clear()

    def forget(self, day: Day) -> None:
        """Let go of the keys of a day that closed."""
        self._keys.drop(day.owner, day.date)
        self._agents.forget()

    def find(self, told: Told, day: Day, names: Names) -> Browser:
        """Return who a line comes from."""
        name = self._keys.line(self._site.id, day.date, told.address, told.agent)
        browser = self._known.get(name)
        if browser is None:
            browser = self._known[name] = self._meet(told, day, names)
        return browser

    def _meet(self, told: Told, day: Day, names: Names) -> Browser:
        """Take the address out of a line: what is left are digests, a network and a country."""
        site, address, agent = self._site, Address.read(told.address), agent_of(told.agent)
        if self._truncate_first:
            address = address.truncated()
        verdict = self._agents.read(agent, UNHINTED) if self._has_agent else NOBODY
        is_exit = bool(site.own_exits) and address.is_in(self._exits)
        from_hosting = is_exit or address.is_hosting(self._hosting)
        is_own = bool(site.own_networks) and address.is_in(self._own)
        if (agent, is_own) not in self._refusals:
            self._refusals[agent, is_own] = _refusal_of(site, (verdict, "", "", "", False, False, is_own), names)
        refusal = self._refusals[agent, is_own]
        country = VPN if from_hosting else "" if refusal is not None else address.country(self._countries)
        before = self._ledger.day_before(site, day)
        return Browser(
            self._presence(day, address, agent),
            self._presence(before, address, agent) if before is not None else None,
            (verdict, country, address.network, "", False, False, is_own, from_hosting),
            is_exit,
            refusal,
        )

    def _presence(self, day: Day, address: Address, agent: str) -> Presence:
        visitor = self._keys.visitor(self._site.id, day.date, address, agent)
        return Presence(visitor, Who(self._keys.sender(self._site.id, day.date, address), address.network), day)

    def told(self, told: Told, browser: Browser) -> tuple[Any, ...]:
        """Return the fields of an `Arrival`, from `agent` to `from_hosting`, of a line that tells headers."""
        agent, country, network, _, _, _, is_own, from_hosting = browser.told
        headers = dict(told.headers)
        if self._has_agent:
            agent = self._agents.read(agent_of(told.agent), hints_of(headers))
        said = languages_of(headers), tells_fetch(headers), is_prefetch(headers)
        return agent, country, network, *said, is_own, from_hosting


def _refusal_of(site: Site, told: tuple[Any, ...], names: Names) -> Refusal | None:
    """Return why a browser is refused whatever it asks for, by the steps that all go through."""
    url = f"https://{site.hosts[0]}/"
    hit = walk(Arrival(site, Submission(n="pageview", u=url, d=site.id), Location.read(url), *told), names)
    return hit if isinstance(hit, Refusal) and hit in _OF_BROWSERS else None
