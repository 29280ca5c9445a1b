"""One breakdown of a site with every row."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException

from dashboards.addresses import link, site_path
from dashboards.desk import Ask, Format
from dashboards.figures import ALL
from dashboards.page import Page
from dashboards.pages.overview import counts_data
from dashboards.pages.owners import period_data, period_of, period_tabs, site_of, site_tabs
from dashboards.table import Table
from ingest.counters.cells import RARE

ROWS: Final = 100
"""Rows of a page for people; programs and spreadsheets are given all."""

LONGEST_SEARCH: Final = 200


async def breakdown(ask: Ask) -> Page:
    """Show the rows of one panel, a hundred at a time, or those that contain a text."""
    site = site_of(ask)
    slug = ask.request.path_params["panel"]
    panel = next((panel for panel in ask.desk.panels if panel.slug == slug), None)
    if panel is None:
        raise HTTPException(404)
    period = period_of(ask, site)
    search = ask.argument("q").replace("\0", "")[:LONGEST_SEARCH]
    number = _page_number(ask.argument("page"))
    paged = ask.format is Format.HTML
    found = await ask.desk.figures.values(
        site,
        period,
        panel.attribute,
        panel.metric,
        text=search,
        rows=ROWS if paged else ALL,
        skip=ROWS * (number - 1) if paged else 0,
    )
    path = site_path(site, panel.slug)
    keep = {"q": search}
    pages = -(-found.total // ROWS)
    columns = panel.columns
    return Page(
        template="breakdown.html",
        title=f"{panel.title} · {site.id}",
        place=site.id,
        tabs=site_tabs(site, period, ""),
        periods=period_tabs(path, period, keep),
        values={
            "site": site,
            "panel": panel,
            "period": period,
            "found": found,
            "has_rare": any(row.value == RARE for row in found.values),
            "search": search,
            "most": max((columns[0].read(row.counts) for row in found.values), default=0),
            "number": number,
            "pages": pages,
            "previous": link(path, period.arguments, keep, {"page": str(number - 1)}) if number > 1 else "",
            "following": link(path, period.arguments, keep, {"page": str(number + 1)}) if number < pages else "",
            "overview": link(site_path(site), period.arguments),
            "json": link(f"{path}.json", period.arguments, keep),
            "csv": link(f"{path}.csv", period.arguments, keep),
        },
        data={
            "site": site.id,
            "panel": panel.slug,
            "period": period_data(period),
            "total_rows": found.total,
            "rows": [{"value": row.value, **counts_data(row.counts)} for row in found.values],
        },
        table=Table(
            (panel.attribute, *(column.key for column in columns)),
            [(row.value, *(column.read(row.counts) for column in columns)) for row in found.values],
        ),
    )


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 6 and int(text) > 0 else 1
