"""Screen: its width, as one of six classes, a list short enough to be free."""

from typing import Final

from ingest.counters.cells import Breakdown
from ingest.hits.agents import UNKNOWN
from ingest.hits.hit import Hit

_CLASSES: Final = (
    (480, "under 480"), (768, "480 to 767"), (1_024, "768 to 1023"), (1_440, "1024 to 1439"), (1_920, "1440 to 1919"),
)  # fmt: skip
_WIDEST: Final = "1920 and more"
_ALL: Final = frozenset({*(name for _, name in _CLASSES), _WIDEST, UNKNOWN})
BREAKDOWN = Breakdown("screen", "visit:screen", "Screens", free=_ALL)


def value(hit: Hit) -> str:
    """Return the class, or `(unknown)` where the client does not tell the width. A width of none is not told."""
    width = hit.arrival.submission.w
    return next((name for end, name in _CLASSES if width < end), _WIDEST) if width else UNKNOWN
