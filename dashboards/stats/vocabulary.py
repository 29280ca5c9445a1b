"""The words of the Stats API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dashboards.period import Bucket
from ingest.counters.cells import PROP, Attribute, Breakdown, CrashAttribute, Pair
from ingest.site import Site

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
HEALTH_METRICS: Final = ("sessions", "crash_free_sessions", "installs", "crash_free_installs")
CRASH_METRICS: Final = ("reports", "releases", *HEALTH_METRICS)
REFUSALS: Final = "refusals"
CONVERSIONS: Final = "conversion_rate"
"""The metric of visits that needs a goal."""

BUCKETS: Final = {f"time:{bucket.value}": bucket for bucket in Bucket}

RELEASE: Final = "crash:release"
CRASH_DIMENSIONS: Final = {
    RELEASE: CrashAttribute.RELEASE,
    "crash:environment": CrashAttribute.ENVIRONMENT,
    "crash:os": CrashAttribute.SYSTEM_VERSION,
    "crash:model": CrashAttribute.MODEL,
    "crash:arch": CrashAttribute.ARCH,
}
GROUP: Final = "crash:group"
TITLE: Final = "crash:title"
GOAL: Final = Attribute.GOAL.value
REASON: Final = "refusal:reason"

OPERATORS: Final = ("is", "is_not", "contains", "contains_not")

RANGES: Final = ("day", "7d", "28d", "30d", "91d", "month", "6mo", "12mo", "year", "all")


def dimensions_of(breakdowns: Sequence[Breakdown]) -> Mapping[str, str]:
    """Return the dimensions of visits, each with the attribute that it asks for."""
    return {breakdown.dimension: breakdown.name for breakdown in breakdowns if breakdown.dimension}


def props_of(site: Site) -> Mapping[str, str]:
    """Return the dimensions of the properties that a site declares, each with the attribute that it asks for."""
    return {f"event:props:{name}": PROP + name for name in sorted(site.props)}


def pair_of(first: str, second: str) -> Pair | None:
    """Return the declared pair of two attributes, in whichever order, or None."""
    return next((pair for pair in Pair if set(pair.attributes) == {first, second}), None)


def pairs_in_words(dimensions: Mapping[str, str]) -> str:
    """Return the declared pairs whose sides can be asked for, by the names of their dimensions."""
    names = {attribute: name for name, attribute in dimensions.items()}
    sides = [(names.get(first), names.get(second)) for first, second in (pair.attributes for pair in Pair)]
    return ", ".join(f"{first} x {second}" for first, second in sides if first and second)
