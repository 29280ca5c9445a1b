"""Where a visit came from: the referring host, the name that it goes by, the campaign, and the channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import WITHHELD
from ingest.hits.campaigns import NONE, UNTAGGED, Campaign, read_campaign
from ingest.hits.catalogue import Catalogue, Known
from ingest.hits.channels import Clues, channel_of
from ingest.hits.domains import find
from ingest.hits.location import Location
from ingest.site import Profile, Site

DIRECT: Final = "(direct)"
_LONGEST: Final = 100
_IN_LITERALS: Final = dict.fromkeys(map(ord, "[]:."))
_IN_NAMES: Final = dict.fromkeys(map(ord, "-_."))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from."""

    name: str
    referrer: str  # host, or (direct)
    channel: str = ""
    campaign: Campaign = UNTAGGED


_UNTOLD: Final = Source(DIRECT, DIRECT, channel_of(Clues()))


def source_of(page: Location, came_from: Location, site: Site, catalogue: Catalogue) -> Source:
    """Return the source of a visit that began on this page.

    A tagged link names its source itself, but not in the strict profile; else the referring host does, else a click
    identifier. Path and query of the referrer are not looked at.
    """
    referrer = _referrer(referring_host(came_from), site, catalogue)
    tagged = bool(page.query) and site.profile is not Profile.STRICT
    campaign = read_campaign(page, site) if tagged else UNTAGGED
    if referrer == DIRECT and campaign is UNTAGGED:
        return _UNTOLD
    name, known = _named(campaign, referrer, catalogue)
    clues = Clues(
        source="" if name == DIRECT else name.lower() if known is None else known.name.lower(),
        medium=_told(campaign.medium),
        campaign=_told(campaign.campaign),
        kind=known.kind if known is not None else None,
        click=campaign.click,
    )
    return Source(name, referrer, channel_of(clues), campaign)


def referring_host(came_from: Location) -> str:
    """Return the host of the page that linked here, without `www.`, or nothing."""
    return came_from.host.removeprefix("www.")


def is_spam(host: str, site: Site, catalogue: Catalogue) -> bool:
    """Return whether a referring host is on the list of spam. What the operator named is not."""
    return bool(host) and catalogue.is_spam(host) and find(host, site.named_hosts) is None


def _referrer(host: str, site: Site, catalogue: Catalogue) -> str:
    """Return the host as it may be kept; a subdomain of one that the operator named counts as the named one.

    The site's own hosts refer nobody, and neither do those that people pass to pay or to sign in.
    """
    if not host or host in site.own_hosts:
        return DIRECT
    named = find(host, site.named_hosts)
    if named is not None:
        return named
    if catalogue.is_bounce(host):
        return DIRECT
    return host if _is_host(host) and find_identifier(host) is None else WITHHELD


def _is_host(text: str) -> bool:
    """Tell whether a text can be a host's name or an IPv6 literal: nothing else is kept in its place."""
    marks = _IN_LITERALS if text.startswith("[") else _IN_NAMES
    bare = text.translate(marks)
    return len(text) <= _LONGEST and (not bare or bare.isalnum())


def _named(campaign: Campaign, referrer: str, catalogue: Catalogue) -> tuple[str, Known | None]:
    """Return what the source is called, and what is known of it."""
    if campaign.named != NONE:
        return _by_tag(campaign.named, catalogue)
    if referrer != DIRECT:
        known = catalogue.host(referrer)
        return (known.name if known is not None else referrer), known
    known = catalogue.tag(campaign.click.source) if campaign.click is not None else None
    return (known.name if known is not None else DIRECT), known


def _by_tag(tag: str, catalogue: Catalogue) -> tuple[str, Known | None]:
    if tag == WITHHELD:
        return WITHHELD, None
    # Of an address, the host: some programs write the whole of it into `ref`.
    host = Location.read(tag).host.removeprefix("www.")
    known = catalogue.host(host) if host else catalogue.tag(tag.lower())
    return (known.name if known is not None else host or tag), known


def _told(value: str) -> str:
    return "" if value == NONE else value.lower()
