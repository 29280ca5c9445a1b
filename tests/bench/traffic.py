"""The requests that are sent, made beforehand so that the generator of load costs nothing to speak of.

Everybody here is invented. Each request knows how many views and events it brings, so that what was counted can be
held against what was sent: a fast drop is no speed.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from running import KEY

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
    "https://www.reddit.com/r/privacy/", "https://t.co/x",
    *(f"https://blog{number}.example/post" for number in range(60)),
)  # fmt: skip
_WIDTHS: Final = (360, 390, 412, 768, 1280, 1440, 1920, 2560)
_BLOCKS: Final = (31, 62, 77, 81, 82, 85, 88, 91, 94, 109, 151, 176, 188, 193, 212, 217)


@dataclass(frozen=True, slots=True)
class Submission:
    """One request: from whom, how it is written, and how many views and events it brings."""

    address: str
    agent: str
    language: str
    body: bytes
    counts: int
    path: str = ""
    encoding: str = ""

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
            ("X-Sentry-Auth", f"Sentry sentry_version=7, sentry_key={KEY}"),
            ("Content-Encoding", self.encoding),
            ("Content-Length", str(len(self.body))),
        ]

    def write(self, path: str, *, closing: bool = False) -> bytes:
        """Return the request as it goes over the wire; one without a body asks for its own path."""
        wanted = {"X-Sentry-Auth": "/envelope/" in path, "Content-Encoding": bool(self.encoding)}
        sent = [(name, value) for name, value in self.headers() if wanted.get(name, True)]
        if self.path:
            method, path = "GET", self.path
        else:
            method = "POST"
        if closing:
            sent.append(("Connection", "close"))
        head = "".join(f"{name}: {value}\r\n" for name, value in sent)
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + self.body


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
    counts = int(fields["n"] != "engagement")
    return Submission(person.address, person.agent, person.language, json.dumps(told).encode(), counts)


def batches(size: int = 20) -> list[Submission]:
    """Return the same in batches, as a client sends them that has been offline: each of one person."""
    chance = random.Random(SEED + 2)
    made = []
    for person in people(600):
        visit = _visit(person, chance)
        parts = [next(visit) for _ in range(size)]
        body = b"[" + b",".join(part.body for part in parts) + b"]"
        counts = sum(part.counts for part in parts)
        made.append(Submission(person.address, person.agent, person.language, body, counts))
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


def trackers() -> list[Submission]:
    """Return page views as Matomo's script sends them, in the query of a request without a body."""
    chance = random.Random(SEED + 4)
    made = []
    for person in people():
        page = quote(f"https://{SITE}{_page(chance)}", safe="")
        query = f"idsite=1&rec=1&url={page}&urlref={quote(person.referrer, safe='')}&res={person.width}x900&h=9&m=1&s=2"
        made.append(Submission(person.address, person.agent, person.language, b"", 1, f"/matomo.php?{query}"))
    return made


def crash(number: str) -> bytes:
    """Return an envelope of about 24 KB: 17 frames, 60 modules, 40 breadcrumbs. `number` makes it one of its own."""
    frames = [
        {
            "function": f"handle_{index}", "module": f"vpn.tunnel.part_{index}", "filename": f"/opt/vpn/part_{index}.py",
            "abs_path": f"/opt/vpn/lib/python3/site-packages/vpn/part_{index}.py", "lineno": 10 + index,
            "in_app": index % 3 > 0, "context_line": "    return self.socket.send(packet, flags)",
            "pre_context": ["    # the tunnel is up"] * 3, "post_context": ["", "def close(self):"],
            "vars": {"packet": "b'" + "x" * 80 + "'", "self": "<Tunnel at 0x7f0000000000>"},
        }
        for index in range(17)
    ]  # fmt: skip
    crumbs = [
        {"timestamp": 1764000000 + index, "category": "net", "level": "info", "type": "http",
         "message": f"GET https://api.example/v1/servers/{index} took {index * 7} ms",
         "data": {"url": f"https://api.example/v1/servers/{index}", "status_code": 200}}
        for index in range(40)
    ]  # fmt: skip
    event = {
        "event_id": f"{number:0>8}{'0' * 24}"[:32], "platform": "python", "level": "error", "release": "vpn@2.14.0",
        "environment": "production", "timestamp": 1764000000.5, "server_name": "host",
        "exception": {"values": [{"type": "TunnelError", "value": "no route",
                                  "mechanism": {"type": "generic", "handled": False},
                                  "stacktrace": {"frames": frames}}]},
        "modules": {f"package-{index}": f"1.{index}.0" for index in range(60)},
        "breadcrumbs": {"values": crumbs},
        "contexts": {"os": {"name": "Linux", "version": "6.1"}, "runtime": {"name": "CPython", "version": "3.11.7"},
                     "device": {"model": "ThinkPad", "arch": "x86_64", "memory_size": 16 << 30}},
    }  # fmt: skip
    body = json.dumps(event).encode()
    head = json.dumps({"event_id": event["event_id"]}).encode()
    return b"%b\n%b\n%b\n" % (head, json.dumps({"type": "event", "length": len(body)}).encode(), body)


def crashes(*, packed: bool, first: int = 0, count: int = 1) -> list[Submission]:
    """Return crash reports of different people. Packed ones are told apart beforehand, others by the generator."""
    return [
        Submission(
            person.address if packed else MARK,
            "sentry.python/2.75.0",
            "en",
            gzip.compress(crash(f"{first + index:08}"), 6) if packed else crash(MARK),
            1,
            "",
            "gzip" if packed else "",
        )
        for index, person in enumerate((people() * (count // PEOPLE + 1))[:count])
    ]
