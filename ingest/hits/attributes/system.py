"""System: the family of the operating system."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("system", "visit:os", "Systems")


def value(hit: Hit) -> str:
    """Return the family."""
    return hit.arrival.agent.system
