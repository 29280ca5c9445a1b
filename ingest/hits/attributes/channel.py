"""Channel: what kind of road a visit came by, one of a printed list."""

from ingest.counters.cells import Breakdown
from ingest.hits.channels import CHANNELS
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("channel", "visit:channel", "Channels", free=CHANNELS)


def value(hit: Hit) -> str:
    """Return the channel."""
    return hit.source.channel
