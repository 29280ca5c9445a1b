"""Makes a web server's log in the combined format, always the same one, and tells what is in it.

Ordinary traffic of a site of some thousand visits a day: three lines in ten are page views of people, half are files
that pages load, the rest are crawlers, missing pages, redirects and forms. Nobody's visit passes midnight UTC.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
HOST = "example.org"

_CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
_MOBILE = (
    "Mozilla/5.0 (Linux; Android {}; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Mobile Safari/537.36"
)
_SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {0}_{1} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/{0}.{1} Mobile/15E148 Safari/604.1"
)
_FIREFOX = "Mozilla/5.0 ({}; rv:{}.0) Gecko/20100101 Firefox/{}.0"
_DESKTOPS = ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")
_BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "curl/8.5.0",
    "python-requests/2.32.3",
)
_ENDINGS = ("css", "js", "png", "webp", "svg", "woff2", "jpg", "ico")
_SITES = (
    "https://www.google.com/", "https://www.bing.com/", "https://duckduckgo.com/", "https://news.ycombinator.com/",
    "https://www.reddit.com/", "https://t.co/", "https://chatgpt.com/", "https://github.com/",
)  # fmt: skip


@dataclass
class Made:
    """What a log is made of: page views of people, visits and visitors by ISO date, and the other lines by kind."""

    lines: int = 0
    pageviews: Counter[str] = field(default_factory=Counter)
    visits: Counter[str] = field(default_factory=Counter)
    visitors: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)


def agents() -> list[str]:
    """Return browsers, the commonest first: most people have one of the last versions."""
    found = [_CHROME.format(_DESKTOPS[0], version) for version in range(150, 120, -1)]
    found += [_MOBILE.format(system, version) for version in range(150, 130, -1) for system in (16, 15, 14, 10)]
    found += [_SAFARI.format(major, minor) for major in (26, 18, 17) for minor in range(6)]
    found += [_CHROME.format(desktop, version) for desktop in _DESKTOPS[1:] for version in range(150, 135, -1)]
    found += [_FIREFOX.format(desktop, version, version) for desktop in _DESKTOPS for version in range(150, 135, -1)]
    return found


def write_log(path: Path, lines: int, *, days: int = 30, seed: int = 6) -> Made:
    """Write about that many lines over some days and return what they are."""
    made = Made()
    traffic = _Traffic(random.Random(seed))
    with path.open("wb") as file:
        for number in range(days):
            wanted = (lines - made.lines) // (days - number)
            day = sorted(traffic.day(BEGIN + timedelta(days=number), wanted, made), key=lambda entry: entry[0])
            file.write("".join(text for _, text in day).encode())
            made.lines += len(day)
    return made


class _Traffic:
    """Draws a day's lines."""

    def __init__(self, drawn: random.Random) -> None:
        self._random = drawn
        self._agents = agents()
        self._by_rank = list(accumulate(1 / (rank + 3) for rank in range(len(self._agents))))
        words = ("pricing", "features", "download", "about", "contact", "support")
        self._pages = ["/", *(f"/{word}" for word in words), *(f"/blog/article-{number}" for number in range(800))]
        self._by_page = list(accumulate(1 / (rank + 2) for rank in range(len(self._pages))))
        self._referrers = [*_SITES, *(f"https://site-{number}.example.net/links/{number}" for number in range(400))]
        self._by_site = list(accumulate(1 / (rank + 1) for rank in range(len(self._referrers))))
        self._crawlers = [self._address() for _ in range(300)]
        self._files = [f"/static/{number}.{_ENDINGS[number % len(_ENDINGS)]}" for number in range(240)]

    def day(self, begin: datetime, wanted: int, made: Made) -> Iterator[tuple[float, str]]:
        """Yield lines with their times, in no order."""
        drawn, date, count = self._random, begin.date().isoformat(), 0
        known: dict[str, float] = {}
        while count < wanted:
            kind = drawn.random()
            if kind < 0.5:
                for entry in self._visit(begin, made, date, known):
                    count += 1
                    yield entry
            else:
                count += 1
                yield self._other(begin, kind, made)
        made.visitors[date] += len(known)

    def _visit(self, begin: datetime, made: Made, date: str, known: dict[str, float]) -> Iterator[tuple[float, str]]:
        drawn = self._random
        agent = drawn.choices(self._agents, cum_weights=self._by_rank)[0]
        second = 3_600.0 + drawn.betavariate(3, 2) * 75_000
        address = self._address()
        while address in known:  # one address, one visit: so the truth is simple
            address = self._address()
        known[address] = second
        made.visits[date] += 1
        referrer = drawn.choices(self._referrers, cum_weights=self._by_site)[0] if drawn.random() < 0.6 else "-"
        for view in range(min(8, int(drawn.expovariate(0.45)) + 1)):
            page = drawn.choices(self._pages, cum_weights=self._by_page)[0]
            target = page
            if view == 0 and drawn.random() < 0.08:
                target = f"{page}?utm_source=newsletter&utm_campaign=week-{drawn.randrange(9)}"
            made.pageviews[date] += 1
            yield second, self._line(address, begin, second, "GET", target, 200, referrer, agent)
            referrer = f"https://{HOST}{page}"
            for _ in range(drawn.choice((8, 5, 3, 1, 0)) if view == 0 else drawn.choice((2, 1, 1, 0))):
                made.others["asset"] += 1
                status = drawn.choice((200, 200, 304))
                second += drawn.random()
                yield (
                    second,
                    self._line(address, begin, second, "GET", drawn.choice(self._files), status, referrer, agent),
                )
            if drawn.random() < 0.03:
                made.others["missing"] += 1
                second += 1
                yield second, self._line(address, begin, second, "GET", "/gone/page", 404, referrer, agent)
            second += 5 + drawn.expovariate(1 / 60) % 900

    def _other(self, begin: datetime, kind: float, made: Made) -> tuple[float, str]:
        drawn = self._random
        second = drawn.random() * 86_399
        address = drawn.choice(self._crawlers)
        agent = drawn.choice(_BOTS)
        if kind < 0.82:
            made.others["bot"] += 1
            page = drawn.choices(self._pages, cum_weights=self._by_page)[0]
            return second, self._line(address, begin, second, "GET", page, 200, "-", agent)
        if kind < 0.91:
            made.others["stray"] += 1
            return second, self._line(address, begin, second, "GET", f"/wp-{drawn.randrange(99)}.php", 404, "-", agent)
        method, status = drawn.choice((("POST", 200), ("HEAD", 200), ("GET", 301), ("GET", 500)))
        made.others["method" if method != "GET" else "status"] += 1
        return second, self._line(address, begin, second, method, "/form", status, "-", agent)

    def _address(self) -> str:
        drawn = self._random
        if drawn.random() < 0.2:
            groups = ":".join(f"{drawn.randrange(1, most):x}" for most in (400, 9_999))
            return f"2a0{drawn.randrange(9)}:{groups}::{drawn.randrange(1, 9_999):x}"
        return f"{drawn.randrange(80, 95)}.{drawn.randrange(60)}.{drawn.randrange(256)}.{drawn.randrange(1, 255)}"

    def _line(
        self,
        address: str,
        begin: datetime,
        second: float,
        method: str,
        target: str,
        status: int,
        referrer: str,
        agent: str,
    ) -> str:
        clock = f"{int(second) // 3600:02}:{int(second) % 3600 // 60:02}:{int(second) % 60:02}"
        stamp = f"{begin:%d/%b/%Y}:{clock} +0000"
        size = self._random.randrange(200, 40_000)
        return f'{address} - - [{stamp}] "{method} {target} HTTP/1.1" {status} {size} "{referrer}" "{agent}"\n'
