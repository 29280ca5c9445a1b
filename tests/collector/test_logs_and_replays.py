"""What is counted of a log's lines is what is counted of the same submissions, sent live at the same times."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from collector_replays import Replay, catalogue, countries
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ingest.boundary.networks import Hosting
from ingest.counters.cells import Key
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Batch, Ledger
from ingest.hits.attributes import visit_attributes
from ingest.hits.logs.calendar import Calendar
from ingest.hits.logs.formats import format_of
from ingest.hits.logs.intake import Intake, Means
from ingest.hits.logs.told import Passed
from ingest.hits.traffic import HIGH_RATE
from ingest.site import Funnel, Goal, Profile, Site

SITE = Site(
    "example.org",
    ("example.org", "www.example.org"),
    timezone=ZoneInfo("Europe/Gibraltar"),
    profile=Profile.PLAIN,
    pages=("/", "/pricing", "/blog/*"),
    exclude=("/account/*",),
    params=frozenset({"q"}),
    own_networks=("81.9.0.0/16",),
    goals=(Goal("Buy", page="/pricing"), Goal("Lost", event="404")),
    funnels=(Funnel("Way", (Goal("Buy", page="/pricing"), Goal("Read", page="/blog/*"))),),
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"
)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HEADLESS = CHROME.replace("Chrome", "HeadlessChrome")
REFUSED = {BOT, HEADLESS, ""}
SPAM = "https://semalt.com/x"
EVENING = datetime(2026, 9, 6, 20, 50, tzinfo=UTC).timestamp()
"""A Sunday in Gibraltar, an hour and ten minutes before a day and a week end."""

ADDRESSES = ("81.2.3.4", "81.2.3.5", "82.7.0.9", "81.9.1.1", "2a02:6b8:1:2::3", "2a02:6b8:1:2::4", "10.0.0.1", "host")
AGENTS = (FIREFOX, CHROME, 'Mozilla/5.0 (X11) "quoted" \\ Firefox/150.0', *sorted(REFUSED))
TARGETS = (
    "/", "/pricing", "/blog/one", "/blog/two?q=logs&x=1", "/release-2.0", "/about.html", "/p%C5%99%C3%ADklad",
    "/account/7",
    "/?utm_source=letter&utm_campaign=may", "/u/jane@example.com/", "/wiki/Node.js", "/pricing?gclid=xyzzy",
    "/a\\b", "//evil",
)  # fmt: skip
PAGES = frozenset(TARGETS) - {"/wiki/Node.js"}
REFERRERS = (
    "-", "https://example.org/", "https://www.example.org/pricing", "https://www.google.com/search?q=secret", SPAM,
    "http://news.example.net/a?b=c", "android-app://com.example", "nonsense",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One line of a log."""

    at: float
    address: str
    agent: str
    target: str
    referrer: str = "-"
    status: int = 200

    def line(self) -> bytes:
        stamp = datetime.fromtimestamp(self.at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        target, referrer, agent = (_escaped(text) for text in (self.target, self.referrer, self.agent))
        request = f"GET {target} HTTP/1.1"
        return f'{self.address} - - [{stamp}] "{request}" {self.status} 512 "{referrer}" "{agent}"'.encode()

    def submission(self, *, counts: bool = True) -> dict[str, Any]:
        """Return what a beacon would have sent then; what counts nowhere is a question that only takes its time."""
        path = self.target.partition("?")[0]
        body: dict[str, Any] = {"n": "pageview", "d": SITE.id, "u": f"https://example.org{self.target}"}
        if self.status == 404:
            body |= {"n": "404", "p": {"path": path}}
        if self.referrer != "-":
            body["r"] = self.referrer
        return {
            "at": datetime.fromtimestamp(self.at, UTC).isoformat(),
            "ip": self.address,
            "method": "POST" if counts else "OPTIONS",
            "path": "/api/event",
            "headers": {"user-agent": self.agent, "content-type": "text/plain"},
            "body": json.dumps(body),
        }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "\\x22")


def submissions(requests: Sequence[Request], site: Site) -> list[dict[str, Any]]:
    """Translate a log: a missing page counts only of whoever has viewed one in the half hour before, that day."""
    viewed: dict[tuple[Any, ...], float] = {}
    found, clock = [], 0.0
    for request in requests:
        clock = max(clock, request.at)
        day = datetime.fromtimestamp(clock, site.timezone).date()
        who = (request.address, request.agent, day)
        if request.target not in PAGES:
            continue
        if request.status == 404:
            found.append(request.submission(counts=clock - viewed.get(who, -1e9) < 1800))
            continue
        found.append(request.submission())
        is_refused = request.agent in REFUSED or request.referrer == SPAM or "/account/" in request.target
        if not is_refused and not request.address.startswith("81.9."):
            viewed[who] = clock
    return found


Counts = dict[tuple[str, Key], list[int]]


def live(folder: Path, requests: Sequence[Request], site: Site) -> Counts:
    played = Replay(folder / "lines.jsonl", [site]).write(submissions(requests, site))
    assert set(played.run()) <= {202, 204}
    return {name: amounts for name, amounts in played.counts().items() if any(amounts)}


def imported(requests: Sequence[Request], site: Site) -> tuple[Counts, Intake]:
    shipped: list[Batch] = []
    ledger = Ledger(Unjournaled(), shipped.append, itertools.count(1))
    means = Means(countries(), Hosting(), catalogue(), visit_attributes(), frequent=HIGH_RATE)
    intake = Intake(site, format_of("combined"), ledger, Calendar(site.timezone, EVENING + 1e8), means)
    for request in requests:
        intake.take(request.line())
    intake.close()
    found: Counts = {}
    for batch in shipped:
        for key, amounts in batch.lot.cells.items():
            name = batch.lot.date.isoformat(), key
            found[name] = [a + b for a, b in zip(found.get(name, [0] * len(amounts)), amounts, strict=True)]
    return {name: amounts for name, amounts in found.items() if any(amounts)}, intake


gaps = st.sampled_from([-3.0, 0.0, 1.0, 20.0, 59.0, 61.0, 600.0, 1_799.0, 1_800.0, 4_000.0, 30_000.0])
people = st.builds(
    Request,
    at=gaps,
    address=st.sampled_from(ADDRESSES),
    agent=st.sampled_from(AGENTS),
    target=st.sampled_from(TARGETS),
    referrer=st.sampled_from(REFERRERS),
    status=st.sampled_from([200, 200, 200, 304, 404]),
)


def timed(steps: Sequence[Request]) -> list[Request]:
    moments = itertools.accumulate((step.at for step in steps), initial=EVENING)
    return [replace(step, at=moment) for step, moment in zip(steps, itertools.islice(moments, 1, None), strict=True)]


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(steps=st.lists(people, min_size=30, max_size=60))
def test_a_log_and_its_submissions_come_to_the_same_cells(tmp_path_factory: Any, steps: list[Request]) -> None:
    requests = timed(steps)
    counts, intake = imported(requests, SITE)
    assert counts == live(tmp_path_factory.getbasetemp(), requests, SITE)
    assert intake.lines == len(requests)
    assert intake.lines == intake.views + intake.missing + intake.passed.total() + intake.refused.total()


def crowd(seed: int) -> list[Request]:
    """Draw three days of sixty people from many networks, who share some pages and not others."""
    drawn = random.Random(seed)
    at, found = EVENING, []
    for _ in range(1_200):
        at += drawn.expovariate(1 / 200)
        n = drawn.randrange(60)
        targets = (*TARGETS, f"/blog/{drawn.randrange(40)}", f"/own/{n}")
        found.append(
            Request(
                round(at),
                f"81.{n % 40 + 10}.2.{n}",
                drawn.choice((FIREFOX, CHROME, CHROME, BOT)),
                drawn.choice(targets),
                drawn.choice(REFERRERS),
                drawn.choice((200, 200, 200, 404)),
            )
        )
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_what_too_few_share_is_rare_in_both(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    site = replace(SITE, profile=Profile.STANDARD)
    monkeypatch.setattr("test_logs_and_replays.PAGES", _AnyPage())
    requests = crowd(seed)
    counts, _ = imported(requests, site)
    wanted = live(tmp_path, requests, site)
    assert without_exits(counts) == without_exits(wanted)
    assert ("2026-09-07", ("page", "/blog/one")) in counts
    assert not [key for _, key in counts if str(key[1]).startswith("/own/")], "a page of one person has no name"
    # A live visit shows each page that it is on for a moment as its exit; an import only that which it was left from.
    assert exits(counts) <= exits(wanted)
    assert sum(n for n in exit_visits(counts)) == sum(n for n in exit_visits(wanted))


class _AnyPage(frozenset[str]):
    """Every target of the crowd is a page but one."""

    def __contains__(self, target: object) -> bool:
        return target != "/wiki/Node.js"


def without_exits(counts: Counts) -> Counts:
    return {name: amounts for name, amounts in counts.items() if name[1][0] != "exit"}


def exits(counts: Counts) -> set[tuple[str, Key]]:
    return {name for name in counts if name[1][0] == "exit"}


def exit_visits(counts: Counts) -> list[int]:
    return [amounts[1] for name, amounts in counts.items() if name[1][0] == "exit"]


@pytest.mark.parametrize(
    "change",
    [{"target": "/"}, {"agent": FIREFOX}, {"address": "90.1.2.3"}, {"referrer": "-"}, {"status": 404}],
    ids=["target", "agent", "address", "referrer", "status"],
)
def test_one_line_that_is_counted_otherwise_is_seen(tmp_path: Path, change: dict[str, Any]) -> None:
    """The control: the comparison above would find a single line that is read wrongly."""
    requests = [
        Request(EVENING, "81.2.3.4", CHROME, "/pricing", "https://www.google.com/"),
        Request(EVENING + 40, "81.2.3.4", CHROME, "/blog/one", "https://news.example.net/"),
    ]
    wanted = live(tmp_path, requests, SITE)
    assert imported(requests, SITE)[0] == wanted
    assert imported([replace(requests[0], **change), requests[1]], SITE)[0] != wanted


def test_a_sender_who_is_too_fast_is_of_high_rate_in_both(tmp_path: Path) -> None:
    fast = [Request(EVENING + n // 4, "81.2.3.4", f"{CHROME} {n}", "/") for n in range(HIGH_RATE + 30)]
    counts, _ = imported(fast, SITE)
    assert counts == live(tmp_path, fast, SITE)
    assert ("2026-09-06", ("traffic", "high rate")) in counts


def test_strangers_who_ask_for_what_is_not_there_are_nobody(tmp_path: Path) -> None:
    lines = [Request(EVENING + n, f"81.2.3.{n}", CHROME, f"/wp-{n}.php", status=404) for n in range(9)]
    counts, intake = imported(lines, SITE)
    assert counts == {}
    assert intake.passed == {Passed.STRAY: 9}
