"""From nothing to the first hit: the tag, a trial that is told step by step, and why the last hits were refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from dashboards.addresses import link, site_path
from dashboards.desk import Ask
from dashboards.page import Page
from dashboards.pages.owners import period_of, site_of, site_tabs
from dashboards.refusals import meaning_of
from dashboards.remedies import remedy_of
from dashboards.table import Table
from ingest.counters.cells import UNKNOWN_OWNER
from ingest.site import Site

_NEAR: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


async def show_setup(ask: Ask) -> Page:
    """Show what helps to send the first hit."""
    site = site_of(ask)
    diagnostics = ask.desk.diagnostics
    trial = diagnostics.trial(site.id, ask.user.id)
    refused = _lately(diagnostics.refused(site.owner))
    strays = _lately(diagnostics.refused(UNKNOWN_OWNER))
    path = site_path(site, "setup")
    headers = ask.request.headers
    return Page(
        template="setup.html",
        title=f"Set up · {site.id}",
        place=site.id,
        tabs=site_tabs(site, period_of(ask, site), "setup"),
        values={
            "site": site,
            "snippet": ask.desk.snippet(site.id),
            "trial": trial,
            "told": [{**told, "because": meaning_of(told["refused"] or "")} for told in trial.told] if trial else [],
            "link_to_try": _link_to_try(site, trial.token) if trial else "",
            "refused": refused,
            "strays": strays,
            "remedy_of": remedy_of,
            "is_one_address": diagnostics.is_one_address(site.id),
            "objects": headers.get("sec-gpc") == "1" or headers.get("dnt") == "1",
            "path": path,
            "json": f"{path}.json",
            "csv": f"{path}.csv",
        },
        data={
            "site": site.id,
            "snippet": ask.desk.snippet(site.id),
            "one_address": diagnostics.is_one_address(site.id),
            "refused_lately": _data(refused),
            "refused_lately_of_nobody": _data(strays),
            "trial": {"token": trial.token, "minutes": trial.minutes, "arrived": trial.arrived, "told": trial.told}
            if trial
            else None,
        },
        table=Table(
            ("owner", "reason", "submissions"),
            [
                *((site.owner, reason, count) for reason, count, _ in refused),
                *((UNKNOWN_OWNER, reason, count) for reason, count, _ in strays),
            ],
        ),
    )


async def begin_trial(ask: Ask) -> Response:
    """Make a token for the member who asks."""
    site = site_of(ask)
    ask.desk.diagnostics.begin(site.id, ask.user.id)
    return RedirectResponse(f"{site_path(site, 'setup')}#trial", status_code=303)


def _lately(reasons: Sequence[str]) -> list[tuple[str, int, str]]:
    """Return reasons with how often each is among the last, and what it means; the one that came last is first."""
    return [(reason, reasons.count(reason), meaning_of(reason)) for reason in dict.fromkeys(reversed(reasons))]


def _data(reasons: Sequence[tuple[str, int, str]]) -> list[dict[str, Any]]:
    return [{"reason": reason, "submissions": count} for reason, count, _ in reasons]


def _link_to_try(site: Site, token: str) -> str:
    """Return the address of a page of the site that carries the token."""
    if site.demonstration:
        return link("/demo/", {"ref": token})
    host = site.hosts[0] if site.hosts else site.id
    return link(f"{'http' if host in _NEAR else 'https'}://{host}/", {"ref": token})
