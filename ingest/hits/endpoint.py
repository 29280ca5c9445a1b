"""`POST /api/event`: takes submissions of our beacon and of every Plausible client.

It stands in front of the router, so one submission costs one call. What is counted and what is not are answered
alike, with 202 and no body: a client learns nothing about what was dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from ingest.body import DisconnectedError, read_body
from ingest.boundary.address import Address
from ingest.boundary.airlock import ADDRESS
from ingest.boundary.consent import objects
from ingest.boundary.geo import Countries
from ingest.boundary.networks import Hosting, Networks
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.counters.ledger import Ledger
from ingest.hits.agents import Agent, Agents
from ingest.hits.answers import ACCEPTED, BUSY, PREFLIGHT, TOO_LARGE, WRONG_TYPE, Answer, refused, settle
from ingest.hits.headers import agent_of, hints_of, is_prefetch, languages_of, tells_fetch
from ingest.hits.hit import Arrival, Hit
from ingest.hits.names import Names
from ingest.hits.recent import Recent
from ingest.hits.setups import Setup, Setups
from ingest.hits.steps import NEXT_STEPS, STEPS, Step, complete, walk
from ingest.hits.trace import Passage, Trace
from ingest.hits.traffic import VPN
from ingest.hits.visit import Presence
from ingest.hits.visits import Visits
from ingest.hits.wire import Submission, WireError, props_of, read_submissions
from ingest.rates import Rates
from ingest.site import Site, Sites

_TYPES: Final = (b"text/plain", b"application/json", b"")


@dataclass(frozen=True, slots=True)
class HitLimits:
    """How much is read: bytes of a body, and submissions of one sender in a minute (0: no limit).

    `frequent` is how many of these people send at most (0: they are not told apart by it).
    """

    body: int
    per_minute: int = 0
    frequent: int = 0


class HitEndpoint:
    """The way in for hits, as an ASGI application behind the airlock."""

    def __init__(
        self,
        sites: Sites,
        ledger: Ledger,
        visits: Visits,
        *,
        keys: DayKeys,
        countries: Countries,
        agents: Agents,
        names: Names,
        setups: Setups,
        recent: Recent,
        clock: Callable[[], float],
        limits: HitLimits,
        hosting: Hosting,
    ) -> None:
        """Take the configured sites, where to count, the keys of the day, and the time in seconds since the epoch."""
        self._sites = sites
        self._ledger = ledger
        self._visits = visits
        self._keys = keys
        self._countries = countries
        self._agents = agents
        self._names = names
        self._setups = setups
        self._recent = recent
        self._clock = clock
        self._limits = limits
        self._rates = Rates()
        self._hosting = hosting
        self._own: dict[tuple[str, ...], Networks] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            # Of a body that nobody will look at, nothing is read.
            body = await read_body(receive, self._limits.body) if scope["method"] == "POST" else b""
        except DisconnectedError:
            return
        answer = await settle(self._ledger, self.answer(scope, body))
        await answer.send(send)

    def answer(self, scope: Scope, body: bytes | Refusal) -> Answer:
        """Take a request whose body has been read; what is returned may be sent once the ledger has settled.

        A body past the limit is a refusal.
        """
        if scope["method"] == "OPTIONS":
            return PREFLIGHT
        sent = scope["headers"]
        if objects(sent):
            # Somebody who objects is counted nowhere, not even among the refusals, whatever they sent.
            return ACCEPTED
        headers: dict[bytes, bytes] = dict(sent)
        if scope["method"] != "POST" or _type(headers) not in _TYPES:
            self._refuse(UNKNOWN_OWNER, Refusal.BAD_TYPE, self._clock())
            return WRONG_TYPE
        if isinstance(body, bytes) and len(body) > self._limits.body:
            body = Refusal.TOO_LARGE
        if isinstance(body, Refusal):
            self._refuse(UNKNOWN_OWNER, body, self._clock())
            return TOO_LARGE
        return self._take(body, headers, scope[ADDRESS])

    def count(self, site: Site, submission: Submission, scope: Scope) -> None:
        """Take a submission of another protocol the way that all take; `scope` is its request's."""
        self._count(
            site,
            submission,
            _Request(dict(scope["headers"]), scope[ADDRESS], self._countries, self._names),
            self._clock(),
        )

    def _take(self, body: bytes, headers: dict[bytes, bytes], address: Address) -> Answer:
        now = self._clock()
        setup, body = self._setups.pick(body, now)
        if setup is None and self._ledger.full:
            return BUSY
        found = self._read(body)
        request = _Request(headers, address, self._countries, self._names)
        if setup is not None:
            return self._rehearse(setup, found, request, now)
        if isinstance(found, _Fault):
            self._refuse(UNKNOWN_OWNER, found.reason, now)
            return refused(found.error)
        for site, submission in found:
            self._count(site, submission, request, now)
        return ACCEPTED

    def _read(self, body: bytes) -> list[tuple[Site, Submission]] | _Fault:
        """Return every submission of a body with each site that it names."""
        try:
            submissions = read_submissions(body)
            for submission in submissions:
                if submission.has_props:
                    props_of(submission)
        except WireError as error:
            reason = Refusal.BAD_JSON if str(error) == "not JSON" else Refusal.BAD_FIELD
            return _Fault(reason, str(error))
        named = [(submission, self._sites_of(submission)) for submission in submissions]
        if not all(sites for _, sites in named):
            return _Fault(Refusal.UNKNOWN_SITE, "field d names no site of this server")
        return [(site, submission) for submission, sites in named for site in sites]

    def _rehearse(
        self, setup: Setup, found: list[tuple[Site, Submission]] | _Fault, request: _Request, now: float
    ) -> Answer:
        """Tell whoever tests what would become of submissions, and answer as if they were counted."""
        if isinstance(found, _Fault):
            setup.tell(Trace("", "", (Passage("body", found.error, found.reason),)))
            return refused(found.error)
        for site, submission in found:
            # Of whoever tests no digest is made; and nothing is said of their rate.
            told = self._told(site, request)[1]
            arrival = Arrival(site, submission, self._names.location(submission.address_of_page), *told)
            arrival.country = request.country(arrival)
            setup.tell(setup.rehearsal.take(arrival, now))
        return ACCEPTED

    def _sites_of(self, submission: Submission) -> list[Site]:
        """Return the sites that a submission names, each once, or none when any of them is unknown."""
        only = self._sites.get(submission.sites)
        if only is not None:
            return [only]
        names = dict.fromkeys(name.strip() for name in submission.sites.split(","))
        found = [self._sites.get(name) for name in names]
        return [] if None in found else [site for site in found if site is not None]

    def _count(self, site: Site, submission: Submission, request: _Request, now: float) -> None:
        party = request.party
        if party is None or party.site is not site:
            party = request.party = self._party(site, request, now)
        hit = walk(self._arrival(party, submission, now), self._names, party.steps)
        if isinstance(hit, Refusal):
            self._refuse(site.owner, hit, now)
            return
        party.steps = NEXT_STEPS
        refusal = self._visits.take(hit, party.presence, party.earlier, now, request.begin)
        if refusal is not None:
            self._refuse(site.owner, refusal, now)
            return
        if not party.came:
            party.came = True
            self._recent.came(site.id, party.presence.visitor, party.presence.who)

    def _party(self, site: Site, request: _Request, now: float) -> _Party:
        """Return what is the same for all that a request brings to a site."""
        day = self._ledger.day(site, now)
        before = self._ledger.day_before(site, day)
        earlier = self._presence(site, before, request) if before is not None else None
        return _Party(site, self._presence(site, day, request), earlier, *self._told(site, request))

    def _told(self, site: Site, request: _Request) -> tuple[bool, _Told]:
        """Return whether a request comes from an exit of the operator's own, and what an arrival tells of it."""
        address = request.address
        is_exit = bool(site.own_exits) and address.is_in(self._networks(site.own_exits))
        return is_exit, (
            self._agents.read(request.agent, request.hints),
            "",
            address.network,
            request.languages,
            request.tells_fetch,
            request.is_prefetch,
            bool(site.own_networks) and address.is_in(self._networks(site.own_networks)),
            is_exit or address.is_hosting(self._hosting),
        )

    def _arrival(self, party: _Party, submission: Submission, now: float) -> Arrival:
        """Join a submission with what its request tells."""
        # Behind an exit of the operator's own are many people with one address: no rate says anything about them.
        rate = 0 if party.is_exit else self._rates.count(party.presence.who.sender, now)
        limits = self._limits
        return Arrival(
            party.site,
            submission,
            self._names.location(submission.address_of_page),
            *party.told,
            0 < limits.per_minute < rate,
            0 < limits.frequent < rate,
        )

    def _refuse(self, owner: str, reason: Refusal, now: float) -> None:
        self._ledger.refuse(owner, reason, now)
        self._recent.refused(owner, reason)

    def _presence(self, site: Site, day: Day, request: _Request) -> Presence:
        visitor = self._keys.visitor(site.id, day.date, request.address, request.agent)
        sender = self._keys.sender(site.id, day.date, request.address)
        return Presence(visitor, Who(sender, request.address.network), day)

    def _networks(self, cidrs: tuple[str, ...]) -> Networks:
        found = self._own.get(cidrs)
        if found is None:
            found = self._own[cidrs] = Networks(cidrs)
        return found


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a body cannot be read, for counting and for whoever sent it."""

    reason: Refusal
    error: str


_Told = tuple[Agent, str, str, str, bool, bool, bool, bool]
"""The fields of an `Arrival`, from `agent` to `from_hosting`."""


@dataclass(slots=True)
class _Party:
    """Who sends what a request brings to one site."""

    site: Site
    presence: Presence
    earlier: Presence | None  # on a day that has not closed yet
    is_exit: bool
    told: _Told
    steps: tuple[Step, ...] = STEPS  # what the next hit goes through
    came: bool = False  # whether anything of it was counted


class _Request:
    """What every submission of one request shares."""

    __slots__ = (
        "_countries", "_names", "address", "agent", "hints", "is_prefetch", "languages", "party", "tells_fetch",
    )  # fmt: skip

    def __init__(self, headers: dict[bytes, bytes], address: Address, countries: Countries, names: Names) -> None:
        self._countries = countries
        self._names = names
        self.address = address
        self.party: _Party | None = None
        self.agent = agent_of(headers.get(b"user-agent", b""))
        self.hints = hints_of(headers)
        self.languages, self.tells_fetch, self.is_prefetch = (
            languages_of(headers),
            tells_fetch(headers),
            is_prefetch(headers),
        )

    def country(self, arrival: Arrival) -> str:
        """Return the country that the address is registered in."""
        # The country of a data centre is nobody's; and were it told of others, `(vpn)` would say "our own VPN".
        return VPN if arrival.from_hosting else self.address.country(self._countries)

    def begin(self, hit: Hit) -> None:
        """Fill in what only the first hit of a visit tells."""
        hit.arrival.country = self.country(hit.arrival)
        complete(hit, self._names)


def _type(headers: dict[bytes, bytes]) -> bytes:
    """Return the media type of a body; RFC 9110, 8.3.1: it is case-insensitive, parameters follow a semicolon."""
    told = headers.get(b"content-type", b"")
    if told in _TYPES:
        return told
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
