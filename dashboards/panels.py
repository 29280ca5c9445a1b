"""The breakdowns of a site as panels, in the order of the overview.

A breakdown that is not described here has a panel all the same, with the usual columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards import numbers
from dashboards.counts import Counts
from dashboards.names import country_name, language_name, plain_name
from ingest.counters.cells import Attribute, Breakdown, Metric


@dataclass(frozen=True, slots=True)
class Column:
    """A number of a panel's rows."""

    key: str
    title: str
    write: Callable[[float], str]

    def read(self, counts: Counts) -> float:
        """Return the number."""
        number: float = getattr(counts, self.key)
        return number


VISITORS: Final = Column("visitors", "Visitors", numbers.whole)
VISITS: Final = Column("visits", "Visits", numbers.whole)
PAGEVIEWS: Final = Column("pageviews", "Views", numbers.whole)
EVENTS: Final = Column("events", "Events", numbers.whole)
BOUNCES: Final = Column("bounce_rate", "Bounce", numbers.percent)
ENGAGED: Final = Column("visit_duration", "Engaged", numbers.duration)
SCROLLED: Final = Column("scroll_depth", "Scrolled", numbers.percent)


@dataclass(frozen=True, slots=True)
class Panel:
    """A card of the overview and its own page with every row."""

    slug: str
    attribute: str
    title: str
    noun: str
    empty: str
    """What a row without a value is called."""
    columns: tuple[Column, ...]
    """The first is shown on the card and orders the rows."""
    name: Callable[[str], str] = plain_name
    teaches: str = ""
    """How to get the first row."""

    @property
    def metric(self) -> Metric:
        """The metric that orders the rows."""
        return Metric[self.columns[0].key.upper()]

    def label(self, value: str) -> str:
        """Return what a row is called."""
        return self.name(value) if value else self.empty


OF_VISITS: Final = (VISITORS, VISITS, PAGEVIEWS, BOUNCES, ENGAGED)

_KNOWN: Final = (
    Panel("sources", Attribute.SOURCE, "Sources", "source", "Direct or unknown", OF_VISITS),
    Panel("pages", Attribute.PAGE, "Pages", "page", "Unknown", (VISITORS, VISITS, PAGEVIEWS, ENGAGED, SCROLLED)),
    Panel("referrers", Attribute.REFERRER, "Referrers", "referrer", "Direct or unknown", OF_VISITS),
    Panel("countries", Attribute.COUNTRY, "Countries", "country", "Unknown", OF_VISITS, country_name),
    Panel("browsers", Attribute.BROWSER, "Browsers", "browser", "Unknown", OF_VISITS),
    Panel("systems", Attribute.SYSTEM, "Systems", "system", "Unknown", OF_VISITS),
    Panel("devices", Attribute.DEVICE, "Devices", "device", "Unknown", OF_VISITS, str.capitalize),
    Panel("languages", Attribute.LANGUAGE, "Languages", "language", "Unknown", OF_VISITS, language_name),
    Panel(
        "events",
        Attribute.EVENT,
        "Events",
        "event",
        "Unnamed",
        (EVENTS, VISITORS, VISITS),
        teaches="Call logless('signup') on a page to count your first one.",
    ),
)


def panels_of(breakdowns: Sequence[Breakdown]) -> tuple[Panel, ...]:
    """Return a panel for each breakdown that is shown: the known ones in their order, then the others by name."""
    shown = {breakdown.name: breakdown for breakdown in breakdowns if breakdown.shown}
    known = [panel for panel in _KNOWN if panel.attribute in shown]
    others = [shown[name] for name in sorted(shown.keys() - {panel.attribute for panel in known})]
    return (*known, *(_plain_panel(breakdown) for breakdown in others))


def _plain_panel(breakdown: Breakdown) -> Panel:
    slug = breakdown.title.lower().replace(" ", "-")
    return Panel(slug, breakdown.name, breakdown.title, breakdown.title.lower().rstrip("s"), "Unknown", OF_VISITS)
