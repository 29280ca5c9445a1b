"""What a page is called: its path, cut down to what many people share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import Attribute, Key
from ingest.hits.location import Location
from ingest.site import Site

FOLDED: Final = ":id"
_LONGEST: Final = 300
_CACHED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page's name, and how it is kept until it is shared."""

    name: str
    free: bool
    fallback: Key | None


class Paths:
    """Names pages, and remembers names until the day ends."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Page] = {}

    def page(self, location: Location, site: Site, *, keeps_fragment: bool) -> Page:
        """Return the page at a location.

        The query is cut; the fragment too, unless the site routes by it. Segments that look like somebody's are
        folded to `:id`. A declared literal is free; a page under a declared glob counts as the glob until shared.
        """
        path = location.path
        if keeps_fragment and location.fragment:
            path += "#" + location.fragment.partition("?")[0]
        key = (site.id, path)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            known = self._known[key] = _name(path, site)
        return known

    def forget(self) -> None:
        """Empty the memory: no path outlives its day."""
        self._known.clear()


def _name(path: str, site: Site) -> Page:
    plain = _tidy(path)
    if plain in site.literal_pages:
        return Page(plain, free=True, fallback=None)
    folded = "/".join(_segment(segment) for segment in plain.split("/"))
    for glob, pattern in site.page_shapes:
        if pattern.match(folded):
            return Page(folded, free=False, fallback=(Attribute.PAGE, glob))
    return Page(folded, free=False, fallback=None)


def _tidy(path: str) -> str:
    text = unquote(path, errors="replace")[:_LONGEST]
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text or "/"


def _segment(segment: str) -> str:
    return FOLDED if segment and find_identifier(segment) is not None else segment
