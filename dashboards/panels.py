"""The breakdowns of a site as panels, and the sections that they stand in.

A breakdown that is not described here has a panel all the same, with the usual columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards import numbers
from dashboards.counts import Counts
from dashboards.names import country_name, language_name, plain_name
from ingest.counters.cells import PROP, Attribute, Breakdown, Metric
from ingest.site import Site


@dataclass(frozen=True, slots=True)
class Column:
    """A number of a panel's rows."""

    key: str
    title: str
    write: Callable[[float], str]
    is_ratio: bool = False

    def read(self, counts: Counts) -> float:
        """Return the number."""
        number: float = getattr(counts, self.key)
        return number


VISITORS: Final = Column("visitors", "Visitors", numbers.whole)
VISITS: Final = Column("visits", "Visits", numbers.whole)
PAGEVIEWS: Final = Column("pageviews", "Views", numbers.whole)
EVENTS: Final = Column("events", "Events", numbers.whole)
BOUNCES: Final = Column("bounce_rate", "Bounce", numbers.percent, is_ratio=True)
ENGAGED: Final = Column("visit_duration", "Engaged", numbers.duration)
SCROLLED: Final = Column("scroll_depth", "Scrolled", numbers.percent, is_ratio=True)
CLICKS: Final = Column("events", "Clicks", numbers.whole)
CONVERSIONS: Final = Column("events", "Conversions", numbers.whole)


@dataclass(frozen=True, slots=True)
class Section:
    """A tab of a site with panels in it, and their card on the overview."""

    name: str
    title: str


SOURCES: Final = Section("sources", "Sources")
PAGES: Final = Section("pages", "Pages")
PLACES: Final = Section("places", "Places")
DEVICES: Final = Section("devices", "Devices")
GOALS: Final = Section("goals", "Goals and events")
SECTIONS: Final = (SOURCES, PAGES, PLACES, DEVICES, GOALS)


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows of one attribute: a tab of a card on the overview, and a page with every row."""

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
    section: Section = DEVICES
    tab: str = ""
    """What the card calls it; empty: its title."""

    @property
    def metric(self) -> Metric:
        """The metric that orders the rows."""
        return Metric[self.columns[0].key.upper()]

    @property
    def short(self) -> str:
        """What a tab calls it."""
        return self.tab or self.title

    def label(self, value: str) -> str:
        """Return what a row is called."""
        return self.name(value) if value else self.empty


OF_VISITS: Final = (VISITORS, VISITS, PAGEVIEWS, BOUNCES, ENGAGED)
_OF_EXITS: Final = (VISITORS, VISITS)
_OF_CLICKS: Final = (CLICKS, VISITORS, VISITS)
_DIRECT: Final = "Direct or unknown"
_BY_ITSELF: Final = "The beacon tells them by itself; a client of Plausible's must have the extension switched on."
_TAGGED: Final = "Links with utm_source, utm_medium or utm_campaign show here, once enough people followed one."


def _first(text: str) -> str:
    """Return a text with its first letter as a capital, and the others as they are."""
    return text[:1].upper() + text[1:]


_REVISITS: Final = {
    "new": "New",
    "this week": "Again in the same week",
    "last four weeks": "Back after up to four weeks",
    "earlier": "Back after more than four weeks",
}


def _revisit_name(value: str) -> str:
    return _REVISITS.get(value, value)


_KNOWN: Final = (
    Panel("sources", Attribute.SOURCE, "Sources", "source", _DIRECT, OF_VISITS, section=SOURCES),
    Panel("channels", Attribute.CHANNEL, "Channels", "channel", "Unknown", OF_VISITS, section=SOURCES),
    Panel("referrers", Attribute.REFERRER, "Referrers", "referrer", _DIRECT, OF_VISITS, section=SOURCES),
    *(
        Panel(
            f"utm-{name}s", f"utm_{name}", f"UTM {name}s", name, "(none)", OF_VISITS, plain_name, _TAGGED, SOURCES, tab
        )
        for name, tab in (
            ("campaign", "Campaigns"), ("source", "utm_source"), ("medium", "utm_medium"), ("content", "utm_content"),
            ("term", "utm_term"),
        )
    ),
    Panel(
        "pages", Attribute.PAGE, "Pages", "page", "Unknown", (VISITORS, VISITS, PAGEVIEWS, ENGAGED, SCROLLED),
        section=PAGES, tab="Top",
    ),
    Panel(
        "entry-pages", Attribute.ENTRY, "Entry pages", "entry page", "Unknown", OF_VISITS, section=PAGES, tab="Entry"
    ),
    Panel("exit-pages", Attribute.EXIT, "Exit pages", "exit page", "Unknown", _OF_EXITS, section=PAGES, tab="Exit"),
    Panel(
        "missing-pages", Attribute.MISSING, "Missing pages", "missing page", "Unknown",
        (Column("events", "Views", numbers.whole), VISITORS, VISITS), plain_name,
        'Put <meta name="logless-404"> into your 404 page, or send the event 404 with the property path.', PAGES, "404",
    ),
    Panel(
        "downloads", Attribute.DOWNLOAD, "Downloads", "download", "Unknown", _OF_CLICKS, plain_name, _BY_ITSELF, PAGES
    ),
    Panel(
        "outbound-links", Attribute.OUTBOUND, "Outbound links", "outbound link", "Unknown", _OF_CLICKS, plain_name,
        _BY_ITSELF, PAGES, "Outbound",
    ),
    Panel("hosts", "host", "Hosts", "host", "Unknown", OF_VISITS, section=PAGES),
    Panel("countries", Attribute.COUNTRY, "Countries", "country", "Unknown", OF_VISITS, country_name, section=PLACES),
    Panel(
        "languages", Attribute.LANGUAGE, "Languages", "language", "Unknown", OF_VISITS, language_name, section=PLACES
    ),
    Panel("devices", Attribute.DEVICE, "Devices", "device", "Unknown", OF_VISITS, _first, tab="Devices"),
    Panel("browsers", Attribute.BROWSER, "Browsers", "browser", "Unknown", OF_VISITS),
    Panel(
        "browser-versions", "browser_version", "Browser versions", "browser version", "Unknown", OF_VISITS,
        tab="Versions",
    ),
    Panel("systems", Attribute.SYSTEM, "Systems", "system", "Unknown", OF_VISITS),
    Panel(
        "system-versions", "system_version", "System versions", "system version", "Unknown", OF_VISITS,
        tab="System versions",
    ),
    Panel("screens", "screen", "Screens", "screen width", "Unknown", OF_VISITS),
    Panel("revisits", "revisit", "Revisits", "class", "Unknown", OF_VISITS, _revisit_name),
    Panel("traffic", "traffic", "Traffic", "class", "Unknown", OF_VISITS, _first),
    Panel(
        "goals", Attribute.GOAL, "Goals", "goal", "Unnamed", (VISITORS, CONVERSIONS, VISITS), plain_name,
        'Name what you want people to reach in logless.toml: goals = [{ name = "Buy", page = "/thanks" }].', GOALS,
    ),
    Panel(
        "events", Attribute.EVENT, "Events", "event", "Unnamed", (EVENTS, VISITORS, VISITS), plain_name,
        "Call logless('signup') on a page to count your first one.", GOALS,
    ),
)  # fmt: skip


def panels_of(breakdowns: Sequence[Breakdown]) -> tuple[Panel, ...]:
    """Return a panel for each breakdown that is shown: the known ones in their order, then the others by name."""
    shown = {breakdown.name: breakdown for breakdown in breakdowns if breakdown.shown}
    known = [panel for panel in _KNOWN if panel.attribute in shown]
    others = [shown[name] for name in sorted(shown.keys() - {panel.attribute for panel in known})]
    return (*known, *(_plain_panel(breakdown) for breakdown in others))


def panels_of_site(panels: Sequence[Panel], site: Site) -> tuple[Panel, ...]:
    """Return the panels of a site: those of every site, and one for each property that it declares."""
    return (*panels, *(_prop_panel(name) for name in sorted(site.props)))


def _plain_panel(breakdown: Breakdown) -> Panel:
    slug = breakdown.title.lower().replace(" ", "-")
    noun = breakdown.title.lower().rstrip("s")
    section = GOALS if breakdown.dimension.startswith("event:") else DEVICES
    return Panel(slug, breakdown.name, breakdown.title, noun, "Unknown", OF_VISITS, section=section)


def _prop_panel(name: str) -> Panel:
    return Panel(
        slug=PROP + name,
        attribute=PROP + name,
        title=f"Property {name}",
        noun="value",
        empty="(none)",
        columns=(EVENTS, VISITORS, VISITS),
        teaches=f"Send an event with the property {name} to count its first value.",
        section=GOALS,
        tab=name,
    )
