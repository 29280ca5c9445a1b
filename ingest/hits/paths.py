"""What a page is called: its path, cut down to what many people share."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, unquote_plus

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import Attribute, Key
from ingest.hits.clicks import CLICKS
from ingest.hits.location import Location
from ingest.site import Site

FOLDED: Final = ":id"
_LONGEST: Final = 300
_LONGEST_VALUE: Final = 100
_CACHED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page's name, and how it is kept until it is shared."""

    name: str
    free: bool
    fallback: Key | None

    @property
    def path(self) -> str:
        """The name without declared parameters: a `?` stands in no other name."""
        return self.name.partition("?")[0]


@dataclass(frozen=True, slots=True)
class _Known:
    """Names of one site's pages, under the declarations that the site had."""

    site: Site
    pages: dict[tuple[str, str, str], Page] = field(default_factory=dict)


class Paths:
    """Names pages, and remembers names until the day ends."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def page(self, location: Location, site: Site, *, keeps_fragment: bool) -> Page:
        """Return the page at a location.

        The query is cut but for declared parameters; the fragment too, unless the site routes by it. What looks like
        somebody's is folded to `:id`. A declared literal is free; a page under a declared glob counts as the glob
        until shared, and one with parameters as the page without them.
        """
        known = self._known.get(site.id)
        if known is None or known.site is not site:
            # The configuration was read again: pages may be declared now that were not.
            known = self._known[site.id] = _Known(site)
        fragment = location.fragment if keeps_fragment else ""
        params = read_params(location, site.params) if site.params and location.query else ""
        page = known.pages.get((location.path, fragment, params))
        if page is None:
            if len(known.pages) >= _CACHED:
                known.pages.clear()
            page = _name(read_path(location.path, fragment), params, site)
            known.pages[location.path, fragment, params] = page
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


def read_params(location: Location, declared: Container[str]) -> str:
    """Return the declared parameters of a location as a query, sorted by name, or nothing.

    The first of a name counts. A value that looks like somebody's, or is longer than a word that people share, is
    folded whole: nothing is cut, so that no identifier loses what it is known by.
    """
    found: dict[str, str] = {}
    for name, value in location.params():
        if name in declared and value and name.lower() not in CLICKS:
            found.setdefault(name, _value(unquote_plus(value)))
    return "&".join(f"{_quote(name)}={value}" for name, value in sorted(found.items()))


def full_path(location: Location, declared: Container[str]) -> str:
    """Return the path of a location with its declared parameters, neither folded nor cut: what a literal is."""
    params = read_params(location, declared)
    return read_path(location.path) + (f"?{params}" if params else "")


def _value(text: str) -> str:
    if len(text) > _LONGEST_VALUE or find_identifier(text) is not None:
        return FOLDED
    return _quote(text)


def _quote(text: str) -> str:
    """Quote what divides parameters: a name reads as the query that it came from."""
    return _printable(text).replace("&", "%26").replace("=", "%3D")


def fold_path(text: str) -> str:
    """Return any path, or URL, as it may be kept: without query and fragment, decoded, folded and cut."""
    location = Location.read(text)
    path = location.path if location.host else text.partition("#")[0].partition("?")[0]
    return fold(read_path(path))


def _decode(text: str) -> str:
    return _printable(unquote(text, errors="replace"))


def _printable(text: str) -> str:
    text = text.replace("?", "%3F").replace("#", "%23")
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _name(path: str, params: str, site: Site) -> Page:
    if params:
        return _with(params, _name(path, "", site), site)
    if path in site.literal_pages:
        return Page(path, free=True, fallback=None)
    folded = fold(path)
    for glob, pattern in site.page_shapes:
        if pattern.match(folded):
            return Page(folded, free=False, fallback=_key(glob))
    return Page(folded, free=False, fallback=None)


def _with(params: str, page: Page, site: Site) -> Page:
    """Return a page with parameters; without them where the two together are longer than a name."""
    name = f"{page.name}?{params}"
    if len(name) > _LONGEST:
        return page
    return Page(name, name in site.literal_pages, _key(page.name) if page.free else page.fallback)


def _key(page: str) -> Key:
    return Attribute.PAGE, page


def fold(path: str) -> str:
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
