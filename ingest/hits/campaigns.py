"""What a tagged link says about itself: utm_*, ref and source, and the presence of a click identifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import WITHHELD
from ingest.hits.clicks import CLICKS, Click
from ingest.hits.location import Location
from ingest.site import Site

NONE: Final = "(none)"
"""Stands where a link does not tell."""

LONGEST: Final = 100

_TAGS: Final = {
    "utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign",
    "utm_content": "content", "utm_term": "term", "source": "origin", "ref": "ref",
    "mtm_source": "source", "mtm_medium": "medium", "mtm_campaign": "campaign", "mtm_content": "content",
    "mtm_kwd": "term", "mtm_keyword": "term", "pk_campaign": "campaign", "pk_kwd": "term", "pk_keyword": "term",
}  # fmt: skip
"""Parameters that are read, in lower case, and the field that each fills: utm_* and, for sites that come from Matomo,
the names that it gives the same things."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """The tags of a link, each as it may be kept: whole, withheld, or `(none)`."""

    source: str = NONE
    medium: str = NONE
    campaign: str = NONE
    content: str = NONE
    term: str = NONE
    origin: str = NONE  # `source`, a short form
    ref: str = NONE
    click: Click | None = None

    @property
    def named(self) -> str:
        """What the link says that it stands on: the first of utm_source, source and ref; `(none)` if it does not."""
        return next((told for told in (self.source, self.origin, self.ref) if told != NONE), NONE)


UNTAGGED: Final = Campaign()


def read_campaign(page: Location, site: Site) -> Campaign:
    """Return what the query of a page tells of the link to it. The first parameter of a name counts."""
    told: dict[str, str] = {}
    click: Click | None = None
    for written, value in page.params():
        name = written.lower()
        if name in CLICKS:
            click = click or CLICKS[name]
        elif name in _TAGS and _TAGS[name] not in told:
            told[_TAGS[name]] = keep(unquote_plus(value), site)
    return Campaign(**told, click=click) if told or click else UNTAGGED


def keep(text: str, site: Site) -> str:
    """Return a value as it may be kept.

    One that is too long is not cut: an identifier could lose what it is known by, and stay. What stands in brackets,
    as `(none)` and `(not set)` do, is a word of statistics and not of a link.
    """
    text = " ".join(text.split())
    if not text or (text[0] == "(" and text[-1] == ")"):
        return NONE
    if text in site.campaigns:
        return text
    if len(text) > LONGEST or not text.isprintable() or find_identifier(text) is not None:
        return WITHHELD
    return text
