"""Referrer: the host of the page that linked here, never its path."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit
from ingest.hits.sources import DIRECT
from ingest.site import Site

BREAKDOWN = Breakdown("referrer", "visit:referrer", "Referrers", free=frozenset({DIRECT}))


def value(hit: Hit) -> str:
    """Return the host."""
    return hit.source.referrer


def is_declared(value: str, site: Site) -> bool:
    """Return whether the operator named this host; its subdomains count as itself."""
    return value in site.named_hosts
