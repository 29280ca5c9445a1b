"""Traffic: how far a visit is to be believed, as one of four classes. None of them is dropped.

People come through VPNs, and servers that tell of a visitor send no browser's headers. So a class says what was
seen, and a page can be read with it or without.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ingest.hits.hit import Arrival

VPN: Final = "(vpn)"
"""The country of whoever comes out of a VPN or a data centre: theirs is not known."""

HIGH_RATE: Final = 120
"""Submissions of one sender in a minute from which on their next visits are of high rate."""


class Traffic(StrEnum):
    """The classes, the strongest first."""

    HOSTING = "vpn/hosting"
    HIGH_RATE = "high rate"
    ODD_HEADERS = "odd headers"
    DIRECT = "direct"


def traffic_of(arrival: Arrival) -> Traffic:
    """Return the class of an arrival: the first that holds.

    An exit that many share is fast and odd by its nature, so nothing more is said of one. That it is the
    operator's own is not said at all.
    """
    if arrival.from_hosting:
        return Traffic.HOSTING
    if arrival.is_frequent:
        return Traffic.HIGH_RATE
    return Traffic.ODD_HEADERS if _is_odd(arrival) else Traffic.DIRECT


def _is_odd(arrival: Arrival) -> bool:
    """Return whether headers are not those of the browser that the user agent names.

    Every browser sends Accept-Language; current ones send Sec-Fetch-Site to servers that are reached by https, as
    a page on https reaches its own (Fetch Metadata, 2.3); and client hints are of the browser that sends them.
    """
    agent = arrival.agent
    if not arrival.languages or agent.contradicted:
        return True
    is_secure = arrival.submission.address_of_page[:8].lower() == "https://"
    return agent.fetches and is_secure and not arrival.tells_fetch
