"""The cards of the overview: of each section one panel is open, and the others are tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboards.addresses import link, site_path
from dashboards.breakdowns import Earlier, read_breakdowns, read_earlier
from dashboards.condition import FILTERS, Condition, is_goal
from dashboards.desk import Ask
from dashboards.figures import Breakdown
from dashboards.page import Tab
from dashboards.panels import SECTIONS, Panel, Section, panels_of_site
from dashboards.period import Period
from dashboards.selection import Selection
from ingest.counters.cells import RARE, Attribute
from ingest.site import Site

ROWS = 9
"""Rows of a card, the one of (rare) included."""

TABS = 4
"""Tabs of a card; the page of the section has all of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row with the selection that it leads to, if it can be filtered by."""

    value: str
    label: str
    number: float
    path: str = ""
    change: str = ""
    """How the number has changed, in words; nothing while no days are compared."""

    @property
    def is_rare(self) -> bool:
        """Whether it sums what was not shared."""
        return self.value == RARE


@dataclass(frozen=True, slots=True)
class Card:
    """A section with the first rows of its open panel."""

    section: Section
    panel: Panel
    tabs: Sequence[Tab]
    rows: Sequence[Row]
    total: int
    path: str
    """The page with every row."""
    heading: str = ""
    """What the numbers are of."""
    note: str = ""
    """Why there are no rows, or what they are about, in a line."""
    compared: Period | None = None
    """The days that the rows are compared with."""

    @property
    def most(self) -> float:
        """The number that fills a bar."""
        return max((row.number for row in self.rows), default=0)


def open_panels(panels: Sequence[Panel], argument: str) -> dict[Section, Panel]:
    """Return the panel of each section that a URL opens: the named one, or the first."""
    wanted = set(argument.split(","))
    found: dict[Section, Panel] = {}
    for section in SECTIONS:
        own = [panel for panel in panels if panel.section is section]
        if own:
            found[section] = next((panel for panel in own if panel.slug in wanted), own[0])
    return found


def card_argument(panels: Sequence[Panel], opened: Mapping[Section, Panel]) -> dict[str, str]:
    """Return the part of a URL that says which panels are open; nothing for the first ones."""
    firsts = open_panels(panels, "")
    slugs = [panel.slug for section, panel in opened.items() if firsts[section] is not panel]
    return {"card": ",".join(slugs)} if slugs else {}


async def read_cards(ask: Ask, site: Site, selection: Selection, keep: Mapping[str, str]) -> list[Card]:
    """Return the cards of the overview. `keep` are arguments that its links hand on."""
    panels = panels_of_site(ask.desk.panels, site)
    opened = open_panels(panels, ask.argument("card"))
    found = await read_breakdowns(ask, site, selection, list(opened.values()), ROWS)
    shown = {section: found.get(panel.attribute, Breakdown()) for section, panel in opened.items()}
    earlier = await read_earlier(ask, site, selection, [(opened[section], rows) for section, rows in shown.items()])
    return [
        _card(site, selection, panels, opened, section, rows, keep, earlier.get(opened[section].attribute))
        for section, rows in shown.items()
    ]


def _card(
    site: Site,
    selection: Selection,
    panels: Sequence[Panel],
    opened: Mapping[Section, Panel],
    section: Section,
    breakdown: Breakdown,
    keep: Mapping[str, str],
    earlier: Earlier | None,
) -> Card:
    panel = opened[section]
    own = [each for each in panels if each.section is section]
    shown = own[:TABS] if panel in own[:TABS] else [*own[: TABS - 1], panel]
    tabs = [
        Tab(
            each.short,
            link(site_path(site), selection.arguments, keep, card_argument(panels, {**opened, section: each})),
            each is panel,
            each.slug,
        )
        for each in shown
    ]
    kept = {**keep, **card_argument(panels, opened)}
    return Card(
        section,
        panel,
        tabs,
        rows_of(site, selection, panel, breakdown, kept, earlier),
        breakdown.total,
        link(site_path(site, panel.slug), selection.arguments),
        "Converters" if counts_conversions(selection.condition, panel.attribute) else panel.columns[0].title,
        note_of(selection, panel, panels),
        earlier.days if earlier else None,
    )


def rows_of(
    site: Site,
    selection: Selection,
    panel: Panel,
    breakdown: Breakdown,
    keep: Mapping[str, str],
    earlier: Earlier | None = None,
) -> list[Row]:
    """Return rows that lead to the overview filtered by them, where a declared pair can answer that."""
    column = panel.columns[0]
    can_filter = panel.attribute in FILTERS
    return [
        Row(
            value.value,
            panel.label(value.value),
            column.read(value.counts),
            filter_path(site, selection, Condition(panel.attribute, value.value), keep)
            if can_filter and value.value != RARE
            else "",
            earlier.change(column, value) if earlier else "",
        )
        for value in breakdown.values
    ]


def filter_path(site: Site, selection: Selection, condition: Condition | None, keep: Mapping[str, str]) -> str:
    """Return the path of the overview under another filter."""
    return link(site_path(site), replace(selection, condition=condition).arguments, keep)


def note_of(selection: Selection, panel: Panel, panels: Sequence[Panel]) -> str:
    """Return what has to be said about a panel under the present filter, in a line, or nothing."""
    condition = selection.condition
    if condition is None or panel.attribute == condition.attribute:
        return ""
    pair = condition.pair_with(panel.attribute)
    if pair is None:
        return f"Not crossed with {noun_of(condition.attribute, panels)}."
    if pair.is_weekly and selection.period != selection.period.whole_weeks:
        return f"By the week: {selection.period.whole_weeks.span}."
    return ""


def noun_of(attribute: str, panels: Sequence[Panel]) -> str:
    """Return what a value of an attribute is called."""
    return next((panel.noun for panel in panels if panel.attribute == attribute), attribute)


def is_answered(condition: Condition | None, attribute: str) -> bool:
    """Tell whether rows of an attribute can be shown under a filter."""
    return condition is None or condition.attribute == attribute or condition.pair_with(attribute) is not None


def counts_conversions(condition: Condition | None, attribute: str) -> bool:
    """Tell whether the rows of a panel are converters: of goals, or of what a goal is crossed with."""
    return attribute == Attribute.GOAL or is_goal(condition)
