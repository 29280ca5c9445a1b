"""Device: one of four classes, a list short enough to be free."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("device", "visit:device", "Devices", free=frozenset({"desktop", "mobile", "tablet", "other"}))


def value(hit: Hit) -> str:
    """Return the class."""
    return hit.arrival.agent.device
