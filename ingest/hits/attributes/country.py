"""Country: where the address is registered, as ISO 3166 code, or `(unknown)`."""

from ingest.counters.cells import Breakdown
from ingest.hits.agents import UNKNOWN
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("country", "visit:country", "Countries")


def value(hit: Hit) -> str:
    """Return the code."""
    return hit.arrival.country or UNKNOWN
