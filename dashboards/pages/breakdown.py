"""One breakdown of a site with every row."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException

from dashboards.addresses import link, site_path
from dashboards.breakdowns import Earlier, is_by_week, read_earlier, read_rows
from dashboards.cards import counts_conversions, is_answered, note_of, noun_of, rows_of
from dashboards.chips import chip_of
from dashboards.condition import FILTERS, Condition, is_goal
from dashboards.counts import rate
from dashboards.desk import Ask, Format
from dashboards.figures import ALL, ANY, Breakdown, Value
from dashboards.map import Map, draw_map
from dashboards.page import Page, Tab
from dashboards.pages.overview import counts_data
from dashboards.pages.owners import picker_of, selection_data, selection_of, site_of, site_tabs
from dashboards.panels import CONVERSIONS, GOALS, SOURCES, VISITORS, VISITS, Column, Panel, panels_of_site
from dashboards.selection import Selection
from dashboards.table import Table
from ingest.counters.cells import RARE, Attribute
from ingest.site import Site

ROWS: Final = 100
"""Rows of a page for people; programs and spreadsheets are given all."""

LONGEST_SEARCH: Final = 200

FUNNELS: Final = "funnels"
AUDIT: Final = "audit"
"""Pages that stand in a section and are no panel."""

_OF_CONVERTERS: Final = (Column("visitors", "Converters", VISITORS.write), CONVERSIONS, VISITS)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: its name, where it leads, and its numbers in words."""

    value: str
    label: str
    path: str
    number: float
    cells: Sequence[str]

    @property
    def is_rare(self) -> bool:
        """Whether it sums what was not shared."""
        return self.value == RARE


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks of a panel."""

    site: Site
    panel: Panel
    panels: Sequence[Panel]
    selection: Selection
    search: str
    number: int
    is_paged: bool

    @property
    def path(self) -> str:
        """The path of the page."""
        return site_path(self.site, self.panel.slug)

    @property
    def keep(self) -> dict[str, str]:
        """The arguments that are no part of the selection."""
        return {"q": self.search}

    @property
    def columns(self) -> Sequence[Column]:
        """The numbers of each row."""
        is_crossed = is_goal(self.selection.condition) and self.panel.attribute != Attribute.GOAL
        return _OF_CONVERTERS if is_crossed or self.panel.attribute == Attribute.GOAL else self.panel.columns


async def breakdown(ask: Ask) -> Page:
    """Show the rows of one panel, a hundred at a time, or those that contain a text."""
    asked = _read(ask)
    site, panel, selection = asked.site, asked.panel, asked.selection
    found, everybody = await asyncio.gather(_rows(ask, asked), _everybody(ask, asked))
    before = await _compared(ask, asked, found)
    spanned = selection.weeks if is_by_week(selection.condition, panel) else selection
    rates = None if everybody is None else [_rate(row, everybody, panel) for row in found.values]
    pages = -(-found.total // ROWS)
    number, path, said = asked.number, asked.path, selection.arguments
    contains = Condition(panel.attribute, asked.search, "contains")
    return Page(
        template="breakdown.html",
        title=f"{panel.title} · {site.id}",
        place=site.id,
        tabs=site_tabs(site, selection, panel.section.name),
        section=section_tabs(asked.panels, site, selection, panel.slug),
        periods=picker_of(path, selection, asked.keep),
        values={
            "site": site,
            "panel": panel,
            "period": selection.period,
            "found": found,
            "lines": _lines(asked, found, rates, before),
            "headings": [
                *(column.title for column in asked.columns),
                *([] if rates is None else ["Rate"]),
                *([] if before is None else ["Change"]),
            ],
            "compared": before.days if before is not None else None,
            "unfinished": spanned.unfinished,
            "excuse": spanned.excuse(ask.beginning),
            "is_crossed": selection.condition is not None and selection.condition.attribute != panel.attribute,
            "note": note_of(selection, panel, asked.panels),
            "is_answered": is_answered(selection.condition, panel.attribute),
            "crossed": crossed_in_words(panel, asked.panels),
            "chip": chip_of(site, selection, asked.panels, {}),
            "has_rare": any(row.value == RARE for row in found.values),
            "search": asked.search,
            "said": said,
            "as_filter": link(site_path(site), {**said, **contains.arguments})
            if asked.search and panel.attribute in FILTERS
            else "",
            "most": max((asked.columns[0].read(row.counts) for row in found.values), default=0),
            "number": number,
            "pages": pages,
            "previous": link(path, said, asked.keep, {"page": str(number - 1)}) if number > 1 else "",
            "following": link(path, said, asked.keep, {"page": str(number + 1)}) if number < pages else "",
            "all": link(path, said),
            "overview": link(site_path(site), said),
            "json": link(f"{path}.json", said, asked.keep),
            "csv": link(f"{path}.csv", said, asked.keep),
            "map": await _map(ask, asked),
        },
        data={
            "site": site.id,
            "panel": panel.slug,
            **selection_data(selection),
            "total_rows": found.total,
            "rows": _data(found, rates, before),
        },
        table=_table(asked, found, rates, before),
    )


def section_tabs(panels: Sequence[Panel], site: Site, selection: Selection, current: str) -> list[Tab]:
    """Return links to the panels of a section: with goals stand funnels, with sources the audit of referrers."""
    section = next((panel.section for panel in panels if panel.slug == current), SOURCES if current == AUDIT else GOALS)
    pages = [(panel.slug, panel.short) for panel in panels if panel.section is section]
    if section is GOALS:
        pages.insert(1, (FUNNELS, "Funnels"))
    if section is SOURCES:
        pages.append((AUDIT, "Referrer audit"))
    return [Tab(title, link(site_path(site, slug), selection.arguments), slug == current) for slug, title in pages]


def crossed_in_words(panel: Panel, panels: Sequence[Panel]) -> str:
    """Return what a panel's property is crossed with, in words; nothing where that is nothing."""
    own = Condition(panel.attribute, "")
    return ", ".join(noun_of(other.attribute, panels) for other in panels if own.pair_with(other.attribute))


def _read(ask: Ask) -> Asked:
    site = site_of(ask)
    panels = panels_of_site(ask.desk.panels, site)
    slug = ask.request.path_params["panel"]
    panel = next((panel for panel in panels if panel.slug == slug), None)
    if panel is None:
        raise HTTPException(404)
    return Asked(
        site,
        panel,
        panels,
        selection_of(ask, site),
        ask.argument("q").replace("\0", "")[:LONGEST_SEARCH],
        _page_number(ask.argument("page")),
        ask.format is Format.HTML,
    )


async def _rows(ask: Ask, asked: Asked) -> Breakdown:
    rows, skip = (ROWS, ROWS * (asked.number - 1)) if asked.is_paged else (ALL, 0)
    return await read_rows(ask, asked.site, asked.selection, asked.panel, text=asked.search, rows=rows, skip=skip)


async def _compared(ask: Ask, asked: Asked, found: Breakdown) -> Earlier | None:
    """Return what the rows were on the days that are compared with; None: there are none, or nothing to compare."""
    earlier = await read_earlier(ask, asked.site, asked.selection, [(asked.panel, found)])
    return earlier.get(asked.panel.attribute)


async def _everybody(ask: Ask, asked: Asked) -> Mapping[str, int] | None:
    """Return the visitors whom a rate is of, by value; under an empty name those of all. None: nothing has a rate."""
    condition, attribute = asked.selection.condition, asked.panel.attribute
    if not counts_conversions(condition, attribute) or not is_answered(condition, attribute):
        return None
    figures, period = ask.desk.figures, asked.selection.period
    if attribute == Attribute.GOAL and (condition is None or is_goal(condition)):
        days = await figures.days(asked.site, period.since, period.until)
        return {"": sum(counts.visitors for counts in days.values())}
    assert condition is not None
    weeks = period.whole_weeks
    if attribute == Attribute.GOAL:
        found = await figures.cells(
            asked.site, weeks.since, weeks.until, "", condition.attribute, condition.match, by_value=False
        )
        return {"": sum(counts.visitors for counts in found.values())}
    found = await figures.cells(asked.site, weeks.since, weeks.until, "", attribute, ANY, by_value=True)
    return {value: counts.visitors for (_, value, _), counts in found.items()}


def _rate(row: Value, everybody: Mapping[str, int], panel: Panel) -> float | None:
    name = "" if panel.attribute == Attribute.GOAL else row.value
    return rate(row.counts.visitors, everybody.get(name, 0))


def _lines(asked: Asked, found: Breakdown, rates: Sequence[float | None] | None, before: Earlier | None) -> list[Line]:
    paths = rows_of(asked.site, asked.selection, asked.panel, found, {})
    lines = []
    for index, (value, row) in enumerate(zip(found.values, paths, strict=True)):
        cells = [column.write(column.read(value.counts)) for column in asked.columns]
        if rates is not None:
            share = rates[index]
            cells.append("–" if share is None else f"{share:.1f}%")  # noqa: RUF001
        if before is not None:
            cells.append(before.change(asked.columns[0], value))
        lines.append(Line(value.value, row.label, row.path, asked.columns[0].read(value.counts), cells))
    return lines


def _data(found: Breakdown, rates: Sequence[float | None] | None, before: Earlier | None) -> list[dict[str, Any]]:
    rows = [{"value": row.value, **counts_data(row.counts)} for row in found.values]
    if rates is not None:
        rows = [row | {"conversion_rate": share} for row, share in zip(rows, rates, strict=True)]
    if before is not None:
        then = [before.counts.get(row.value) for row in found.values]
        rows = [row | {"compared": counts_data(one) if one else None} for row, one in zip(rows, then, strict=True)]
    return rows


def _table(asked: Asked, found: Breakdown, rates: Sequence[float | None] | None, before: Earlier | None) -> Table:
    headings = (asked.panel.attribute, *(column.key for column in asked.columns))
    rows: list[tuple[str | int | float, ...]] = [
        (row.value, *(column.read(row.counts) for column in asked.columns)) for row in found.values
    ]
    if rates is not None:
        headings = (*headings, "conversion_rate")
        rows = [(*row, "" if share is None else share) for row, share in zip(rows, rates, strict=True)]
    if before is not None:
        headings = (*headings, *(f"{column.key}_before" for column in asked.columns))
        then = [before.counts.get(row.value) for row in found.values]
        rows = [
            (*row, *("" if one is None else column.read(one) for column in asked.columns))
            for row, one in zip(rows, then, strict=True)
        ]
    return Table(headings, rows)


async def _map(ask: Ask, asked: Asked) -> Map | None:
    """Draw the countries, all of them and not only those of this page of rows."""
    if asked.panel.attribute != Attribute.COUNTRY or not asked.is_paged or asked.search:
        return None
    whole = await _rows(ask, Asked(asked.site, asked.panel, asked.panels, asked.selection, "", 1, is_paged=False))
    column = asked.columns[0]
    rows = rows_of(asked.site, asked.selection, asked.panel, whole, {})
    return draw_map(
        {row.value: (row.number, row.label, row.path) for row in rows},
        ask.desk.assets.path_of("world.svg"),
        ask.desk.assets.ids_of("world.svg"),
        f"{asked.panel.title} by {column.title.lower()}, {asked.selection.period.span}",
    )


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 6 and int(text) > 0 else 1
