"""What a page is called: its path, cut down to what many people share."""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class _Known:
    """Names of one site's pages, under the declarations that the site had."""

    site: Site
    pages: dict[tuple[str, str], Page] = field(default_factory=dict)


class Paths:
    """Names pages, and remembers names until the day ends."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def page(self, location: Location, site: Site, *, keeps_fragment: bool) -> Page:
        """Return the page at a location.

        The query is cut; the fragment too, unless the site routes by it. Segments that look like somebody's are
        folded to `:id`. A declared literal is free; a page under a declared glob counts as the glob until shared.
        """
        known = self._known.get(site.id)
        if known is None or known.site is not site:
            # The configuration was read again: pages may be declared now that were not.
            known = self._known[site.id] = _Known(site)
        fragment = location.fragment if keeps_fragment else ""
        page = known.pages.get((location.path, fragment))
        if page is None:
            if len(known.pages) >= _CACHED:
                known.pages.clear()
            page = known.pages[location.path, fragment] = _name(read_path(location.path, fragment), site)
        return page

    def forget(self) -> None:
        """Empty the memory: no path outlives its day."""
        self._known.clear()


def read_path(path: str, fragment: str = "") -> str:
    """Return a path as people write it: decoded, in printable characters, with the fragment that routes, if any.

    A `?` or `#` that was encoded stays so: nothing in a name reads as a query or a fragment that is none.
    """
    fragment = fragment.partition("?")[0]
    return (_decode(path) or "/") + (f"#{_decode(fragment)}" if fragment else "")


def _decode(text: str) -> str:
    text = unquote(text, errors="replace").replace("?", "%3F").replace("#", "%23")
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _name(path: str, site: Site) -> Page:
    if path in site.literal_pages:
        return Page(path, free=True, fallback=None)
    folded = fold_path(path)
    for glob, pattern in site.page_shapes:
        if pattern.match(folded):
            return Page(folded, free=False, fallback=(Attribute.PAGE, glob))
    return Page(folded, free=False, fallback=None)


def fold_path(path: str) -> str:
    """Fold what identifies somebody, then cut.

    The segment that the cut goes through is read whole: half an address would not be known for one. A segment that
    is longer than a name by itself is nothing that many people share.
    """
    end = path.find("/", _LONGEST)
    segments = (path if end < 0 else path[:end]).split("/")
    return "/".join(_segment(segment) for segment in segments)[:_LONGEST]


def _segment(segment: str) -> str:
    folds = len(segment) > _LONGEST or (segment and find_identifier(segment) is not None)
    return FOLDED if folds else segment
