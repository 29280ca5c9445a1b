"""Where a visit came from: the referring host, and the name that it goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import WITHHELD
from ingest.hits.location import Location
from ingest.site import Profile, Site

DIRECT: Final = "(direct)"
_LONGEST: Final = 100

_NAMES: Final = {
    "google": "Google", "bing": "Bing", "duckduckgo": "DuckDuckGo", "yahoo": "Yahoo", "ecosia": "Ecosia",
    "qwant": "Qwant", "startpage": "Startpage", "yandex": "Yandex", "baidu": "Baidu",
    "facebook": "Facebook", "instagram": "Instagram", "linkedin": "LinkedIn", "lnkd": "LinkedIn",
    "reddit": "Reddit", "youtube": "YouTube", "twitter": "X", "pinterest": "Pinterest", "github": "GitHub",
    "wikipedia": "Wikipedia", "chatgpt": "ChatGPT", "perplexity": "Perplexity", "claude": "Claude",
}  # fmt: skip
_HOSTS: Final = {
    "search.brave.com": "Brave Search", "news.ycombinator.com": "Hacker News", "t.co": "X", "x.com": "X",
    "youtu.be": "YouTube", "gemini.google.com": "Gemini", "copilot.microsoft.com": "Copilot",
    "old.reddit.com": "Reddit", "out.reddit.com": "Reddit", "l.facebook.com": "Facebook",
}  # fmt: skip
_SECOND_LEVEL: Final = frozenset({"co", "com", "org", "net", "gov", "ac", "edu"})


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from."""

    name: str
    referrer: str  # host, or (direct)


def source_of(page: Location, came_from: str, site: Site) -> Source:
    """Return the source of a visit that began on this page.

    A tagged link (`utm_source`, `source`, `ref`) names its source itself, but not in the strict profile; else the
    referring host does. The site's own hosts refer nobody. Path and query of the referrer are not looked at.
    """
    referrer = _referrer(came_from, site)
    tagged = _tag(page) if page.query and site.profile is not Profile.STRICT else ""
    if tagged:
        return Source(_spoken(tagged), referrer)
    return Source(DIRECT if referrer == DIRECT else name_of(referrer), referrer)


def _tag(page: Location) -> str:
    params = page.params()
    told = (" ".join(params.get(name, "").split()) for name in ("utm_source", "source", "ref"))
    return next(filter(None, told), "")


def _referrer(came_from: str, site: Site) -> str:
    host = Location.read(came_from).host.removeprefix("www.")
    if not host or any(host == own.removeprefix("www.") for own in site.hosts):
        return DIRECT
    return host if _is_host(host) and find_identifier(host) is None else WITHHELD


def _is_host(text: str) -> bool:
    """Tell whether a text can be a host's name or an IPv6 literal: nothing else is kept in its place."""
    marks = "[]:." if text.startswith("[") else "-_."
    return len(text) <= _LONGEST and all(character.isalnum() or character in marks for character in text)


def name_of(host: str) -> str:
    """Return the name that a referring host goes by, or the host itself."""
    if host in _HOSTS:
        return _HOSTS[host]
    labels = host.split(".")
    if len(labels) < 2:
        return host
    label = labels[-3] if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else labels[-2]
    return _NAMES.get(label, host)


def _spoken(tag: str) -> str:
    # A long one is not cut: an identifier could lose what it is known by, and stay.
    if len(tag) > _LONGEST or not tag.isprintable() or find_identifier(tag) is not None:
        return WITHHELD
    known = _NAMES.get(tag.lower())
    return known or (name_of(tag.lower()) if "." in tag else tag)
