"""The hits of the demonstration: what a visit to the made-up site sends, and what programs send that are not people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from collector.demonstration.audience import Person

Choice = TypeVar("Choice")
Told = int | str | Mapping[str, str]

HOME, FEATURES, SEARCH, SYNC = "/demo/", "/demo/features/", "/demo/features/search/", "/demo/features/sync/"
PRICING, DOWNLOAD, THANKS = "/demo/pricing/", "/demo/download/", "/demo/thanks/"
BLOG, PLAIN_TEXT, SERVERLESS = "/demo/blog/", "/demo/blog/plain-text/", "/demo/blog/sync-without-a-server/"
PRIVACY = "/demo/privacy/"

_write = json.JSONEncoder(separators=(",", ":")).encode

NEXT = {
    HOME: {FEATURES: 40, PRICING: 20, DOWNLOAD: 25, BLOG: 10, PRIVACY: 3},
    FEATURES: {SEARCH: 30, SYNC: 30, PRICING: 25, DOWNLOAD: 20, HOME: 5},
    SEARCH: {SYNC: 40, FEATURES: 10, PRICING: 25, DOWNLOAD: 25},
    SYNC: {SEARCH: 20, PRICING: 30, DOWNLOAD: 35, SERVERLESS: 10},
    PRICING: {DOWNLOAD: 45, FEATURES: 25, HOME: 20, PRIVACY: 5},
    DOWNLOAD: {PRICING: 20, HOME: 25, FEATURES: 20, BLOG: 10},
    THANKS: {BLOG: 50, HOME: 40},
    BLOG: {PLAIN_TEXT: 50, SERVERLESS: 45, HOME: 10},
    PLAIN_TEXT: {DOWNLOAD: 30, BLOG: 25, HOME: 30, SERVERLESS: 15},
    SERVERLESS: {SYNC: 40, BLOG: 20, HOME: 25, DOWNLOAD: 20},
    PRIVACY: {HOME: 50, DOWNLOAD: 20},
}
"""Where people go from a page, with weights; each is a link of that page or of its header."""

FILES = {
    DOWNLOAD: ("File Download", "/demo/download/lantern-manual.pdf"),
    PLAIN_TEXT: ("Outbound Link: Click", "https://commonmark.org/"),
}
"""Links of a page that lead to a file or away."""

LENGTHS = {1: 40, 2: 20, 3: 15, 4: 12, 5: 8, 6: 5}
PLANS = {"free": 70, "personal": 24, "team": 6}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where visits come from, and the pages that they enter by."""

    referrer: str
    weight: float
    entries: dict[str, float]
    query: str = ""


_FRONT = {HOME: 70.0, FEATURES: 10, PRICING: 8, DOWNLOAD: 12}
_SEARCHED = {HOME: 45.0, FEATURES: 15, SYNC: 12, PLAIN_TEXT: 12, DOWNLOAD: 16}
_READ = {PLAIN_TEXT: 50.0, SERVERLESS: 42, HOME: 8}

ORIGINS = (
    Origin("", 30, _FRONT),
    Origin("https://www.google.com/", 22, _SEARCHED),
    Origin("https://duckduckgo.com/", 6, _SEARCHED),
    Origin("https://www.bing.com/", 3, _SEARCHED),
    Origin("https://www.ecosia.org/", 1, _SEARCHED),
    Origin("https://news.ycombinator.com/", 5, _READ),
    Origin("https://lobste.rs/", 1.5, _READ),
    Origin("https://www.reddit.com/", 5, {SERVERLESS: 50, HOME: 40, DOWNLOAD: 10}),
    Origin("https://mastodon.social/", 3, _READ),
    Origin("https://chatgpt.com/", 4, {HOME: 50, FEATURES: 30, PRICING: 20}, "utm_source=chatgpt.com"),
    Origin("https://www.perplexity.ai/", 1, {HOME: 60, FEATURES: 40}),
    Origin("https://github.com/", 4, {DOWNLOAD: 50, HOME: 50}),
    Origin("https://en.wikipedia.org/", 1.5, {HOME: 100}),
    Origin("https://www.heise.de/", 1.5, {HOME: 80, SERVERLESS: 20}),
    Origin("https://www.youtube.com/", 1, {DOWNLOAD: 100}),
    Origin("", 4, {DOWNLOAD: 60, PLAIN_TEXT: 40}, "utm_source=newsletter&utm_medium=email&utm_campaign=november"),
    Origin("", 2, {DOWNLOAD: 100}, "utm_source=newsletter&utm_medium=email&utm_campaign=lantern-2.2"),
    Origin(
        "https://mastodon.social/",
        1.5,
        {PLAIN_TEXT: 100},
        "utm_source=mastodon&utm_medium=social&utm_campaign=plain-text",
    ),
    Origin("https://www.producthunt.com/", 1.5, {HOME: 100}, "ref=producthunt"),
    Origin("https://alternativeto.net/", 1, {HOME: 70, PRICING: 30}),
    # The long tail: pages that hardly anybody comes from.
    Origin("https://paper-and-ink.example/tools", 0.3, _FRONT),
    Origin("https://quiet-software.example/2026/notes", 0.3, _FRONT),
    Origin("https://forum.outliners.example/t/lantern", 0.3, _FRONT),
    Origin("https://links.studyroom.example/", 0.2, _FRONT),
)
_ORIGIN_WEIGHTS = tuple(origin.weight for origin in ORIGINS)

CRAWLERS = (
    ("66.249.66.{}", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    ("157.55.39.{}", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    ("20.171.207.{}", "Mozilla/5.0 (compatible; GPTBot/1.3; +https://openai.com/gptbot)"),
    ("54.36.148.{}", "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    ("18.116.24.{}", "python-requests/2.32.5"),
    (
        "3.135.190.{}",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/155.0.0.0 Safari/537.36",
    ),
)
"""Programs that run the scripts of pages: an address with its last octet open, and what they call themselves."""


READ = {PLAIN_TEXT, SERVERLESS, PRIVACY}
"""Pages that are read, to the end or not; the others are looked at."""

UNTOLD = 0.08
"""Share of pages whose engagement never arrives: browsers that were killed, batteries that died."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One submission of the beacon: seconds after the visit began, and its body."""

    after: float
    body: str


@dataclass(frozen=True, slots=True)
class Beacon:
    """What the beacon of one site writes into its submissions."""

    site: str
    host: str

    def hit(self, after: float, person: Person, path: str, name: str = "pageview", **further: Told) -> Hit:
        """Write one submission, as `logless.js` does."""
        body: dict[str, object] = {
            "n": name,
            "u": f"http://{self.host}{path}",
            "d": self.site,
            "h": False,
            "w": person.width,
            "l": person.language,
        }
        return Hit(after, _write(body | further))

    def walk(self, person: Person, chance: Random, rv: int | None = None) -> Iterator[Hit]:
        """Walk through the site as one visit: one to six views, what they are given, and the events they lead to.

        `rv` is the revisit class that the person comes with, or none where the browser stores nothing.
        """
        origin = chance.choices(ORIGINS, _ORIGIN_WEIGHTS)[0]
        page, after = _draw(origin.entries, chance), 0.0
        left = _draw(LENGTHS, chance)
        is_short = left == 1 and chance.random() < 0.6
        query = f"?{origin.query}" if origin.query else ""
        further: dict[str, Any] = {"r": origin.referrer}
        is_load = True
        while True:
            if is_load and rv is not None:
                further["rv"] = rv
                rv = 1
            address = page + query
            yield self.hit(after, person, address, **further)
            left -= 1
            stay = chance.uniform(1, 14) if is_short else _dwell(page, chance)
            deltas = _deltas(page, stay, chance)
            following = _draw(NEXT[page], chance)
            if left and page == DOWNLOAD and chance.random() < 0.6:
                yield self.hit(
                    after + stay,
                    person,
                    address,
                    "download",
                    p={"url": self._url(THANKS), "system": person.agent.system},
                )
                following = THANKS
            elif left and page == PRICING and chance.random() < 0.3:
                yield self.hit(after + stay, person, address, "signup", p={"plan": _draw(PLANS, chance)})
                stay += chance.uniform(2, 8)
            elif page in FILES and chance.random() < 0.06:
                yield self.hit(after + stay / 2, person, address, FILES[page][0], p={"url": self._url(FILES[page][1])})
            # A full load tells the page before late, sometimes very; a tab of the features tells it first.
            is_load = not (page.startswith(FEATURES) and following.startswith(FEATURES))
            for seconds, percent, at in deltas:
                late = chance.choice((0.5, 0.6, 0.9, 14)) if is_load and at == stay else 0
                yield self.hit(after + at + late, person, address, "engagement", e=1000 * seconds, sd=percent)
            if not left:
                return
            after += stay + 0.4
            further = {"r": f"http://{self.host}{address}"}
            page, query = following, ""

    def _url(self, place: str) -> str:
        return f"http://{self.host}{place}" if place.startswith("/") else place


def _draw(weights: Mapping[Choice, float], chance: Random) -> Choice:
    return chance.choices(tuple(weights), tuple(weights.values()))[0]


def _dwell(page: str, chance: Random) -> float:
    """Draw how long somebody stays, in seconds: articles are read longer, and nobody stays a quarter of an hour."""
    middle = 4.6 if page in READ else 3.3
    return min(max(chance.lognormvariate(middle, 0.8), 3.0), 900.0)


def _deltas(page: str, stay: float, chance: Random) -> list[tuple[int, int, float]]:
    """Draw what a page tells of a stay: engaged seconds and deepest percent, each with the second of it at which.

    Most stays are told once, at their end; some people turn to another tab in between.
    """
    if chance.random() < UNTOLD:
        return []
    engaged = stay * chance.uniform(0.45, 0.98)
    first = chance.randint(18, 55)
    reach = min(1.0, stay / 150) if page in READ else chance.random()
    deepest = min(100, round(first + (100 - first) * reach * chance.uniform(0.6, 1.2)))
    if chance.random() < 0.04:
        part = chance.uniform(0.2, 0.7)
        return [
            (round(engaged * part), first, stay * part),
            (round(engaged) - round(engaged * part), deepest, stay),
        ]
    return [(round(engaged), deepest, stay)]
