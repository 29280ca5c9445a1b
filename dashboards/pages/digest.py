"""The digest of a week, as a page and as the text of a letter."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.responses import PlainTextResponse, Response

from dashboards.addresses import link, site_path
from dashboards.desk import Ask
from dashboards.digest import NOT_COMPARED, Digest, read_digest, told, week_before, write_digest
from dashboards.page import Page
from dashboards.pages.owners import period_of, site_of, site_tabs
from dashboards.period import EARLIEST, in_words, read_date, today_in
from dashboards.table import Table
from ingest.site import Site


async def show_digest(ask: Ask) -> Page:
    """Show the last full week, or the one that the address names."""
    site = site_of(ask)
    digest = await _read(ask, site)
    path = site_path(site, "digest")
    following = digest.since + timedelta(weeks=1)
    week = {"week": digest.since.isoformat()}
    return Page(
        template="digest.html",
        title=f"Week of {in_words(digest.since)} · {site.id}",
        place=site.id,
        tabs=site_tabs(site, period_of(ask, site), ""),
        values={
            "site": site,
            "digest": digest,
            "told": told,
            "not_compared": NOT_COMPARED,
            "previous": link(path, {"week": (digest.since - timedelta(weeks=1)).isoformat()}),
            "following": link(path, {"week": following.isoformat()}) if following <= _latest(ask, site) else "",
            "json": link(f"{path}.json", week),
            "csv": link(f"{path}.csv", week),
            "text": link(f"{path}.txt", week),
        },
        data=digest.data,
        table=Table(
            ("kind", "name", "this_week", "week_before"),
            [
                *(("total", total.title, total.now, total.before) for total in digest.totals),
                *(
                    (group.title, row.name, told(row.now, digest.k), told(row.before, digest.k))
                    for group in digest.movers
                    for row in group.rows
                ),
            ],
        ),
    )


async def digest_text(ask: Ask) -> Response:
    """Answer the digest as text."""
    site = site_of(ask)
    digest = await _read(ask, site)
    page = link(ask.desk.way_in.url + site_path(site, "digest"), {"week": digest.since.isoformat()})
    return PlainTextResponse(write_digest(digest, page))


async def _read(ask: Ask, site: Site) -> Digest:
    wanted, latest = read_date(ask.argument("week")), _latest(ask, site)
    monday = latest if wanted is None else min(max(wanted, EARLIEST) - timedelta(days=wanted.weekday()), latest)
    return await read_digest(ask.desk.figures, site, ask.desk.panels, monday, today_in(site.timezone, ask.now))


def _latest(ask: Ask, site: Site) -> date:
    return week_before(today_in(site.timezone, ask.now))
