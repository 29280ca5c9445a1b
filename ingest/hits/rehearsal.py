"""Takes submissions of a test the whole way, into a ledger that nothing leaves."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ingest.counters.cells import Key, Refusal
from ingest.counters.disclosure import Who
from ingest.counters.growth import Growth
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Ledger
from ingest.hits.attributes import VisitAttribute
from ingest.hits.hit import Arrival, Hit
from ingest.hits.names import Names
from ingest.hits.trace import Passage, Trace, trace_arrival, trace_steps
from ingest.hits.visit import Presence
from ingest.hits.visits import Visits
from ingest.site import Profile, Site

_SOMEBODY: Final = b"rehearse"
"""Stands for the digests of whoever tests: none is made, so that a test leaves no trace of its address."""


class Rehearsal:
    """One person's test. Its submissions are one visit, as they would be outside."""

    def __init__(self, attributes: Iterable[VisitAttribute], names: Names) -> None:
        """Take the breakdowns of visits, and what names pages for this test alone."""
        attributes = tuple(attributes)
        self._names = names
        self._kept = _Stage(attributes)
        self._named = _Stage(attributes)

    def take(self, arrival: Arrival, now: float) -> Trace:
        """Take a submission through every step and return what became of it."""
        site, event = arrival.site, arrival.submission.event
        hit, passages = trace_steps(arrival, self._names)
        passages = [Passage("site", site.id), *trace_arrival(arrival), *passages]
        if isinstance(hit, Refusal):
            return Trace(site.id, event, tuple(passages))
        begins = not self._kept.has_visit(now)
        grown = self._kept.take(hit, site, now)
        if isinstance(grown, Refusal):
            return Trace(site.id, event, (*passages, Passage("visit", "refused", grown)))
        # The same, were every value shared enough to be named at once.
        named = self._named.take(hit, replace(site, profile=Profile.PLAIN), now)
        assert not isinstance(named, Refusal)
        passages.append(Passage("visit", "a visit begins" if begins else "the visit goes on"))
        cells = [Growth(key, amounts, waits=False) for key, amounts in grown.items()]
        cells += [Growth(key, amounts, waits=True) for key, amounts in named.items() if key not in grown]
        return Trace(site.id, event, tuple(passages), tuple(cells))


class _Stage:
    """A ledger with its visits."""

    def __init__(self, attributes: tuple[VisitAttribute, ...]) -> None:
        self._ledger = Ledger(Unjournaled(), lambda _: None, itertools.count(1))
        self._visits = Visits(self._ledger, attributes)

    def has_visit(self, now: float) -> bool:
        """Return whether a visit is going on."""
        self._visits.sweep(now)
        return len(self._visits) > 0

    def take(self, hit: Hit, site: Site, now: float) -> dict[Key, tuple[int, ...]] | Refusal:
        """Count a hit and return what grew, by key."""
        day = self._ledger.day(site, now)
        before = self._amounts(site)
        presence = Presence(_SOMEBODY, Who(_SOMEBODY, hit.arrival.network), day)
        # What a first hit tells has been filled in.
        refusal = self._visits.take(hit, presence, None, now, lambda _: None)
        if refusal is not None:
            return refusal
        self._ledger.settle()
        after = self._amounts(site)
        grown = {}
        # A visit that goes on takes back what it was before: that it ended there, that it bounced.
        for key in {**before, **after}:
            none = [0] * len(after.get(key) or before[key])
            change = tuple(a - b for a, b in zip(after.get(key, none), before.get(key, none), strict=True))
            if any(change):
                grown[key] = change
        return grown

    def _amounts(self, site: Site) -> dict[Key, list[int]]:
        found: dict[Key, list[int]] = {}
        for _, key, amounts in self._ledger.unwritten(site.owner):
            present = found.setdefault(key, [0] * len(amounts))
            found[key] = [a + b for a, b in zip(present, amounts, strict=True)]
        return found
