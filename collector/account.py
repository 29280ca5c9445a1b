"""What would be counted about whoever opens `/privacy/you`: the real way in, with nothing behind it.

The request is taken through the hits' endpoint as if the page were one of a site. It counts into a ledger of its own
that ships nowhere and is let go of with the answer, together with the key that the address was digested with.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from typing import Any, Final

from collector.pipeline import Means
from dashboards.reader import Account, Told
from ingest.boundary.consent import objects
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import HOURS, REFUSED, Key
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Ledger
from ingest.hits.agents import Agents
from ingest.hits.endpoint import HitEndpoint, HitLimits
from ingest.hits.names import Names
from ingest.hits.recent import Recent
from ingest.hits.visits import Visits
from ingest.site import Profile, Site, Sites

_SITE: Final = "you"
_HOST: Final = "you.example"
_BODY: Final = json.dumps({"n": "pageview", "d": _SITE, "u": f"https://{_HOST}/privacy/you"}).encode()
_PLAIN: Final = Site(id=_SITE, hosts=(_HOST,), profile=Profile.PLAIN)
_STANDARD: Final = replace(_PLAIN, profile=Profile.STANDARD)

Scope = MutableMapping[str, Any]


class Reporter:
    """Tells people what their own request would come to."""

    def __init__(self, means: Means, clock: Callable[[], float]) -> None:
        self._means = means
        self._clock = clock
        self._agents: Agents | None = None  # a quarter of a second of the start, and most servers are never asked

    async def account(self, scope: Scope) -> Account:
        """Take a request's scope through the steps. It must have come through the airlock."""
        if objects(scope["headers"]):
            return Account(objects=True, refusal="", told=())
        # Its own, so that no agent of a reader is remembered among those of visitors.
        agents = self._agents = self._agents or Agents()
        named = await self._count(scope, _PLAIN, agents)
        refusal = next((key[1] for key in named if key[0] == REFUSED), "")
        # What a site with the usual profile would name at once is on a printed list; everything else waits.
        free = await self._count(scope, _STANDARD, agents)
        agents.forget()
        told = [Told(key[0], key[1], key in free) for key in named if len(key) == 2 and key[0] not in {HOURS, REFUSED}]
        return Account(objects=False, refusal=refusal, told=sorted(told, key=lambda one: one.attribute))

    async def _count(self, scope: Scope, site: Site, agents: Agents) -> list[Key]:
        """Return the keys of the cells that a view of a page of this site makes grow."""
        means, sites = self._means, Sites()
        sites.replace([site])
        ledger = Ledger(Unjournaled(), lambda _: None, itertools.count(1))
        endpoint = HitEndpoint(
            sites,
            ledger,
            Visits(ledger, means.attributes),
            keys=DayKeys(),
            countries=means.countries,
            agents=agents,
            names=Names(means.catalogue),
            setups=means.setups(),
            recent=Recent(),
            clock=self._clock,
            limits=HitLimits(len(_BODY)),
            hosting=means.hosting,
        )
        await endpoint({**scope, "method": "POST", "headers": _headers(scope)}, _receive, _send)
        return [key for _, key, _ in ledger.unwritten(site.owner)]


def _headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    own = {b"content-type", b"content-length"}
    return [*((name, value) for name, value in scope["headers"] if name not in own), (b"content-type", b"text/plain")]


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": _BODY, "more_body": False}


async def _send(_: MutableMapping[str, Any]) -> None:
    """Let the answer go: the reader is given another one."""
