"""Screen: the width of the screen, as one of six classes, a list short enough to be free."""

from ingest.counters.cells import Breakdown
from ingest.hits.agents import UNKNOWN
from ingest.hits.hit import Hit

_CLASSES = (
    (480, "under 480"), (768, "480 to 767"), (1_024, "768 to 1023"), (1_440, "1024 to 1439"), (1_920, "1440 to 1919"),
    (100_001, "1920 and more"),
)  # fmt: skip
BREAKDOWN = Breakdown("screen", "visit:screen", "Screens", free=frozenset(name for _, name in _CLASSES))


def value(hit: Hit) -> str:
    """Return the class, or `(unknown)` where the client does not tell the width."""
    width = hit.arrival.submission.w
    return UNKNOWN if width is None else next(name for end, name in _CLASSES if width < end)
