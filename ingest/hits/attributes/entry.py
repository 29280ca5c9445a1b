"""Entry: the page on which a visit began."""

from ingest.counters.cells import Attribute, Breakdown, Key
from ingest.hits.hit import Hit
from ingest.site import Site

BREAKDOWN = Breakdown("entry", "visit:entry_page", "Entry pages")


def value(hit: Hit) -> str:
    """Return the page's name."""
    return hit.page.name


def is_declared(value: str, site: Site) -> bool:
    """Return whether the operator declared this page."""
    return value in site.literal_pages


def fallback(hit: Hit) -> Key | None:
    """Return the declared shape that the page counts as until it is shared."""
    return (Attribute.ENTRY, hit.page.fallback[1]) if hit.page.fallback is not None else None
