"""Traffic: how far a visit is to be believed, as one of four classes."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit
from ingest.hits.traffic import Traffic, traffic_of

BREAKDOWN = Breakdown("traffic", "visit:traffic", "Traffic", free=frozenset(Traffic))


def value(hit: Hit) -> str:
    """Return the class."""
    return traffic_of(hit.arrival).value
