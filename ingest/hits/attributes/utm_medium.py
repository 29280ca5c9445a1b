"""`utm_medium`: what kind of link it says it is."""

from ingest.counters.cells import Breakdown
from ingest.hits.campaigns import NONE
from ingest.hits.hit import Hit
from ingest.site import Site

BREAKDOWN = Breakdown("utm_medium", "visit:utm_medium", "UTM mediums", free=frozenset({NONE}))


def value(hit: Hit) -> str:
    """Return the tag, or `(none)` where the link has none."""
    return hit.source.campaign.medium


def is_declared(value: str, site: Site) -> bool:
    """Return whether the operator declared this value under `campaigns`."""
    return value in site.campaigns
