"""What a submission becomes on its way to a visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec

from ingest.hits.agents import Agent
from ingest.hits.location import Location
from ingest.hits.paths import Page
from ingest.hits.sources import Source
from ingest.hits.wire import Submission
from ingest.site import Site


class Kind(Enum):
    """What a submission tells."""

    PAGEVIEW = "pageview"
    ENGAGEMENT = "engagement"
    EVENT = "event"


class Arrival(msgspec.Struct, gc=False):
    """A submission for one site, and what the request around it tells. No field can hold an address."""

    site: Site
    submission: Submission
    location: Location
    agent: Agent
    country: str  # looked up when a visit begins
    network: str
    languages: str  # Accept-Language, for clients that do not say their language
    tells_fetch: bool = False  # whether Sec-Fetch-Site came along
    is_prefetch: bool = False  # nobody may ever look at it
    from_own_network: bool = False
    from_hosting: bool = False
    over_rate: bool = False
    is_frequent: bool = False  # the sender is faster than people are


@dataclass(frozen=True, slots=True)
class Detail:
    """What an event is about beside its name: a link, a file, a missing page, the value of a declared property."""

    attribute: str
    value: str
    free: bool = False


_NO_PAGE: Final = Page("", free=False, fallback=None)
_NO_SOURCE: Final = Source("", "")


class Hit(msgspec.Struct, gc=False):
    """Something that a person did on a site; each `put_` step fills its own fields."""

    arrival: Arrival
    kind: Kind = Kind.PAGEVIEW
    page: Page = _NO_PAGE
    source: Source = _NO_SOURCE
    event: str = ""
    details: Sequence[Detail] = ()
    goals: tuple[str, ...] = ()
    seconds: int = 0
    is_heartbeat: bool = False  # then the visit knows the seconds
    scroll: int | None = None
    interactive: bool = True
