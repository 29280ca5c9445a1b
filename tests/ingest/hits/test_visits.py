"""Visits: every total of days of random hits is what a simple count of the same hits says."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hits_door import FIREFOX, NOON, SITE, Door, countries, submission
from hits_tally import METRICS, Tally, Told, Totals

from ingest.boundary.address import Address
from ingest.counters.amounts import from_bytes, unpack
from ingest.counters.journal import Counted, Entry, Unjournaled
from ingest.hits.visit import MOST_PARTS
from ingest.site import Funnel, Goal, Profile, Site

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.4 Mobile/15E148 Safari/604.1"
)
AGENTS = {
    FIREFOX: {
        "browser": "Firefox", "browser_version": "Firefox 150", "system": "Linux", "system_version": "Linux",
        "device": "desktop",
    },
    CHROME: {
        "browser": "Chrome", "browser_version": "Chrome 147", "system": "Windows",
        "system_version": "Windows 10 or later", "device": "desktop",
    },
    IPHONE: {
        "browser": "Safari", "browser_version": "Safari 26", "system": "iOS", "system_version": "iOS 26",
        "device": "mobile",
    },
}  # fmt: skip
SCREENS = {None: "(unknown)", 360: "under 480", 1536: "1440 to 1919"}
REVISITS = {None: "(unknown)", 0: "new", 1: "this week", 2: "last four weeks", 3: "earlier"}
REFERRERS = {
    "": ("(direct)", "(direct)", "Direct"),
    "https://www.google.com/search?q=x": ("Google", "google.com", "Organic Search"),
    "https://forum.example/thread/9": ("forum.example", "forum.example", "Referral"),
}
UNTAGGED = {f"utm_{name}": "(none)" for name in ("source", "medium", "campaign", "content", "term")}
ADDRESSES = ("1.1.1.1", "8.8.8.8", "81.2.69.160", "81.2.70.1", "2001:4860:4860::8888", "2a02:8100::1", "203.0.113.4")
LANGUAGES = ("en", "de", "fr")
PAGES = ("/", "/pricing", "/blog/hello", "/blog/bye", "/download")
ZONES = {"utc.example": "UTC", "west.example": "America/New_York", "east.example": "Asia/Kolkata"}
GOALS = {"See prices": "/pricing", "Sign up": "signup"}
FUNNELS = {"Buy": ("/", "/pricing", "signup"), "Read": ("/blog/hello", "/blog/bye")}
PLANS = ("free", "pro")


def goal(name: str, deed: str) -> Goal:
    return Goal(name, page=deed) if deed.startswith("/") else Goal(name, event=deed)


SITES = tuple(
    Site(
        name, (name,), ZoneInfo(zone), Profile.PLAIN, pages=("/",), props=frozenset({"plan", "signup:size"}),
        goals=tuple(goal(*each) for each in GOALS.items()),
        funnels=tuple(Funnel(name, tuple(goal(deed, deed) for deed in steps)) for name, steps in FUNNELS.items()),
    )
    for name, zone in ZONES.items()
)  # fmt: skip
BEGIN = datetime(2026, 10, 31, 9, 0, tzinfo=UTC).timestamp()
"""The night that follows is the one in which New York has one hour twice."""


@dataclass
class Play:
    """Random hits of people who come, stay, leave and come back, and how they are put on the wire."""

    seed: int
    hits: int

    def requests(self) -> Iterator[tuple[float, list[tuple[tuple[str, str], list[Told]]]]]:
        """Yield moments, each with requests that arrive in one turn of the loop: who sends, and what."""
        chance = random.Random(self.seed)
        everybody = [(address, agent) for address in ADDRESSES for agent in AGENTS]
        here = chance.sample(everybody, 4)
        now = BEGIN
        made = 0
        while made < self.hits:
            now += chance.choice((0, 0, 1, 7, 30, 60, 90, 120, 180, 240, 420, 600, 1_799, 1_800, 1_801))
            if chance.random() < 0.1:
                here[chance.randrange(4)] = chance.choice(everybody)
            turn = []
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                visitor, site = chance.choice(here), chance.choice(tuple(ZONES))
                told = [self._told(chance, now, site, visitor) for _ in range(chance.choice((1, 1, 2, 4)))]
                made += len(told)
                turn.append((visitor, told))
            yield now, turn

    @staticmethod
    def _told(chance: random.Random, now: float, site: str, visitor: tuple[str, str]) -> Told:
        came_from = chance.choice(tuple(REFERRERS))
        source, referrer, channel = REFERRERS[came_from]
        address = Address.read(visitor[0])
        first = {
            **UNTAGGED, "source": source, "referrer": referrer, "channel": channel,
            "language": chance.choice(LANGUAGES),
            "country": address.country(countries()) or "(unknown)", "network": address.network, **AGENTS[visitor[1]],
            "screen": chance.choice(tuple(SCREENS.values())), "revisit": chance.choice(tuple(REVISITS.values())),
            # These clients tell no Accept-Language.
            "host": site, "traffic": "odd headers",
        }  # fmt: skip
        name = chance.choice(("pageview", "pageview", "engagement", "engagement", "signup", "scrolled"))
        plan = chance.choice(PLANS)
        props = (("plan", plan), ("signup:size", "7")) if name == "signup" else (("plan", plan),)
        return Told(
            at=now, site=site, visitor=visitor, name=name, page=chance.choice(PAGES), first=first,
            seconds=chance.choice((0, 1, 5, 9, 10, 60)), scroll=chance.choice((None, 0, 10, 55, 100)),
            interactive=name != "scrolled", props=props if name in {"signup", "scrolled"} else (),
        )  # fmt: skip


def written(told: Told) -> dict[str, Any]:
    """Return what a client sends for it."""
    came_from = next(url for url, (source, *_) in REFERRERS.items() if source == told.first["source"])
    body: dict[str, Any] = {
        "n": told.name, "d": told.site, "u": f"https://{told.site}{told.page}", "r": came_from,
        "l": told.first["language"],
        "w": next(width for width, name in SCREENS.items() if name == told.first["screen"]),
        "rv": next(rv for rv, name in REVISITS.items() if name == told.first["revisit"]),
    }  # fmt: skip
    if told.name == "engagement":
        body |= {"e": told.seconds * 1_000, "sd": 255 if told.scroll is None else told.scroll}
    if told.props:
        body["p"] = {"plan": told.props[0][1], "size": 7, "undeclared": "secret"}
    return body if told.interactive else {**body, "i": False}


async def drive(door: Door, play: Play, tallies: list[dict[str, Tally]]) -> None:
    for now, turn in play.requests():
        door.now = now
        door.pipeline.tick()
        answers = await asyncio.gather(
            *(
                door.send(json.dumps([written(t) for t in told]).encode(), "POST", "/api/event", *who)
                for who, told in turn
            )
        )
        assert {answer.status if answer else 0 for answer in answers} == {202}
        for _, told in turn:
            for each, tally in itertools.product(told, tallies):
                tally[each.site].take(each)


def product_totals(door: Door, site: str) -> Totals:
    """Return what the product wrote, as the tally would write it."""
    found: Totals = defaultdict(lambda: defaultdict(int))
    for batch in door.shipped:
        if batch.lot.owner != site:
            continue
        for key, amounts in batch.lot.cells.items():
            names = ("refused",) if key[0] == "refused" else METRICS
            for metric, amount in zip(names, amounts, strict=True):
                found[batch.lot.date, key][metric] += amount
    kept = {name: dict(amounts) for name, amounts in found.items()}
    return {name: amounts for name, amounts in kept.items() if any(amounts.values())}


@pytest.fixture(scope="module")
def played() -> tuple[Door, dict[str, Tally], dict[str, Tally]]:
    """Play some days to the product, to the tally, and to a tally that is wrong by a minute."""
    door = Door(SITES)
    tally = {name: Tally(ZoneInfo(zone), goals=GOALS, funnels=FUNNELS) for name, zone in ZONES.items()}
    wrong = {name: Tally(ZoneInfo(zone), 1_799, goals=GOALS, funnels=FUNNELS) for name, zone in ZONES.items()}
    asyncio.run(drive(door, Play(20_261_031, 3_500), [tally, wrong]))
    door.pipeline.forget(door.ledger.close_all())
    return door, tally, wrong


@pytest.mark.parametrize("site", ZONES)
def test_every_total_is_what_a_simple_count_says(played: tuple[Door, Any, Any], site: str) -> None:
    door, tally, _ = played
    counted, expected = product_totals(door, site), tally[site].totals()
    kinds = {key[0] for _, key in expected}
    assert kinds >= {"hours", "page", "event", "browser", "network", "refused", "page*source", "country*device"}
    assert kinds >= {"entry", "exit", "goal", "goal*source", "goal*entry", "funnel:Buy", "prop:plan"}
    assert len({day for day, _ in expected}) >= 3
    differing = {name: (counted.get(name), expected.get(name)) for name in {*counted, *expected}}
    assert {name: pair for name, pair in differing.items() if pair[0] != pair[1]} == {}


def test_the_play_has_in_it_what_the_comparison_is_for(played: tuple[Door, dict[str, Tally], Any]) -> None:
    _, tallies, _ = played
    stays = [stay for tally in tallies.values() for stay in tally.stays]
    past_midnight = [stay for stay in stays if any(hour == 23 != stay.hour for _, hour in stay.views)]
    assert len(stays) > 300
    assert past_midnight
    assert sum(sum(tally.late.values()) for tally in tallies.values()) > 100
    assert any(len(stay.views) > 1 and stay.told for stay in stays)
    assert any(not stay.views for stay in stays)


def test_a_count_that_is_wrong_by_a_second_is_caught(played: tuple[Door, Any, dict[str, Tally]]) -> None:
    door, _, wrong = played
    assert any(product_totals(door, site) != wrong[site].totals() for site in ZONES)


def test_no_total_of_a_day_is_ever_negative(played: tuple[Door, Any, Any]) -> None:
    door, _, _ = played
    for site in ZONES:
        for amounts in product_totals(door, site).values():
            assert min(amounts.values()) >= 0


def test_nothing_is_remembered_of_days_that_are_over(played: tuple[Door, Any, Any]) -> None:
    door, _, _ = played
    door.now += 3_600
    door.pipeline.tick()
    assert len(door.pipeline.visits) == 0
    assert len(door.pipeline.keys) == 0
    assert not door.pipeline.visits._firsts


def hours_of(door: Door, metric: str) -> dict[tuple[date, str], int]:
    index = METRICS.index(metric)
    found = {(day, key[1]): amounts[index] for (day, key), amounts in door.amounts().items() if key[0] == "hours"}
    return {name: amount for name, amount in found.items() if amount}


SATURDAY, SUNDAY = date(2026, 11, 21), date(2026, 11, 22)
MIDNIGHT = NOON + 12 * 3_600


def test_page_views_count_in_their_hour_and_past_midnight_in_the_last_of_the_day_that_the_visit_began_in() -> None:
    """Design, section 3: all belongs to the day in which the visit began, visits and visitors to its hour."""
    door = Door()
    for minutes in (-70, -50, -30, -10, 10, 30, 55, 80, 105):
        door.now = MIDNIGHT + minutes * 60
        door.pipeline.tick(eager=False)
        door.hit()
    assert hours_of(door, "visits") == {(SATURDAY, "22"): 1}
    assert hours_of(door, "visitors") == {(SATURDAY, "22"): 1}
    assert hours_of(door, "pageviews") == {(SATURDAY, "22"): 1, (SATURDAY, "23"): 8}
    # At two hours past midnight the day closes: what comes begins a visit of the new one.
    door.now = MIDNIGHT + 120 * 60
    door.pipeline.tick(eager=False)
    door.hit()
    assert hours_of(door, "pageviews")[SUNDAY, "2"] == 1
    assert hours_of(door, "visits")[SUNDAY, "2"] == 1


def test_a_visit_is_over_after_thirty_minutes_and_not_before() -> None:
    door = Door()
    door.hit()
    door.now += 1_799
    door.hit()
    assert sum(hours_of(door, "visits").values()) == 1
    door.now += 1_800
    door.hit()
    assert sum(hours_of(door, "visits").values()) == 2
    assert sum(hours_of(door, "visitors").values()) == 1


def test_engagement_that_comes_late_or_for_a_page_that_was_not_viewed_is_refused_as_late() -> None:
    door = Door()
    door.hit("https://example.org/a")
    door.hit("https://example.org/a", n="engagement", e=3_000)
    door.hit("https://example.org/b", n="engagement", e=3_000)
    assert door.refusals() == {"late": 1}
    door.now += 1_800
    before = door.amounts()
    door.hit("https://example.org/a", n="engagement", e=3_000)
    assert door.refusals() == {"late": 2}
    assert {**before, **door.amounts()} == {**before, (SATURDAY, ("refused", "late")): [2]}


def test_an_hour_in_front_of_one_page_is_a_forgotten_tab() -> None:
    door = Door()
    door.hit()
    door.hit(n="engagement", e=2**31 - 1, sd=101)
    assert sum(hours_of(door, "seconds").values()) == 3_600
    assert not hours_of(door, "scrolls")


def test_a_bounce_is_taken_back_when_the_visit_goes_on() -> None:
    for goes_on in ({"n": "pageview"}, {"n": "signup"}, {"n": "engagement", "e": 10_000}):
        door = Door()
        door.hit()
        assert hours_of(door, "bounces") == {(SATURDAY, "12"): 1}
        door.now += 60
        door.hit("https://example.org/", **goes_on)
        assert not hours_of(door, "bounces")
    door.hit(address="192.0.2.9")
    door.hit(address="192.0.2.9", n="engagement", e=9_400)
    door.hit(address="192.0.2.9", n="scrolled", i=False)
    assert hours_of(door, "bounces") == {(SATURDAY, "12"): 1}


@pytest.mark.parametrize("back", [60, 7_200, 26 * 3_600, 400 * 86_400])
def test_when_the_clock_jumps_back_the_newest_day_stays_and_nothing_is_lost(back: int) -> None:
    door = Door()
    door.now = MIDNIGHT + 30
    door.hit()
    door.now -= back
    door.hit("https://example.org/b")
    door.hit(address="192.0.2.9")
    door.pipeline.tick(eager=False)
    assert {day for day, _ in door.amounts()} == {SUNDAY}
    assert sum(hours_of(door, "pageviews").values()) == 3
    # The visit goes on: it was not thirty minutes ago, nor will it ever have been.
    assert hours_of(door, "visits") == {(SUNDAY, "0"): 2}


def test_browsers_of_one_sender_are_apart_and_days_are_unrelated() -> None:
    door = Door()
    for agent in (FIREFOX, CHROME):
        for _ in range(2):
            door.hit(agent=agent)
    assert sum(hours_of(door, "visitors").values()) == 2
    door.now += 86_400
    door.pipeline.tick(eager=False)
    door.hit()
    assert hours_of(door, "visitors")[SUNDAY, "12"] == 1


def test_what_is_journaled_are_integers_and_can_be_recalled() -> None:
    """A journal of msgpack tells True from 1, and would refuse its own record after a crash."""
    seen: list[Entry] = []

    class Recorder(Unjournaled):
        def append(self, entries: Any) -> None:
            seen.extend(entries)

    door = Door(journal=Recorder())
    door.hit()
    door.hit(n="signup")
    door.hit(n="engagement", e=5_000, sd=40)
    cells = [(key, told) for entry in seen if isinstance(entry, Counted) for told, keys in entry.groups for key in keys]
    assert len(cells) > 50
    # Journal and record again, as after a crash: what comes out is what went in.
    record = msgspec.msgpack.encode(seen)
    assert msgspec.msgpack.decode(record, type=list[Entry]) == seen
    views = sum(unpack(from_bytes(told), 8)[2] for key, told in cells if key == ("hours", "12"))
    assert views == 1


def test_one_visit_of_many_pages_costs_no_more_for_each_of_them() -> None:
    """What a turn folds is what changed in it, not all that the visit has seen; and no visit grows without end."""
    turns: list[int] = []

    class Recorder(Unjournaled):
        def append(self, entries: Any) -> None:
            counted = [entry for entry in entries if isinstance(entry, Counted)]
            turns.append(sum(len(keys) for entry in counted for _, keys in entry.groups))

    door = Door([replace(SITE, profile=Profile.PLAIN)], journal=Recorder())

    async def walk(pages: int) -> None:
        for number in range(pages):
            await door.send(submission(f"https://example.org/p/{number}"))
            await door.send(submission(f"https://example.org/p/{number}", n=f"event {number}"))

    asyncio.run(walk(1_000))
    (visit,) = door.pipeline.visits._open[SITE.id].values()
    assert len(visit.pages) == len(visit.parts) == MOST_PARTS + 1
    # Every attribute of the visit, the page with its pairs, the exit, and the one that it was before.
    assert max(turns[100:]) <= len(visit.tally.named) + len(visit.tally.waiting) + 8
    views = sum(amounts[2] for (_, key), amounts in door.amounts().items() if key[0] == "page")
    assert views == MOST_PARTS, "the rest is in the row (rare), which is written as the day closes"
    door.pipeline.forget(door.ledger.close_all())
    assert sum(door.shipped[-1].lot.cells["page", "(rare)"]) >= 500
    assert door.shipped[-1].lot.cells["page", "(rare)"][2] == 500


def test_events_are_withheld_when_their_name_is_somebodys() -> None:
    door = Door([replace(SITE, events=frozenset({"bob@mail.example"}))])
    door.hit(n="alice@mail.example")
    door.hit(n="bob@mail.example")
    door.hit(n="signup")
    assert set(door.values("event")) == {"(withheld)", "bob@mail.example", "signup"}


def test_visits_of_now_are_those_that_did_something_lately() -> None:
    door = Door()
    present = door.pipeline.visits.present
    assert present(SITE.id, door.now) == (0, 0)
    door.hit(address="198.51.100.7")
    door.now += 200
    door.hit(address="198.51.100.8")
    assert present(SITE.id, door.now) == (2, 2)
    door.now += 100
    assert present(SITE.id, door.now) == (1, 2)
    door.now += 1_500
    assert present(SITE.id, door.now) == (0, 1)
    assert present("other.example", door.now) == (0, 0)
    door.now += 200
    assert present(SITE.id, door.now) == (0, 0)
