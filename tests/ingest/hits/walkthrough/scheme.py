"""Scheme: whether a visit began on http or on https, a list short enough to be free."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("scheme", "visit:scheme", "Schemes", free=frozenset({"http", "https"}))


def value(hit: Hit) -> str:
    """Return the scheme of the page's URL; hits of pages with any other are refused."""
    return hit.arrival.submission.address_of_page.partition(":")[0].lower()
