"""`utm_source`: what a tagged link says that it stands on."""

from ingest.counters.cells import Breakdown
from ingest.hits.campaigns import NONE
from ingest.hits.hit import Hit
from ingest.site import Site

BREAKDOWN = Breakdown("utm_source", "visit:utm_source", "UTM sources", free=frozenset({NONE}))


def value(hit: Hit) -> str:
    """Return the tag, or `(none)` where the link has none."""
    return hit.source.campaign.source


def is_declared(value: str, site: Site) -> bool:
    """Return whether the operator declared this value under `campaigns`."""
    return value in site.campaigns
