"""The words of the Stats API."""

from __future__ import annotations

from typing import Final

from dashboards.period import Bucket
from ingest.counters.cells import Attribute, CrashAttribute, Pair

VISIT_METRICS: Final = (
    "visitors",
    "visits",
    "pageviews",
    "views_per_visit",
    "bounce_rate",
    "visit_duration",
    "events",
    "scroll_depth",
)
CRASH_METRICS: Final = ("reports", "releases")
REFUSALS: Final = "refusals"

BUCKETS: Final = {f"time:{bucket.value}": bucket for bucket in Bucket}

VISIT_DIMENSIONS: Final = {
    "event:page": Attribute.PAGE,
    "event:name": Attribute.EVENT,
    "visit:source": Attribute.SOURCE,
    "visit:referrer": Attribute.REFERRER,
    "visit:country": Attribute.COUNTRY,
    "visit:language": Attribute.LANGUAGE,
    "visit:device": Attribute.DEVICE,
    "visit:browser": Attribute.BROWSER,
    "visit:os": Attribute.SYSTEM,
}

CRASH_DIMENSIONS: Final = {
    "crash:release": CrashAttribute.RELEASE,
    "crash:environment": CrashAttribute.ENVIRONMENT,
    "crash:os": CrashAttribute.SYSTEM_VERSION,
    "crash:model": CrashAttribute.MODEL,
    "crash:arch": CrashAttribute.ARCH,
}
GROUP: Final = "crash:group"
TITLE: Final = "crash:title"
REASON: Final = "refusal:reason"

OPERATORS: Final = ("is", "is_not", "contains", "contains_not")

RANGES: Final = ("day", "7d", "28d", "30d", "91d", "month", "6mo", "12mo", "year", "all")


def pair_of(first: Attribute, second: Attribute) -> Pair | None:
    """Return the declared pair of two attributes, in whichever order, or None."""
    return next((pair for pair in Pair if set(pair.attributes) == {first, second}), None)


def pairs_in_words() -> str:
    """Return the declared pairs whose sides can be asked for, by the names of their dimensions."""
    names = {attribute: name for name, attribute in VISIT_DIMENSIONS.items()}
    sides = [(names.get(first), names.get(second)) for first, second in (pair.attributes for pair in Pair)]
    return ", ".join(f"{first} x {second}" for first, second in sides if first and second)
