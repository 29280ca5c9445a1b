"""Browser: its family."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("browser", "visit:browser", "Browsers")


def value(hit: Hit) -> str:
    """Return the family."""
    return hit.arrival.agent.browser
