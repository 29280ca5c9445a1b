"""Source: what sent the visit here, by name."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit
from ingest.hits.sources import DIRECT
from ingest.site import Site

BREAKDOWN = Breakdown("source", "visit:source", "Sources", free=frozenset({DIRECT}))


def value(hit: Hit) -> str:
    """Return the name."""
    return hit.source.name


def is_declared(value: str, site: Site) -> bool:
    """Return whether the operator named this source."""
    return value in site.named_hosts or value in site.campaigns
