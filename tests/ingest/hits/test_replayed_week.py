"""A week of thousands of visits through `replay`, with a planned restart in the middle: every total is exact."""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hits_door import Door
from hits_tally import METRICS, Tally, Told, Totals
from test_visits import (
    AGENTS,
    FUNNELS,
    GOALS,
    LANGUAGES,
    PAGES,
    REFERRERS,
    SITES,
    UNTAGGED,
    ZONES,
    product_totals,
    written,
)

from collector.handover import Handover, read_handover, write_memory
from collector.operations import operations
from collector.pipeline import Pipeline
from collector.replay import Line, ReplayClock, replay
from ingest.boundary.address import Address
from ingest.counters.journal import Journal
from ingest.site import Profile

BEGIN = datetime(2026, 10, 26, 0, 0, tzinfo=UTC).timestamp()
"""A Monday; the week has the Sunday on which Europe and, a week later, America change their clocks."""
VISITS = 3_000
MANY_VISITS = 10_000
HELD_BACK = replace(SITES[0], id="held.example", hosts=("held.example",), profile=Profile.STANDARD)
NAMES = (*ZONES, HELD_BACK.id)


def people(chance: random.Random) -> list[tuple[tuple[str, str], dict[str, str]]]:
    """Return everybody who may come: address and agent, and what is told of them."""
    found = []
    for number in range(900):
        address = (
            f"{chance.choice((1, 5, 31, 62, 81, 85, 91, 109))}.{number % 13 + 1}.{number % 251}.{number // 251 + 1}"
        )
        agent = chance.choice(tuple(AGENTS))
        found.append(((address, agent), {"language": chance.choice(LANGUAGES), **AGENTS[agent]}))
    return found


def submissions(seed: int, countries: Any, visits: int = VISITS) -> Iterator[Told]:
    """Yield what was sent, in the order in which it arrives: engagement comes late, and in any order."""
    chance = random.Random(seed)
    everybody = people(chance)
    told: list[Told] = []
    for _ in range(visits):
        visitor, known = chance.choice(everybody)
        address = Address.read(visitor[0])
        source, referrer, channel = REFERRERS[chance.choice(tuple(REFERRERS))]
        first = {
            **known, **UNTAGGED, "source": source, "referrer": referrer, "channel": channel, "network": address.network,
            "country": address.country(countries) or "(unknown)", "screen": "(unknown)", "revisit": "(unknown)",
        }  # fmt: skip
        at, site = BEGIN + chance.randrange(7 * 86_400), chance.choice(NAMES)
        first |= {"host": site, "traffic": "odd headers"}  # a client that tells no Accept-Language
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            page = chance.choice(PAGES)
            told.append(Told(at, site, visitor, "pageview", page, first))
            if chance.random() < 0.6:
                told += [
                    Told(
                        at + chance.choice((5, 40, 300, 1_500, 1_900)), site, visitor, "engagement", page, first,
                        seconds=chance.randrange(120), scroll=chance.choice((None, 5, 60, 100)),
                    )
                    for _ in range(chance.choice((1, 1, 2)))
                ]  # fmt: skip
            if chance.random() < 0.2:
                props = (("plan", chance.choice(("free", "pro"))), ("signup:size", "7"))
                told.append(Told(at + 3, site, visitor, "signup", page, first, props=props))
            at += chance.choice((2, 20, 200, 1_000, 1_799))
    yield from sorted(told, key=lambda each: (each.at, chance.random()))


def line(told: Told) -> Line:
    agent = {"user-agent": told.visitor[1], "content-type": "text/plain"}
    body = msgspec.json.encode(written(told)).decode()
    return Line(datetime.fromtimestamp(told.at, UTC), told.visitor[0], "POST", "/api/event", agent, body)


class Restarting:
    """A pipeline that is another one after the restart: what the first knew goes through memory without a name."""

    def __init__(self, door: Door, folder: Path) -> None:
        self._door = door
        self._folder = folder
        self.clock = ReplayClock()
        self.handed: Handover | None = None
        self._begin(None)

    def _begin(self, handed: Handover | None) -> None:
        self.journal = Journal(self._folder / "journal")
        ledger = self._door.means.ledger(self.journal)
        batches = ledger.recall(self._door.sites, handed.days if handed is not None else None)
        # What the store has got is not written a second time: exactly once is the business of another test.
        assert not batches
        self.pipeline = Pipeline(self._door.means, ledger, self.clock, operations(self._door.settings, None, None))
        if handed is not None:
            self.pipeline.take_over(handed.keys, handed.visits, handed.heard, handed.watched)

    def restart(self, monkeypatch: pytest.MonkeyPatch, *, forgets: bool = False) -> None:
        ledger = self.pipeline.ledger
        ledger.flush()
        for batch in self._door.shipped:
            batch.done()
        ledger.settle()
        memory = write_memory(Handover.of(self.pipeline))
        ledger.close()
        # Not this process' own input: what is handed over as the line is not inherited any further.
        with socket.socket() as waiting:
            monkeypatch.setenv("LOGLESS_HANDED_OVER", f"{waiting.fileno()},{memory}")
            listening, handed = read_handover()
            assert listening == waiting.fileno()
        assert handed is not None
        assert handed.visits.visits, "nobody was there in the middle of the week"
        assert read_handover() == (None, None), "it could be read a second time"
        self.handed = handed
        self._begin(None if forgets else handed)

    @property
    def app(self) -> Any:
        return self.pipeline.app

    @property
    def ledger(self) -> Any:
        return self.pipeline.ledger

    def tick(self, *, eager: bool) -> None:
        self.pipeline.tick(eager=eager)

    def forget(self, closed: Any) -> None:
        self.pipeline.forget(closed)


@pytest.fixture
def memory() -> Iterator[Path]:
    folder = Path("/dev/shm") / f"logless-week-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    yield folder
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def play(
    memory: Path, monkeypatch: pytest.MonkeyPatch, visits: int, *, forgets: bool = False
) -> tuple[Door, dict[str, Tally]]:
    door = Door((*SITES, HELD_BACK))
    told = list(submissions(20_261_026, door.means.countries, visits))
    tally = {name: Tally(ZoneInfo(ZONES.get(name, "UTC")), goals=GOALS, funnels=FUNNELS) for name in NAMES}
    for each in told:
        tally[each.site].take(each)
    restarting = Restarting(door, memory)

    def lines() -> Iterator[Line]:
        for number, each in enumerate(told):
            if number == len(told) // 2:
                restarting.restart(monkeypatch, forgets=forgets)
            yield line(each)

    answers = asyncio.run(replay(lines(), restarting, restarting.clock))  # type: ignore[arg-type]
    assert answers == {202: len(told)}
    restarting.journal.close()
    return door, tally


@pytest.mark.parametrize("visits", [VISITS, pytest.param(MANY_VISITS, marks=pytest.mark.soak)])
def test_every_total_of_the_week_is_what_a_simple_count_says(
    visits: int, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, tally = play(memory, monkeypatch, visits)
    stays = [stay for each in tally.values() for stay in each.stays]
    assert len(stays) > 0.9 * visits
    assert sum(sum(each.late.values()) for each in tally.values()) > visits / 20
    for site in ZONES:
        expected = tally[site].totals()
        counted = product_totals(door, site)
        assert not [key for _, key in counted if key[0] == "mark"], "the day is marked as one whose keys were lost"
        known = {key[0] for _, key in expected}
        # Attributes that the simple count does not know must come to the same sums as every other.
        differing = {
            name: (counted.get(name), expected.get(name))
            for name in {*counted, *expected}
            if name[1][0] in known and counted.get(name) != expected.get(name)
        }
        assert differing == {}
        assert_sums_agree(counted)
    assert_sums_agree(product_totals(door, HELD_BACK.id))
    held, expected = product_totals(door, HELD_BACK.id), tally[HELD_BACK.id].totals()
    assert summed(held, "hours") == summed(expected, "hours")
    assert ("country", "(rare)") in {key for _, key in held}


def test_a_restart_that_forgets_counts_visitors_twice(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the handover the comparison above fails, in visitors and visits only."""
    door, tally = play(memory, monkeypatch, 2_000, forgets=True)
    more: Counter[str] = Counter()
    fewer: Counter[str] = Counter()
    for site in SITES:
        counted = product_totals(door, site.id)
        assert any(key[0] == "mark" for _, key in counted)
        more += summed(counted, "hours")
        fewer += summed(tally[site.id].totals(), "hours")
    assert more["visitors"] > fewer["visitors"]
    assert more["pageviews"] == fewer["pageviews"]
    assert more["events"] == fewer["events"]


def summed(totals: Totals, kind: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, key), amounts in totals.items():
        if key[0] == kind:
            found.update({metric: amount for metric, amount in amounts.items() if metric in METRICS})
    return found


def assert_sums_agree(totals: Totals) -> None:
    """Every attribute of visits comes to the visits of the totals, `(rare)` included: nothing is lost or doubled."""
    visits: defaultdict[str, int] = defaultdict(int)
    for (_, key), amounts in totals.items():
        visits[key[0]] += amounts.get("visits", 0)
    several = {"page", "event", "goal", "refused", "outbound", "download", "missing", "exit", "hours", "mark"}
    of_visits = {name for name in visits if name not in several and ":" not in name and "*" not in name}
    assert len(of_visits) >= 9
    assert {name: visits[name] for name in of_visits} == dict.fromkeys(of_visits, visits["hours"])
    pairs = {name for name in visits if "*" in name and not name.startswith(("page*", "goal*"))}
    assert {name: visits[name] for name in pairs} == dict.fromkeys(pairs, visits["hours"])


def test_the_week_is_one() -> None:
    times = [each.at for each in submissions(20_261_026, Door().means.countries)]
    assert all(before <= after for before, after in pairwise(times))
    assert len(times) > 2 * VISITS
