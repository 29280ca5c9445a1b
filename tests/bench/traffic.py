"""The requests that are sent, made beforehand so that the generator of load costs nothing to speak of.

Everybody here is invented. Amounts are such that what was counted can be held against what was sent: an engagement
tells one second, so that views, events and seconds together are the submissions that were counted.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SITE: Final = "example.org"
SEED: Final = 20261125
PEOPLE: Final = 3_000
PAGES: Final = 800
LENGTH: Final = 12_000
"""Submissions of ordinary traffic, after which the same people do the same again."""

_FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
_WINDOWS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Safari/537.36"
)
_ANDROID: Final = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Mobile Safari/537.36"
)
_MAC: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{0}.1 Safari/605.1.15"
_IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_{0} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.{0} Mobile/15E148 Safari/604.1"
_AGENTS: Final = (
    *(_WINDOWS.format(major) for major in range(130, 142)),
    *(_ANDROID.format(major) for major in range(130, 142)),
    *(_FIREFOX.format(major) for major in range(138, 146)),
    *(_MAC.format(major) for major in range(16, 19)),
    *(_IPHONE.format(minor) for minor in range(7)),
)
_LANGUAGES: Final = ("en-GB,en;q=0.5", "de-DE,de;q=0.8,en;q=0.5", "fr", "sv-SE,sv;q=0.7", "es-ES,es;q=0.8", "ja")
_REFERRERS: Final = (
    "", "", "", "https://www.google.com/", "https://duckduckgo.com/", "https://news.ycombinator.com/item?id=7",
    "https://www.reddit.com/r/privacy/", "https://t.co/x", *(f"https://blog{number}.example/post" for number in range(60)),
)  # fmt: skip
_WIDTHS: Final = (360, 390, 412, 768, 1280, 1440, 1920, 2560)
_BLOCKS: Final = (31, 62, 77, 81, 82, 85, 88, 91, 94, 109, 151, 176, 188, 193, 212, 217)


@dataclass(frozen=True, slots=True)
class Submission:
    """One request: from whom, how it is written, and how many of what it sends are views, events and seconds."""

    address: str
    agent: str
    language: str
    body: bytes
    counts: int = 1

    def headers(self) -> list[tuple[str, str]]:
        """Return what a browser sends along, ten headers of it."""
        return [
            ("Host", SITE),
            ("User-Agent", self.agent),
            ("Accept", "*/*"),
            ("Accept-Language", self.language),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("Content-Type", "text/plain"),
            ("Origin", f"https://{SITE}"),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Site", "same-origin"),
            ("X-Forwarded-For", self.address),
            ("Content-Length", str(len(self.body))),
        ]

    def write(self, path: str) -> bytes:
        """Return the request as it goes over the wire."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + self.body


@dataclass(frozen=True, slots=True)
class Person:
    """Who comes to the site."""

    address: str
    agent: str
    language: str
    width: int
    referrer: str


def people(count: int = PEOPLE) -> list[Person]:
    """Return people, the same in every run."""
    chance = random.Random(SEED)
    return [
        Person(
            f"{chance.choice(_BLOCKS)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}",
            chance.choice(_AGENTS),
            chance.choice(_LANGUAGES),
            chance.choice(_WIDTHS),
            chance.choice(_REFERRERS),
        )
        for _ in range(count)
    ]


def ordinary(length: int = LENGTH) -> list[Submission]:
    """Return what people do: they come, read pages, leave them, and now and then something happens there.

    A view is followed by its engagement or by an event. Visits of different people run side by side.
    """
    chance = random.Random(SEED + 1)
    doing = [_visit(person, chance) for person in people()]
    made: list[Submission] = []
    while len(made) < length:
        made += [next(visit) for visit in doing]
    return made[:length]


def _visit(person: Person, chance: random.Random) -> Iterator[Submission]:
    referrer = person.referrer
    while True:
        page = f"https://{SITE}{_page(chance)}"
        yield _of(person, {"n": "pageview", "u": page, "r": referrer})
        referrer = page
        if chance.random() < 0.25:
            yield _of(person, {"n": "Download", "u": page})
        yield _of(person, {"n": "engagement", "u": page, "e": 1000, "sd": chance.randrange(10, 101)})


def _page(chance: random.Random) -> str:
    """Return a page: few are read by many, many by few."""
    rank = min(int(PAGES * chance.random() ** 3), PAGES - 1)
    return "/" if rank == 0 else f"/blog/{rank}" if rank % 2 else f"/guide/chapter-{rank}"


def _of(person: Person, fields: dict[str, object]) -> Submission:
    told = {"d": SITE, "l": person.language[:5], "w": person.width, "rv": 0, **fields}
    return Submission(person.address, person.agent, person.language, json.dumps(told).encode())


def batches(size: int = 20) -> list[Submission]:
    """Return the same in batches, as a client sends them that has been offline: each of one person."""
    chance = random.Random(SEED + 2)
    made = []
    for person in people(600):
        visit = _visit(person, chance)
        parts = [next(visit) for _ in range(size)]
        body = b"[" + b",".join(part.body for part in parts) + b"]"
        made.append(Submission(person.address, person.agent, person.language, body, size))
    return made


MARK: Final = "00000000"
"""Where the generator writes its running number."""


def worst() -> list[Submission]:
    """Return requests in which visitor, page and referrer are another each time: the generator writes a number in."""
    chance = random.Random(SEED + 3)
    made = []
    for person in people(500):
        fields = {"n": "pageview", "u": f"https://{SITE}/p/x{MARK}", "r": f"https://ref{MARK}.example/"}
        made.append(_of(Person(MARK, person.agent, person.language, person.width, ""), fields))
    chance.shuffle(made)
    return made
