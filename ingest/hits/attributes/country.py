"""Country: where the address is registered, as ISO 3166 code; `(vpn)` of VPNs and data centres, or `(unknown)`."""

from ingest.counters.cells import Breakdown
from ingest.hits.agents import UNKNOWN
from ingest.hits.hit import Hit
from ingest.hits.traffic import VPN

# Everybody behind an exit is one sender: they could never be enough to be named.
BREAKDOWN = Breakdown("country", "visit:country", "Countries", free=frozenset({VPN}))


def value(hit: Hit) -> str:
    """Return the code."""
    return hit.arrival.country or UNKNOWN
