"""Breakdowns that are read off what a client tells: each value through the real front door."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hits_door import SITE, Door, read_cases

from ingest.counters.cells import Breakdown
from ingest.hits.attributes import visit_attributes
from ingest.site import Profile


@dataclass(frozen=True)
class AttributeCase:
    attribute: str
    value: str
    url: str = "https://example.org/"
    w: int | None = None
    rv: int | None = None


CASES = read_cases("attributes.toml", AttributeCase)
BREAKDOWNS: dict[str, Breakdown] = {each.breakdown.name: each.breakdown for each in visit_attributes()}


@pytest.fixture(scope="module")
def door() -> Door:
    return Door([replace(SITE, profile=Profile.STANDARD)])


@pytest.fixture(autouse=True)
def _an_hour_later(door: Door) -> None:
    door.now += 3_600


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.attribute} {case.w} {case.rv} {case.value}")
def test_a_value_is_free_and_read_off_the_first_hit(door: Door, case: AttributeCase) -> None:
    """The site's profile is `standard`: what is named after one visit waits for nobody."""
    before = door.values(case.attribute)
    assert door.hit(case.url, w=case.w, rv=case.rv).status == 202
    assert door.hit("https://example.org/next", w=5_000, rv=1).status == 202
    assert door.values(case.attribute) == {**before, case.value: before.get(case.value, 0) + 1}


@pytest.mark.parametrize("attribute", ["screen", "revisit"])
def test_every_free_value_has_a_case(attribute: str) -> None:
    assert {case.value for case in CASES if case.attribute == attribute} == BREAKDOWNS[attribute].free


@pytest.mark.parametrize("told", [4, -1, "new", True, 1.5])
def test_a_class_that_there_is_not_is_refused_by_name(door: Door, told: object) -> None:
    answer = door.hit(rv=told)
    assert (answer.status, answer.error) == (400, "field rv has a wrong type or size")


def test_versions_wait_until_they_are_shared(door: Door) -> None:
    """They come out of the user agent: a version that one person has is nobody else's business."""
    agent = "Mozilla/5.0 (Windows NT 6.1; rv:115.0) Gecko/20100101 Firefox/115.0"
    for number in range(5):
        assert "Firefox 115" not in door.values("browser_version")
        assert "Windows 7" not in door.values("system_version")
        door.hit(address=f"1.{number}.1.1", agent=agent)
    assert door.values("browser_version")["Firefox 115"] == 5
    assert door.values("system_version")["Windows 7"] == 5


def test_dimensions_are_those_of_the_stats_api() -> None:
    named = {
        "browser_version": "visit:browser_version",
        "system_version": "visit:os_version",
        "screen": "visit:screen",
        "revisit": "visit:revisit",
        "host": "visit:host",
        "traffic": "visit:traffic",
    }
    assert {name: BREAKDOWNS[name].dimension for name in named} == named
