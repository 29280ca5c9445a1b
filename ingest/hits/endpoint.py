"""`POST /api/event`: takes submissions of our beacon and of every Plausible client.

It stands in front of the router, so one submission costs one call. What is counted and what is not are answered
alike, with 202 and no body: a client learns nothing about what was dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from ingest.body import DisconnectedError, read_body
from ingest.boundary.address import Address
from ingest.boundary.airlock import ADDRESS
from ingest.boundary.consent import objects
from ingest.boundary.geo import Countries
from ingest.boundary.networks import Networks
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.disclosure import Who
from ingest.counters.ledger import Ledger
from ingest.counters.window import Day
from ingest.hits.agents import Agents
from ingest.hits.answers import ACCEPTED, BUSY, PREFLIGHT, TOO_LARGE, WRONG_TYPE, Answer, refused
from ingest.hits.hit import Arrival
from ingest.hits.location import Location
from ingest.hits.paths import Paths
from ingest.hits.steps import walk
from ingest.hits.visits import Presence, Visits
from ingest.hits.wire import Submission, WireError, props_of, read_submissions
from ingest.rates import Rates
from ingest.site import Site, Sites

_TYPES: Final = (b"text/plain", b"application/json", b"")
_LONGEST_AGENT: Final = 512


@dataclass(frozen=True, slots=True)
class HitLimits:
    """How much is read: bytes of a body, and submissions of one sender in a minute (0: no limit)."""

    body: int
    per_minute: int = 0


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
        paths: Paths,
        clock: Callable[[], float],
        limits: HitLimits,
    ) -> None:
        """Take the configured sites, where to count, the keys of the day, and the time in seconds since the epoch."""
        self._sites = sites
        self._ledger = ledger
        self._visits = visits
        self._keys = keys
        self._countries = countries
        self._agents = agents
        self._paths = paths
        self._clock = clock
        self._most_bytes = limits.body
        self._rates = Rates(limits.per_minute)
        self._own: dict[tuple[str, ...], Networks] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "OPTIONS":
            return await PREFLIGHT.send(send)
        if objects(scope["headers"]):
            # Somebody who objects is counted nowhere, not even among the refusals, whatever they sent.
            return await ACCEPTED.send(send)
        try:
            answer = await self._answer(scope, receive)
        except DisconnectedError:
            return None
        if answer is not BUSY:
            try:
                # What was refused is counted too, by its reason.
                await self._ledger.settled()
            except OSError:
                answer = BUSY if answer is ACCEPTED else answer
        await answer.send(send)
        return None

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        """Count what a request brings and return the answer to it. Raises DisconnectedError."""
        headers = _wanted(scope["headers"])
        if scope["method"] != "POST" or _type(headers) not in _TYPES:
            self._ledger.refuse(UNKNOWN_OWNER, Refusal.BAD_TYPE, self._clock())
            return WRONG_TYPE
        body = await read_body(receive, self._most_bytes)
        if isinstance(body, Refusal):
            self._ledger.refuse(UNKNOWN_OWNER, body, self._clock())
            return TOO_LARGE
        return self._take(body, headers, scope[ADDRESS])

    def _take(self, body: bytes, headers: dict[bytes, bytes], address: Address) -> Answer:
        now = self._clock()
        if self._ledger.full:
            return BUSY
        try:
            submissions = read_submissions(body)
            for submission in submissions:
                props_of(submission)
            sites = [self._sites_of(submission) for submission in submissions]
        except WireError as error:
            reason = Refusal.BAD_JSON if str(error) == "not JSON" else Refusal.BAD_FIELD
            self._ledger.refuse(UNKNOWN_OWNER, reason, now)
            return refused(str(error))
        if not all(sites):
            self._ledger.refuse(UNKNOWN_OWNER, Refusal.UNKNOWN_SITE, now)
            return refused("field d names no site of this server")
        request = _Request(headers, address)
        for submission, owners in zip(submissions, sites, strict=True):
            for site in owners:
                self._count(site, submission, request, now)
        return ACCEPTED

    def _sites_of(self, submission: Submission) -> list[Site]:
        """Return the sites that a submission names, each once, or none when any of them is unknown."""
        names = dict.fromkeys(name.strip() for name in submission.sites.split(","))
        found = [self._sites.get(name) for name in names]
        return [] if None in found else [site for site in found if site is not None]

    def _count(self, site: Site, submission: Submission, request: _Request, now: float) -> None:
        day = self._ledger.day(site, now)
        arrival = Arrival(
            site=site,
            submission=submission,
            location=Location.read(submission.address_of_page),
            agent=self._agents.read(request.agent),
            country=request.country(self._countries),
            network=request.address.network,
            languages=request.languages,
            from_own_network=bool(site.own_networks) and request.address.is_in(self._networks(site.own_networks)),
            over_rate=self._rates.limited
            and self._rates.is_over(self._keys.sender(site.id, day.date, request.address), now),
        )
        hit = walk(arrival, self._paths)
        if isinstance(hit, Refusal):
            self._ledger.refuse(site.owner, hit, now)
            return
        before = self._ledger.day_before(site, day)
        refusal = self._visits.take(
            hit,
            self._presence(site, day, request),
            self._presence(site, before, request) if before is not None else None,
            now,
        )
        if refusal is not None:
            self._ledger.refuse(site.owner, refusal, now)

    def _presence(self, site: Site, day: Day, request: _Request) -> Presence:
        visitor = self._keys.visitor(site.id, day.date, request.address, request.agent)
        sender = self._keys.sender(site.id, day.date, request.address)
        return Presence(visitor, Who(sender, request.address.network), day)

    def _networks(self, cidrs: tuple[str, ...]) -> Networks:
        found = self._own.get(cidrs)
        if found is None:
            found = self._own[cidrs] = Networks(cidrs)
        return found


class _Request:
    """What every submission of one request shares."""

    __slots__ = ("_country", "address", "agent", "languages")

    def __init__(self, headers: dict[bytes, bytes], address: Address) -> None:
        self.address = address
        self.agent = headers.get(b"user-agent", b"").decode("latin-1")[:_LONGEST_AGENT]
        self.languages = headers.get(b"accept-language", b"").decode("latin-1")
        self._country: str | None = None

    def country(self, countries: Countries) -> str:
        """Return the country of the address, looked up once."""
        if self._country is None:
            self._country = self.address.country(countries)
        return self._country


_WANTED: Final = frozenset({b"user-agent", b"accept-language", b"content-type"})


def _wanted(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    return {name: value for name, value in headers if name in _WANTED}


def _type(headers: dict[bytes, bytes]) -> bytes:
    """Return the media type of a body; RFC 9110, 8.3.1: it is case-insensitive, parameters follow a semicolon."""
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
