"""Host: the one of the site's hosts that a visit began on."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit
from ingest.site import Site

BREAKDOWN = Breakdown("host", "visit:host", "Hosts")


def value(hit: Hit) -> str:
    """Return the host."""
    return hit.arrival.location.host


def is_declared(value: str, site: Site) -> bool:
    """Return whether the site names this host; hits of any other are refused."""
    return value in site.hosts
