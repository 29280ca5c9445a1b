"""User agents: what people's browsers are reduced to, what is dropped as a program, and that no text stays."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import npm
import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from hits_door import FIREFOX, NOON, Door, read_cases
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.hits.agents import _BROWSER_NAMES, UNHINTED, UNKNOWN, Agent, Agents
from ingest.hits.bots import Bots
from ingest.hits.hints import HEADERS
from ingest.hits.versions import OR_LATER


@dataclass(frozen=True)
class AgentCase:
    name: str
    agent: str
    browser: str
    browser_version: str
    system: str
    system_version: str
    device: str
    hints: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert set(self.hints) <= {name.decode() for name in HEADERS}, sorted(self.hints)

    @property
    def sent_hints(self) -> tuple[bytes, ...]:
        return tuple(self.hints.get(name.decode(), "").encode() for name in HEADERS)


@dataclass(frozen=True)
class UapCase:
    """What uap-core says of a user agent."""

    family: str
    major: str
    text: str


CASES = read_cases("agents.toml", AgentCase)
HERE = Path(__file__).parent
MARK = "zqxjkvbpygfw" + "-mark"  # in two parts: no line of this file may hold it


@pytest.fixture(scope="module")
def agents() -> Agents:
    return Agents()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_browser_is_reduced_to_classes(agents: Agents, case: AgentCase) -> None:
    agent = agents.read(case.agent, case.sent_hints)
    assert (agent.browser, agent.browser_version) == (case.browser, case.browser_version)
    assert (agent.system, agent.system_version) == (case.system, case.system_version)
    assert agent.device == case.device
    assert not agent.bot
    assert not agent.headless


def test_the_list_of_browsers_is_a_list_of_browsers() -> None:
    assert len({case.agent for case in CASES}) >= 25


def is_dropped(agent: Agent) -> bool:
    return agent.bot or agent.headless


def test_crawlers_are_dropped_by_their_own_words(agents: Agents) -> None:
    """Of the instances that the maintained list quotes at least 97 of 100 are; those that are not look like people."""
    instances = [text for entry in CRAWLER_USER_AGENTS_DATA for text in entry.get("instances", [])]
    assert len(instances) > 1_000
    missed = [text for text in instances if not is_dropped(agents.read(text))]
    assert len(missed) <= 0.03 * len(instances), missed


@pytest.mark.node
def test_no_browser_of_a_list_that_was_made_of_peoples_visits_is_dropped(agents: Agents) -> None:
    folder = npm.install(HERE / "people")
    if isinstance(folder, str):
        pytest.skip(folder)
    profiles = json.loads((folder / "node_modules/user-agents/dist/user-agents.json").read_bytes())
    texts = sorted({profile["userAgent"] for profile in profiles})
    assert len(texts) > 500
    print("browsers of people:", len(texts))  # noqa: T201  `pytest -s` shows the figures
    assert [text for text in texts if is_dropped(agents.read(text))] == []
    # What they say of themselves: a phone is no desktop, and all but a few have a name.
    wrong = sum(
        (profile["deviceCategory"] == "desktop") != (agents.read(profile["userAgent"]).device == "desktop")
        for profile in profiles
    )
    assert wrong < 0.01 * len(profiles)
    assert sum(agents.read(text).browser == UNKNOWN for text in texts) < 0.01 * len(texts)


def uap_cases() -> list[UapCase]:
    lines = (HERE / "vectors" / "uap_core.tsv").read_text().splitlines()
    return [UapCase(*line.split("\t")) for line in lines if not line.startswith("# ")]


def verdict(agents: Agents, case: UapCase) -> str:
    """Say how what is told of a user agent compares with what uap-core says of it."""
    agent = agents.read(case.text)
    named = _BROWSER_NAMES.get(case.family, case.family)
    if agent.browser == named:
        # 05 is 5.
        is_same = agent.browser_version == (case.major.lstrip("0") or case.major[:1])
        return "right" if is_same else "without its version" if not agent.browser_version else "wrong version"
    if agent.browser != UNKNOWN:
        return "wrong family"
    return "copied from the text" if case.family not in agents._browsers else "not recognised"


def test_families_and_majors_are_uap_cores(agents: Agents) -> None:
    """Of uap-core's own cases nothing is told wrong, and what can be told is right in 99 of 100.

    Counted are the cases that are not dropped as programs. A family that uap-core copies out of the text (an app's
    own name) is never told: such a case is right when it is `(unknown)`, and is counted apart.
    """
    cases = uap_cases()
    assert len(cases) == 1_425
    of_people = [case for case in cases if not is_dropped(agents.read(case.text))]
    counts = Counter(verdict(agents, case) for case in of_people)
    told = {**counts, "cases": len(cases), "dropped as programs": len(cases) - len(of_people)}
    print("uap-core's own cases:", told)  # noqa: T201  `pytest -s` shows the figures
    assert counts["wrong family"] == 0, told
    closed = len(of_people) - counts["copied from the text"]
    assert closed > 550, told
    assert counts["right"] >= 0.99 * closed, told
    assert counts["copied from the text"] < 0.08 * len(of_people), told
    # The same of all cases, programs too: whatever is told of any of them is true.
    assert all(verdict(agents, case) != "wrong family" for case in cases)


def test_a_family_that_is_told_wrong_would_be_seen(agents: Agents) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
    assert verdict(agents, UapCase("Firefox", "150", firefox)) == "right"
    assert verdict(agents, UapCase("Firefox", "149", firefox)) == "wrong version"
    assert verdict(agents, UapCase("Chrome", "150", firefox)) == "wrong family"


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


texts = st.text(max_size=600).map(lambda text: text.encode("utf-8", "replace").decode("latin-1"))
versions = st.from_regex(r"[0-9٣]{0,9}(\.[0-9]{1,3})?", fullmatch=True)


@given(
    texts | st.builds("Mozilla/5.0 (Windows NT {0}; Android {0}; K) Chrome/{0} Firefox/{1}".format, versions, versions),
    st.tuples(*[st.binary(max_size=80) for _ in HEADERS]),
)
@example("x" * 10_000, UNHINTED)
@example("Mozilla/5.0 (" + ";" * 5_000, UNHINTED)
def test_no_text_raises_and_no_class_is_open(text: str, hints: tuple[bytes, ...]) -> None:
    agent = _ONE.read(text, hints)
    assert agent.device in {"desktop", "mobile", "tablet", "other"}
    assert agent.browser == UNKNOWN or agent.browser in _ONE._browsers | {*_BROWSER_NAMES.values(), "Brave"}
    assert len(agent.system) < 30
    for version in (agent.browser_version, agent.system_version.removesuffix(OR_LATER)):
        assert version == "" or (version.isascii() and version.isdigit() and len(version) <= 4)


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
        hints = f'"{MARK}";v="1", "Chromium";v="{number}"'.encode()
        door.hit(agent=f"{FIREFOX} {MARK} {number}", headers=[(b"sec-ch-ua", hints)])
    assert len(door.values("browser")) == 1
    # The control: while the day lasts, the memory of verdicts holds it, and this search sees it.
    assert list(strings_with(MARK))
    door.now = NOON + 15 * 3600
    door.pipeline.tick()
    assert door.shipped
    assert not list(strings_with(MARK))


def test_verdicts_are_remembered_within_a_bound_and_cut_at_512_characters() -> None:
    agents = Agents()
    agents._known.update(((f"agent {number}", UNHINTED), agents.read("Firefox")) for number in range(4_096))
    agents.read("one more")
    assert len(agents._known) == 1
    assert agents.read("a" * 512) is agents.read("a" * 512 + "Googlebot")
