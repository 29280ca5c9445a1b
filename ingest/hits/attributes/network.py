"""Network: two octets of the address, or two groups; from twenty senders on, on the privacy page only."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("network", "", "Networks", shown=False)


def value(hit: Hit) -> str:
    """Return the network as the boundary cut it."""
    return hit.arrival.network
