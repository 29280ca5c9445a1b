"""How a website is counted, for whoever builds it. It names no site of this server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboards.desk import Ask
from dashboards.page import Page
from dashboards.sizing import HITS_PER_SECOND, sizes
from dashboards.table import Table


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page; its text is the template `help/<id>.html`."""

    id: str
    title: str


SECTIONS: Final = (
    Section("snippet", "The snippet"),
    Section("attributes", "Attributes of the tag"),
    Section("module", "In a program that is bundled"),
    Section("plausible", "Plausible's clients"),
    Section("matomo", "Matomo's trackers"),
    Section("server", "From your own server"),
    Section("proxy", "Under your site's own host"),
    Section("pixel", "Browsers that run no scripts"),
    Section("objecting", "People who do not want to be counted"),
    Section("machine", "How large a machine"),
)
"""In the order of the page. To add a part, write its template and put it here."""


async def help_page(ask: Ask) -> Page:
    """Show to anybody how pages and trackers reach this server."""
    way_in = ask.desk.way_in
    return Page(
        template="help.html",
        title="Help",
        values={"sections": SECTIONS, "way_in": way_in, "sizing": {"hits": HITS_PER_SECOND, "sizes": sizes()}},
        data={
            "sections": [{"id": section.id, "title": section.title} for section in SECTIONS],
            "addresses": dict(way_in.addresses),
        },
        table=Table(("for", "address"), way_in.addresses),
    )
