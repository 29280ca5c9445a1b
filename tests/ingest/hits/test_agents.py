"""User agents: what people's browsers are reduced to, what is dropped as a program, and that no text stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from hits_door import FIREFOX, NOON, Door, read_cases
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.hits.agents import UNKNOWN, Agents
from ingest.hits.bots import Bots


@dataclass(frozen=True)
class AgentCase:
    name: str
    agent: str
    browser: str
    system: str
    device: str


CASES = read_cases("agents.toml", AgentCase)
MARK = "zqxjkvbpygfw" + "-mark"  # in two parts: no line of this file may hold it


@pytest.fixture(scope="module")
def agents() -> Agents:
    return Agents()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_browser_is_reduced_to_classes(agents: Agents, case: AgentCase) -> None:
    agent = agents.read(case.agent)
    assert (agent.browser, agent.system, agent.device) == (case.browser, case.system, case.device)
    assert not agent.bot


def test_the_list_of_browsers_is_a_list_of_browsers() -> None:
    assert len({case.agent for case in CASES}) >= 25


def test_crawlers_are_dropped_by_their_own_words(agents: Agents) -> None:
    """Of the instances that the maintained list quotes at least 97 of 100 are; those that are not look like people."""
    instances = [text for entry in CRAWLER_USER_AGENTS_DATA for text in entry.get("instances", [])]
    assert len(instances) > 1_000
    missed = [text for text in instances if not agents.read(text).bot]
    assert len(missed) <= 0.03 * len(instances), missed


def test_every_pattern_of_the_list_could_be_compiled() -> None:
    bots = Bots()
    for entry in CRAWLER_USER_AGENTS_DATA:
        for text in entry.get("instances", [])[:1]:
            assert bots.match(text), entry["pattern"]


def test_no_user_agent_is_a_programs(agents: Agents) -> None:
    assert agents.read("").bot


@pytest.mark.parametrize(
    "text",
    [
        "bob@mail.example/1.0 CFNetwork/1490.0.4 Darwin/23.2.0",
        "Bobs Diary/3.1 (iPhone; iOS 17)",
        "Bobs Diary-iPhone/3.1 CFNetwork/1490",
        "Mozilla/5.0 HbbTV/1.5.1 (; Bobsdiary ;2014;)",
        "Bobsdiary Desktop 1.0 (Macintosh)",
    ],
)
def test_only_listed_families_are_told_whatever_is_written_in_the_agent(agents: Agents, text: str) -> None:
    """uap-core copies some families out of the text: what stands there may be anybody's."""
    assert "bob" not in repr(agents.read(text)).lower()


@given(st.text(max_size=600).map(lambda text: text.encode("utf-8", "replace").decode("latin-1")))
@example("x" * 10_000)
@example("Mozilla/5.0 (" + ";" * 5_000)
def test_no_text_raises_and_no_class_is_open(text: str) -> None:
    agent = _ONE.read(text)
    assert agent.device in {"desktop", "mobile", "tablet", "other"}
    for family in (agent.browser, agent.system):
        assert family == UNKNOWN or (len(family) < 30 and family.isascii())


_ONE = Agents()


def strings_with(mark: str) -> Iterator[str]:
    """Yield every string of this process that holds the mark, but for the mark itself."""
    gc.collect()
    for holder in gc.get_objects():
        yield from (text for text in _texts(holder, 3) if mark in text and text != mark)


def _texts(holder: object, depth: int) -> Iterator[str]:
    # CPython does not count the keys of a dict of strings among its referents.
    keys = list(holder) if isinstance(holder, dict) else []
    for held in (*keys, *gc.get_referents(holder)):
        if isinstance(held, str):
            yield held
        elif isinstance(held, bytes | bytearray):
            yield bytes(held).decode("latin-1")
        elif depth and not gc.is_tracked(held):
            yield from _texts(held, depth - 1)


def test_the_text_of_an_agent_is_in_no_object_once_its_day_is_over() -> None:
    door = Door()
    for number in range(3):
        door.hit(agent=f"{FIREFOX} {MARK} {number}")
    assert len(door.values("browser")) == 1
    # The control: while the day lasts, the memory of verdicts holds it, and this search sees it.
    assert list(strings_with(MARK))
    door.now = NOON + 15 * 3600
    door.pipeline.tick()
    assert door.shipped
    assert not list(strings_with(MARK))


def test_verdicts_are_remembered_within_a_bound_and_cut_at_512_characters() -> None:
    agents = Agents()
    agents._known.update((f"agent {number}", agents.read("Firefox")) for number in range(4_096))
    agents.read("one more")
    assert len(agents._known) == 1
    assert agents.read("a" * 512) is agents.read("a" * 512 + "Googlebot")
