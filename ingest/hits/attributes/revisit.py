"""Revisit: when the browser was here before, as it says itself; it holds a week's number and no id."""

from typing import Final

from ingest.counters.cells import Breakdown
from ingest.hits.agents import UNKNOWN
from ingest.hits.hit import Hit

_CLASSES: Final = ("new", "this week", "last four weeks", "earlier")
BREAKDOWN = Breakdown("revisit", "visit:revisit", "Revisits", free=frozenset({*_CLASSES, UNKNOWN}))


def value(hit: Hit) -> str:
    """Return the class that the first page of a visit tells, or `(unknown)`."""
    told = hit.arrival.submission.rv
    return UNKNOWN if told is None else _CLASSES[told]
