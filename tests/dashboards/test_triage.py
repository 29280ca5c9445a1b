"""Where groups stand: what was decided, and what reports have made of that since."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.lineage import Lineage
from dashboards.triage import judge, later, wait_of
from ingest.store.control.decisions import Decision, State, Until

DAY = date(2026, 11, 18)
NEXT_DAY = DAY + timedelta(days=1)
LINEAGE = Lineage(
    {
        "app@1.9": DAY - timedelta(days=90),
        "app@2.0": DAY - timedelta(days=30),
        "app@2.1": NEXT_DAY,
        "app@2.10": NEXT_DAY,
    }
)
RESOLVED = Decision(State.RESOLVED, Until.NOW, DAY, release="app@2.0", seen={"app@2.0": 5})


def state(decision: Decision, *reports: tuple[date, str, int], today: date = NEXT_DAY) -> State:
    sightings = {(day, release): count for day, release, count in reports}
    return judge(decision, later(decision, sightings), LINEAGE, today).state


@pytest.mark.parametrize(
    ("decision", "release", "expected"),
    [
        (RESOLVED, "app@1.9", State.RESOLVED),
        (RESOLVED, "app@2.0", State.REGRESSED),
        (RESOLVED, "app@2.1", State.REGRESSED),
        (RESOLVED, "(none)", State.RESOLVED),
        (replace(RESOLVED, until=Until.NEXT), "app@2.0", State.RESOLVED),
        (replace(RESOLVED, until=Until.NEXT), "app@2.1", State.REGRESSED),
        (replace(RESOLVED, until=Until.NEXT, release=""), "(none)", State.RESOLVED),
        (replace(RESOLVED, until=Until.NEXT, release=""), "app@2.1", State.REGRESSED),
        (replace(RESOLVED, until=Until.RELEASE, release="2.2"), "app@2.1", State.RESOLVED),
        (replace(RESOLVED, until=Until.RELEASE, release="2.2"), "app@2.10", State.REGRESSED),
        (replace(RESOLVED, until=Until.RELEASE, release="app@2.10.1"), "app@2.10", State.RESOLVED),
        (replace(RESOLVED, release=""), "(none)", State.REGRESSED),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else f"{value.until}-{value.release}",
)
def test_a_resolved_group_comes_back_with_a_release_that_should_not_have_it(
    decision: Decision, release: str, expected: State
) -> None:
    assert state(decision, (NEXT_DAY, release, 1)) is expected


def test_reports_from_before_the_decision_do_not_count() -> None:
    assert state(RESOLVED, (DAY - timedelta(days=1), "app@2.0", 9), (DAY, "app@2.0", 5)) is State.RESOLVED
    assert state(RESOLVED, (DAY, "app@2.0", 6)) is State.REGRESSED
    assert state(RESOLVED, (DAY, "app@2.1", 1)) is State.REGRESSED


def test_a_regression_names_where_it_was_first_met() -> None:
    reports = {(NEXT_DAY, "app@2.1"): 3, (NEXT_DAY, "app@2.10"): 1, (DAY, "app@1.9"): 8}
    found = judge(RESOLVED, reports, LINEAGE, NEXT_DAY)
    assert (found.state, found.release, found.day) == (State.REGRESSED, "app@2.1", NEXT_DAY)
    assert wait_of(found) == "in app@2.1"
    assert judge(found, {}, LINEAGE, NEXT_DAY) == found


def muted(until: Until, number: int = 0, end: date | None = None) -> Decision:
    return Decision(State.MUTED, until, DAY, number=number, end=end, seen={"app@2.0": 10})


def test_a_mute_ends_after_so_many_more() -> None:
    more = muted(Until.MORE, 5)
    assert state(more, (DAY, "app@2.0", 12), (NEXT_DAY, "app@2.1", 2)) is State.MUTED
    assert state(more, (DAY, "app@2.0", 12), (NEXT_DAY, "app@2.1", 3)) is State.OPEN


def test_a_mute_ends_with_so_many_on_one_day() -> None:
    daily = muted(Until.DAILY, 5)
    assert state(daily, (DAY, "app@2.0", 14), (NEXT_DAY, "app@2.1", 4)) is State.MUTED
    assert state(daily, (DAY, "app@2.0", 14), (NEXT_DAY, "app@2.1", 4), (NEXT_DAY, "app@2.0", 1)) is State.OPEN


def test_a_mute_ends_on_its_day() -> None:
    until = muted(Until.DATE, end=NEXT_DAY)
    assert state(until, (DAY, "app@2.0", 999), today=DAY) is State.MUTED
    assert state(until, today=NEXT_DAY) is State.OPEN


reports = st.dictionaries(
    st.tuples(
        st.integers(-3, 3).map(lambda days: DAY + timedelta(days=days)),
        st.sampled_from(("app@1.9", "app@2.0", "app@2.1")),
    ),
    st.integers(1, 20),
    max_size=6,
)


@settings(max_examples=40)
@given(reports, reports)
def test_more_reports_never_mend_anything(one: dict[tuple[date, str], int], more: dict[tuple[date, str], int]) -> None:
    both = {key: one.get(key, 0) + more.get(key, 0) for key in one | more}
    for decision in (RESOLVED, muted(Until.MORE, 7), muted(Until.DAILY, 7)):
        before = judge(decision, later(decision, one), LINEAGE, NEXT_DAY).state
        after = judge(decision, later(decision, both), LINEAGE, NEXT_DAY).state
        assert before is decision.state or after is before


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (RESOLVED, "from app@2.0 on"),
        (replace(RESOLVED, release=""), ""),
        (replace(RESOLVED, until=Until.NEXT), "in the release after app@2.0"),
        (replace(RESOLVED, until=Until.RELEASE), "in app@2.0"),
        (muted(Until.MORE, 1), "until 1 more report"),
        (muted(Until.DAILY, 1200), "until 1,200 reports a day"),
        (muted(Until.DATE, end=DAY), "until 18 Nov 2026"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else value.until,
)
def test_it_is_said_in_words(decision: Decision, words: str) -> None:
    assert wait_of(decision) == words
