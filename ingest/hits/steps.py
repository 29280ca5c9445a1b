"""The way of a hit, as a list of steps.

A `drop_` step returns a refusal or nothing; a `put_` step fills its own fields of the hit. To add a step, write
one and put it in the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import MISSING_EVENT, WITHHELD, Refusal
from ingest.hits.details import details_of
from ingest.hits.hit import Arrival, Hit, Kind
from ingest.hits.names import Names
from ingest.hits.paths import read_path
from ingest.hits.sources import is_spam, referring_host, source_of
from ingest.hits.wire import Heartbeat, props_of

Step = Callable[[Hit, Names], Refusal | None]

_VIEW: Final = Kind.PAGEVIEW
_ENGAGEMENT: Final = Kind.ENGAGEMENT
_EVENT: Final = Kind.EVENT

_LONGEST_DWELL: Final = 3_600_000  # an hour in front of one page is a forgotten tab


def drop_foreign_host(hit: Hit, _: Names) -> Refusal | None:
    """Refuse pages of hosts that the site does not declare."""
    return None if hit.arrival.location.host in hit.arrival.site.hosts else Refusal.HOST


def drop_bot(hit: Hit, _: Names) -> Refusal | None:
    """Refuse crawlers and other programs."""
    return Refusal.BOT if hit.arrival.agent.bot else None


def drop_spam(hit: Hit, names: Names) -> Refusal | None:
    """Refuse what says that it comes from a host which only wants to be seen in statistics."""
    came_from = hit.arrival.submission.came_from
    if not came_from:
        return None
    host = referring_host(names.location(came_from))
    return Refusal.SPAM if is_spam(host, hit.arrival.site, names.catalogue) else None


def drop_headless(hit: Hit, _: Names) -> Refusal | None:
    """Refuse browsers that say that a program drives them."""
    return Refusal.HEADLESS if hit.arrival.agent.headless else None


def drop_prefetch(hit: Hit, _: Names) -> Refusal | None:
    """Refuse what was loaded ahead; our beacon waits until somebody looks, others do not."""
    return Refusal.PREFETCH if hit.arrival.is_prefetch else None


def drop_own_network(hit: Hit, _: Names) -> Refusal | None:
    """Refuse the operator's own people."""
    return Refusal.OWN_NETWORK if hit.arrival.from_own_network else None


def drop_over_rate(hit: Hit, _: Names) -> Refusal | None:
    """Refuse what a sender sends past the operator's limit."""
    return Refusal.OVER_RATE if hit.arrival.over_rate else None


def drop_excluded(hit: Hit, _: Names) -> Refusal | None:
    """Refuse pages that the operator excludes."""
    patterns = hit.arrival.site.excluded
    if not patterns:
        return None
    location = hit.arrival.location
    # As it is named, so that no spelling slips by: percent-encoded, broken over lines, or behind the `#`.
    names = {read_path(location.path), read_path(location.path, location.fragment)}
    return Refusal.EXCLUDED if any(pattern.match(name) for pattern in patterns for name in names) else None


def put_kind(hit: Hit, _: Names) -> None:
    """Tell page views, engagement and events apart."""
    name = hit.arrival.submission.event
    if name == "pageview":
        hit.kind = _VIEW
    elif name == "engagement":
        hit.kind = _ENGAGEMENT
    else:
        hit.kind = _EVENT
        declared = name in hit.arrival.site.events
        hit.event = name if declared or find_identifier(name) is None else WITHHELD
        # A page that is not there is told by an event, which is nothing that a person did.
        hit.interactive = hit.arrival.submission.is_interactive and name != MISSING_EVENT


def put_page(hit: Hit, names: Names) -> None:
    """Name the page."""
    arrival = hit.arrival
    hit.page = names.paths.page(arrival.location, arrival.site, keeps_fragment=arrival.submission.keeps_fragment)


def put_source(hit: Hit, names: Names) -> None:
    """Name where the person came from."""
    arrival = hit.arrival
    came_from = names.location(arrival.submission.came_from)
    hit.source = source_of(arrival.location, came_from, arrival.site, names.catalogue)


def put_engagement(hit: Hit, _: Names) -> None:
    """Take seconds and depth as told."""
    submission = hit.arrival.submission
    hit.is_heartbeat = isinstance(submission, Heartbeat)
    hit.seconds = round(min(max(submission.e or 0, 0), _LONGEST_DWELL) / 1000)
    depth = submission.sd
    hit.scroll = depth if depth is not None and 0 <= depth <= 100 else None


def put_details(hit: Hit, _: Names) -> None:
    """Take what an event is about: a link, a file, a missing page, declared properties."""
    if hit.arrival.submission.has_props:
        hit.details = details_of(hit.event, props_of(hit.arrival.submission), hit.arrival.site)


def put_goals(hit: Hit, _: Names) -> None:
    """Name the goals that this view or event reaches."""
    if hit.arrival.site.goals:
        page = hit.page.path if hit.kind is _VIEW else ""
        hit.goals = hit.arrival.site.goals_reached(page, hit.event)


STEPS: Final[tuple[Step, ...]] = (
    drop_foreign_host,
    drop_own_network,
    drop_headless,
    drop_bot,
    drop_spam,
    drop_prefetch,
    drop_over_rate,
    drop_excluded,
    put_kind,
    put_page,
)
"""What every hit goes through."""

_OF_REQUESTS: Final = (drop_own_network, drop_headless, drop_bot, drop_prefetch)
NEXT_STEPS: Final[tuple[Step, ...]] = tuple(step for step in STEPS if step not in _OF_REQUESTS)
"""What is left for the next hit of a request of which one has passed: the others ask of the request alone."""

_OF_VIEWS: Final[tuple[Step, ...]] = (put_goals,)
_OF_EVENTS: Final[tuple[Step, ...]] = (put_details, put_goals)
_OF_ENGAGEMENT: Final[tuple[Step, ...]] = (put_engagement,)

FIRST_STEPS: Final[tuple[Callable[[Hit, Names], None], ...]] = (put_source,)
"""What only the first hit of a visit goes through: nobody asks it of the others, and it costs the most."""


def complete(hit: Hit, names: Names) -> None:
    """Take the first hit of a visit through what only it goes through."""
    for step in FIRST_STEPS:
        step(hit, names)


def steps_of(kind: Kind) -> tuple[Step, ...]:
    """Return what hits of a kind go through besides."""
    return _OF_VIEWS if kind is _VIEW else _OF_EVENTS if kind is _EVENT else _OF_ENGAGEMENT


def walk(arrival: Arrival, names: Names, steps: tuple[Step, ...] = STEPS) -> Hit | Refusal:
    """Take an arrival through the steps: a hit, or the reason of the first step that refused it."""
    hit = Hit(arrival)
    for step in steps:
        refusal = step(hit, names)
        if refusal is not None:
            return refusal
    for step in steps_of(hit.kind):
        refusal = step(hit, names)
        if refusal is not None:
            return refusal
    return hit
