"""What an event is about beside its name: the link, file or missing page that it tells, and declared properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import DOWNLOAD_EVENT, MISSING_EVENT, OUTBOUND_EVENT, PROP, WITHHELD, Attribute
from ingest.hits.hit import Detail
from ingest.hits.location import Location
from ingest.hits.paths import fold_path
from ingest.site import Site

_LONGEST: Final = 120

Props = Mapping[str, str | int | float | bool | None]


def details_of(event: str, props: Props, site: Site) -> list[Detail]:
    """Return what an event tells, each once; properties that the site does not declare are not looked at.

    A property is declared for every event by its name (`plan`), or for one event by both (`signup:plan`).
    """
    found = []
    if event in {OUTBOUND_EVENT, DOWNLOAD_EVENT}:
        address = _address(_text(props.get("url")), site)
        if address:
            found.append(Detail(Attribute.OUTBOUND if event == OUTBOUND_EVENT else Attribute.DOWNLOAD, address))
    elif event == MISSING_EVENT:
        path = _text(props.get("path"))
        if path.startswith("/"):
            found.append(Detail(Attribute.MISSING, fold_path(path)))
    return found + [
        Detail(PROP + declared, _value(given))
        for name, given in props.items()
        for declared in (name, f"{event}:{name}")
        if declared in site.props
    ]


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""


def _address(url: str, site: Site) -> str:
    """Return host and path of a link, of the site's own hosts the path only; never a query, a user or a fragment."""
    location = Location.read(url)
    if not location.host:
        return ""
    if location.host in site.hosts:
        return fold_path(location.path)
    is_sound = location.host.isascii() and location.host.isprintable() and find_identifier(location.host) is None
    host = location.host if is_sound else WITHHELD
    return host + fold_path(location.path).rstrip("/")


def _value(given: object) -> str:
    """Return a property's value as text; one that looks like somebody's, or is longer than a value, is withheld."""
    if given is None:
        return "(none)"
    if isinstance(given, bool):
        return "true" if given else "false"
    text = " ".join(str(given).split())
    if len(text) > _LONGEST or not text.isprintable() or find_identifier(text) is not None:
        return WITHHELD
    return text or "(none)"
