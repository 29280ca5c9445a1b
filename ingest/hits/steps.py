"""The way of a hit, as a list of steps.

A `drop_` step returns a refusal or nothing; a `put_` step fills its own fields of the hit. To add a step, write
one and put it in the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import WITHHELD, Refusal
from ingest.hits.hit import Arrival, Hit, Kind
from ingest.hits.paths import Paths, read_path
from ingest.hits.sources import source_of

Step = Callable[[Hit, Paths], Refusal | None]

MISSING: Final = "404"
"""The event by which a page says that it is none."""

_LONGEST_DWELL: Final = 3_600_000  # an hour in front of one page is a forgotten tab


def drop_foreign_host(hit: Hit, _: Paths) -> Refusal | None:
    """Refuse pages of hosts that the site does not declare."""
    return None if hit.arrival.location.host in hit.arrival.site.hosts else Refusal.HOST


def drop_bot(hit: Hit, _: Paths) -> Refusal | None:
    """Refuse crawlers and other programs."""
    return Refusal.BOT if hit.arrival.agent.bot else None


def drop_headless(hit: Hit, _: Paths) -> Refusal | None:
    """Refuse browsers that say that a program drives them."""
    return Refusal.HEADLESS if hit.arrival.agent.headless else None


def drop_prefetch(hit: Hit, _: Paths) -> Refusal | None:
    """Refuse what was loaded ahead; our beacon waits until somebody looks, others do not."""
    return Refusal.PREFETCH if hit.arrival.is_prefetch else None


def drop_own_network(hit: Hit, _: Paths) -> Refusal | None:
    """Refuse the operator's own people."""
    return Refusal.OWN_NETWORK if hit.arrival.from_own_network else None


def drop_over_rate(hit: Hit, _: Paths) -> Refusal | None:
    """Refuse what a sender sends past the operator's limit."""
    return Refusal.OVER_RATE if hit.arrival.over_rate else None


def drop_excluded(hit: Hit, _: Paths) -> Refusal | None:
    """Refuse pages that the operator excludes."""
    patterns = hit.arrival.site.excluded
    if not patterns:
        return None
    location = hit.arrival.location
    # As it is named, so that no spelling slips by: percent-encoded, broken over lines, or behind the `#`.
    names = {read_path(location.path), read_path(location.path, location.fragment)}
    return Refusal.EXCLUDED if any(pattern.match(name) for pattern in patterns for name in names) else None


def put_kind(hit: Hit, _: Paths) -> None:
    """Tell page views, engagement and events apart."""
    name = hit.arrival.submission.event
    if name == "pageview":
        hit.kind = Kind.PAGEVIEW
    elif name == "engagement":
        hit.kind = Kind.ENGAGEMENT
    else:
        hit.kind = Kind.EVENT
        declared = name in hit.arrival.site.events
        hit.event = name if declared or find_identifier(name) is None else WITHHELD
        # A page that is not there is told by an event, which is nothing that a person did.
        hit.interactive = hit.arrival.submission.is_interactive and name != MISSING


def put_page(hit: Hit, paths: Paths) -> None:
    """Name the page."""
    arrival = hit.arrival
    hit.page = paths.page(arrival.location, arrival.site, keeps_fragment=arrival.submission.keeps_fragment)


def put_source(hit: Hit, _: Paths) -> None:
    """Name where the person came from."""
    arrival = hit.arrival
    hit.source = source_of(arrival.location, arrival.submission.came_from, arrival.site)


def put_engagement(hit: Hit, _: Paths) -> None:
    """Take seconds and depth as told."""
    if hit.kind is Kind.ENGAGEMENT:
        submission = hit.arrival.submission
        hit.seconds = round(min(max(submission.e or 0, 0), _LONGEST_DWELL) / 1000)
        depth = submission.sd
        hit.scroll = depth if depth is not None and 0 <= depth <= 100 else None


STEPS: Final[tuple[Callable[[Hit, Paths], Refusal | None], ...]] = (
    drop_foreign_host,
    drop_own_network,
    drop_headless,
    drop_bot,
    drop_prefetch,
    drop_over_rate,
    drop_excluded,
    put_kind,
    put_page,
    put_source,
    put_engagement,
)


def walk(arrival: Arrival, paths: Paths) -> Hit | Refusal:
    """Take an arrival through the steps: a hit, or the reason of the first step that refused it."""
    hit = Hit(arrival)
    for step in STEPS:
        refusal = step(hit, paths)
        if refusal is not None:
            return refusal
    return hit
