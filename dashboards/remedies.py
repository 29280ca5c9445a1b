"""What to do about a refusal, for whoever sets a site up."""

from __future__ import annotations

from typing import Final

from ingest.counters.cells import Refusal

REMEDIES: Final = {
    Refusal.BAD_JSON: "Send one JSON object, or an array of up to a hundred.",
    Refusal.BAD_FIELD: "The answer, a 400, names the field: see the network tab of the browser.",
    Refusal.BAD_TYPE: "Send it by POST, as text/plain or application/json.",
    Refusal.TOO_LARGE: "Send less at a time, or raise limits.body.",
    Refusal.UNKNOWN_SITE: "Compare data-site in the tag with the id of the site, which logless site list prints.",
    Refusal.HOST: "Add the host that the page is served under to hosts of the site.",
    Refusal.EXCLUDED: "The page matches a pattern of exclude: take it out if the page is to count.",
    Refusal.BOT: "Nothing, unless it was you: a browser that a program drives, or without a user agent, is none.",
    Refusal.OWN_NETWORK: "It came from own_networks: look from elsewhere, or take your network out.",
    Refusal.LATE: "Nothing: a page was left open past the end of its visit, or the server was started anew.",
    Refusal.OVER_RATE: "If all come from one address, set server.trusted_proxies; else raise limits.per_sender.",
    Refusal.FULL: "The store has been away for too long: see /readyz.",
}

_BY_NAME: Final = {reason.value: remedy for reason, remedy in REMEDIES.items()}


def remedy_of(reason: str) -> str:
    """Return what to do about a reason; empty when there is nothing to say."""
    return _BY_NAME.get(reason, "")
