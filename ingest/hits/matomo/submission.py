"""What a tracking request tells, in the words of `POST /api/event`.

| Matomo | here |
|---|---|
| page view | `pageview` |
| `ping` | engagement: the seconds since the view, or since the heartbeat before it, as Matomo counts them |
| `e_c`, `e_a`, `e_n` | the event `category: action`, with the property `name` |
| `link`, `download` | `Outbound Link: Click`, `File Download`, with the property `url` |
| `search` | `Site Search`, without what was searched for |
| `idgoal` | the event `goal 3` |

Who it is comes from the request alone: `ua`, `cip`, `cid`, `uid` and their like are not read, nor is any clock of the
client's. Contents, media and crashes are kinds of action that are not counted.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.counters.cells import Refusal
from ingest.hits.matomo.parameters import Parameters
from ingest.hits.wire import Heartbeat, Submission, WireError
from ingest.site import Site

_LONGEST_NAME: Final = 120
_LONGEST_LANGUAGE: Final = 64
_WIDEST: Final = 100_000


def read_submission(given: Parameters, site: Site, referer: str) -> Submission | Refusal:
    """Return what a request for a site tells, or why it is none that is counted. Raises WireError."""
    if given.get("rec") != "1":
        raise WireError("field rec is not 1")
    if given.get("recMode") == "1":
        # "Only bot tracking is performed. Non-bot requests are discarded."
        return Refusal.BOT
    told = _act(given)
    if isinstance(told, Refusal):
        return told
    name, props = told
    kind = Heartbeat if name == "engagement" else Submission
    return kind(
        n=name,
        u=_page(given, name, site, referer),
        d=site.id,
        r=given.get("urlref") or None,
        p=dict(props) or None,
        w=_width(given.get("res")),
        l=_language(given.get("lang")),
    )


def _act(given: Parameters) -> tuple[str, dict[str, Any]] | Refusal:
    """Return the name of what was done and its properties, in the order in which Matomo looks for them."""
    if given.get("ping") == "1":
        return "engagement", {}
    if given.has("idgoal"):
        return _goal(given.get("idgoal")), {}
    if given.has("e_c", "e_a"):
        return _event(given)
    if given.has("c_n", "c_i", "ma_id", "cra"):
        return Refusal.UNWANTED_ITEM
    if given.has("search"):
        return "Site Search", {}
    if given.has("link"):
        return "Outbound Link: Click", {"url": _without_query(given.get("link"))}
    if given.has("download"):
        return "File Download", {"url": _without_query(given.get("download"))}
    # "The advantage being that should you ever disable the event plugin, then the event tracking requests will be
    # ignored": a custom action that nobody knows is no page view.
    return Refusal.UNWANTED_ITEM if given.get("ca") == "1" else ("pageview", {})


def _goal(number: str) -> str:
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise WireError("field idgoal is not a number")
    return f"goal {int(number)}"


def _event(given: Parameters) -> tuple[str, dict[str, Any]]:
    category, action, name = given.get("e_c"), given.get("e_a"), given.get("e_n")
    for field, value in (("e_c", category), ("e_a", action)):
        # "Strings filled with whitespaces will be considered as (invalid) empty values."
        if not value:
            raise WireError(f"field {field} is missing")
    told = f"{category}: {action}"
    if len(told) > _LONGEST_NAME:
        raise WireError("field e_a has a wrong type or size")
    return told, {"name": name} if name else {}


def _page(given: Parameters, name: str, site: Site, referer: str) -> str:
    """Return the URL of the page on which something was done.

    For links and downloads Matomo's documentation recommends to put the target in the place of the page; what is
    not a page view may also come without one. Then all that is known is the site.
    """
    url = given.get("url")
    if url and url not in {given.get("link"), given.get("download")}:
        return url
    if name not in {"pageview", "engagement"}:
        return f"https://{site.hosts[0]}/"
    if name == "pageview" and site.pixel and 0 < len(referer) <= 2_000:
        # Matomo's <noscript> image says neither `url` nor `urlref`, and Matomo takes the page from the header.
        return referer
    raise WireError("field url is missing")


def _without_query(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _width(resolution: str) -> int | None:
    digits = resolution.partition("x")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else None


def _language(told: str) -> str | None:
    first = told.partition(",")[0]
    return first if 0 < len(first) <= _LONGEST_LANGUAGE else None
