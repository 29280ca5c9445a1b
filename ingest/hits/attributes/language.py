"""Language: the primary tag of the language that the browser asks for first."""

from ingest.counters.cells import Breakdown
from ingest.hits.agents import UNKNOWN
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("language", "visit:language", "Languages")


def value(hit: Hit) -> str:
    """Return two or three letters, or `(unknown)`.

    RFC 5646, section 2.1: the primary subtag is the first, of two or three letters where it is an ISO 639 code.
    """
    told = hit.arrival.submission.l or hit.arrival.languages
    tag = told.partition(",")[0].partition(";")[0].strip().replace("_", "-").partition("-")[0].lower()
    return tag if 2 <= len(tag) <= 3 and tag.isascii() and tag.isalpha() else UNKNOWN
