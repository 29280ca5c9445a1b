"""The referrer audit: every referring host of a site, and the reviews of what is claimed there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from dashboards.addresses import link, site_path
from dashboards.audit import FLAGS, Audited, audit, is_host
from dashboards.desk import Ask, Format
from dashboards.page import Page
from dashboards.pages.breakdown import AUDIT, section_tabs
from dashboards.pages.owners import period_of, selection_of, site_of, site_tabs
from dashboards.panels import panels_of_site
from dashboards.period import named_period, today_in
from dashboards.referrers import Seen
from dashboards.table import Table
from ingest.site import Site
from ingest.store.control.reviews import Status, list_reviews

ROWS: Final = 100
LONGEST_SEARCH: Final = 200
_SPAM: Final = "spam"


async def read_audit(ask: Ask, site: Site) -> tuple[list[Audited], Mapping[str, Seen]]:
    """Return the audit of a site, and what the values of its referrer that are no hosts came to."""
    referrers = ask.desk.referrers
    hosts, sources, goals, reviews = await asyncio.gather(
        referrers.hosts(site),
        referrers.sources(site),
        referrers.goals(site),
        run_in_threadpool(list_reviews, ask.desk.control, site.id),
    )
    rows = audit(site, hosts, sources, goals, reviews, ask.desk.hosts, today_in(site.timezone, ask.now))
    return rows, {value: seen for value, seen in hosts.items() if not is_host(value)}


async def show_audit(ask: Ask) -> Page:
    """Show every referring host, a hundred at a time, or those that contain a text."""
    site = site_of(ask)
    today = today_in(site.timezone, ask.now)
    always = named_period("all", today)
    assert always is not None
    (rows, others), reasons = await asyncio.gather(read_audit(ask, site), ask.desk.refusals.reasons(site.owner, always))
    search = ask.argument("q").replace("\0", "")[:LONGEST_SEARCH]
    found = [row for row in rows if search.lower() in row.host.lower()]
    number = _page_number(ask.argument("page"))
    pages = max(-(-len(found) // ROWS), 1)
    shown = found[ROWS * (number - 1) : ROWS * number] if ask.format is Format.HTML else found
    path = site_path(site, "audit")
    keep = {"q": search}
    return Page(
        template="audit.html",
        title=f"Referrer audit · {site.id}",
        place=site.id,
        tabs=site_tabs(site, period_of(ask, site), "sources"),
        section=section_tabs(panels_of_site(ask.desk.panels, site), site, selection_of(ask, site), AUDIT),
        values={
            "site": site,
            "rows": [(row, _review_path(site, row.host)) for row in shown],
            "found": len(found),
            "total": len(rows),
            "overdue": sum(row.is_overdue for row in rows),
            "unreviewed": sum(row.status is Status.NOT_REVIEWED for row in rows),
            "shares": _shares(rows, others),
            "spam": dict(reasons).get(_SPAM, 0),
            "flags": {flag: words for flag, words in FLAGS.items() if any(flag in row.flags for row in shown)},
            "has_goals": bool(site.goals),
            "today": today,
            "search": search,
            "number": number,
            "pages": pages,
            "previous": link(path, keep, {"page": str(number - 1)}) if number > 1 else "",
            "following": link(path, keep, {"page": str(number + 1)}) if number < pages else "",
            "json": link(f"{path}.json", keep),
            "csv": link(f"{path}.csv", keep),
        },
        data={
            "site": site.id,
            "total_rows": len(found),
            "shares": [{"value": name, "percent_of_visits": share} for name, share in _shares(rows, others)],
            "refused_as_spam": dict(reasons).get(_SPAM, 0),
            "rows": [audited_data(row) for row in shown],
        },
        table=Table(_HEADINGS, [_cells(row) for row in shown]),
    )


def audited_data(row: Audited) -> dict[str, Any]:
    """Return a host of the audit for programs."""
    review = row.review
    return {
        "host": row.host,
        "declared": row.declared,
        "source": row.source or row.host,
        "visitors": row.counts.visitors,
        "visits": row.counts.visits,
        "bounce_rate": row.counts.bounce_rate,
        "engaged_share": row.engaged_share,
        "visit_duration": row.counts.visit_duration,
        "goals": row.goals,
        "first_day": _day(row.first),
        "last_day": _day(row.last),
        "tagged_only": row.tagged,
        "flags": list(row.flags),
        "status": row.status.value,
        "claim": review.finding.claim if review else "",
        "note": review.finding.note if review else "",
        "reviewer": review.reviewer if review else "",
        "reviewed": _day(review.day) if review else "",
        "due": _day(review.finding.due) if review else "",
        "overdue": row.is_overdue,
    }


_HEADINGS: Final = (
    "host", "declared", "source", "visitors", "visits", "bounce_rate", "engaged_share", "visit_duration", "goals",
    "first_day", "last_day", "tagged_only", "flags", "status", "claim", "note", "reviewer", "reviewed", "due",
    "overdue",
)  # fmt: skip


def _cells(row: Audited) -> Sequence[str | int | float]:
    data = audited_data(row) | {"flags": ", ".join(row.flags), "overdue": int(row.is_overdue)}
    return [data[heading] for heading in _HEADINGS]


def _shares(rows: Sequence[Audited], others: Mapping[str, Seen]) -> list[tuple[str, int]]:
    """Return the percent of visits that bring no host, by what stands for it."""
    visits = sum(row.counts.visits for row in rows) + sum(seen.counts.visits for seen in others.values())
    if not visits:
        return []
    return sorted((value or "(none)", round(100 * seen.counts.visits / visits)) for value, seen in others.items())


def _review_path(site: Site, host: str) -> str:
    return link(site_path(site, "audit", "review"), {"host": host})


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 6 and int(text) > 0 else 1
