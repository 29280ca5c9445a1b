"""Releases are ordered as Semantic Versioning, Python's packaging and people order them."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version as PackagingVersion

from dashboards.lineage import Lineage
from dashboards.versions import Version, read_version

SPECIFICATION = (
    ("1.0.0", "2.0.0", "2.1.0", "2.1.1"),
    (
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
        "1.0.0-rc.1", "1.0.0",
    ),
)  # fmt: skip
"""The examples of Semantic Versioning 2.0.0, section 11."""

PEOPLE = (
    ("app@2.14.0+45", "app@2.14.0+46", "app@2.14.1+1"),
    ("2.14", "2.14.0.1", "2.14.0.2", "2.14.1"),
    ("desktop 2.14", "desktop 2.14 (3)", "desktop 2.14 (12)", "desktop 2.15"),
    ("My App 9.0 (45)", "My App 10.0 (1)"),
    ("v1.9.0", "v1.10.0-rc.1", "v1.10.0"),
    ("1.0.dev3", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0.post1", "1.1"),
    ("com.example.app@2.9.0+100", "com.example.app@2.10.0+99"),
)

numbers = st.lists(st.integers(0, 40), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
suffixes = st.one_of(
    st.just(""),
    st.tuples(st.sampled_from(("a", "b", "rc", ".dev", ".post")), st.integers(0, 12)).map(
        lambda one: f"{one[0]}{one[1]}"
    ),
)
identifiers = st.from_regex(r"[0-9A-Za-z-]{1,6}", fullmatch=True)
names = st.one_of(
    st.text(max_size=20),
    st.builds(
        "{}{}{}{}".format, st.sampled_from(("", "app@", "v", "desktop ", "a@b@")), numbers, suffixes, st.just("")
    ),
    st.builds("{}-{}+{}".format, numbers, st.lists(identifiers, min_size=1, max_size=3).map(".".join), identifiers),
)


def version(name: str) -> Version:
    found = read_version(name)
    assert found is not None, name
    return found


@pytest.mark.parametrize("names", SPECIFICATION + PEOPLE, ids=lambda names: names[0])
def test_they_rise(names: tuple[str, ...]) -> None:
    for older, newer in pairwise(names):
        assert version(older) < version(newer), (older, newer)


@settings(max_examples=60)
@given(numbers, suffixes, numbers, suffixes)
def test_python_s_versions_are_ordered_as_packaging_orders_them(one: str, a: str, other: str, b: str) -> None:
    mine = version(one + a), version(other + b)
    theirs = PackagingVersion(one + a), PackagingVersion(other + b)
    assert (mine[0] < mine[1], mine[0] == mine[1]) == (theirs[0] < theirs[1], theirs[0] == theirs[1])


@settings(max_examples=60)
@given(st.lists(names, min_size=3, max_size=3), st.lists(st.integers(1, 900_000), min_size=3, max_size=3))
def test_the_order_is_total(releases: list[str], days: list[int]) -> None:
    lineage = Lineage({release: date.fromordinal(day) for release, day in zip(releases, days, strict=True)})
    a, b, c = (lineage.place(release) for release in releases)
    assert (a < b) + (a == b) + (b < a) == 1
    assert (a == b) == (releases[0] == releases[1])
    if a <= b <= c:
        assert a <= c


@settings(max_examples=60)
@given(numbers, identifiers)
def test_what_comes_before_a_release_is_older_and_a_build_is_newer(number: str, word: str) -> None:
    number = f"{number}.1"
    assert version(f"{number}-{word}") < version(number) < version(f"{number}+{word}")


@settings(max_examples=60)
@given(names)
def test_any_name_is_read_or_is_none(name: str) -> None:
    found = read_version(name)
    assert found is None or found == read_version(name)


@pytest.mark.parametrize(
    "name", ["", "a1b2c3d", "nightly", "(none)", "(rare)", "1.", "1..2", "v", "app@", "2.0 final x", "1.0-"]
)
def test_other_names_are_no_versions(name: str) -> None:
    assert read_version(name) is None


def test_equal_versions_of_other_spelling_are_equal() -> None:
    assert version("app@2.14.0") == version("2.14") == version("v2.14.0.0") == version("desktop 2.14")
    assert version("1.0rc1") == version("1.0c1") == version("1.0.rc.1")


FIRSTS = {
    "app@2.0.0": date(2026, 1, 1),
    "app@2.1.0": date(2026, 2, 1),
    "app@2.0.1": date(2026, 3, 1),
    "helper@9.0": date(2026, 1, 5),
    "(none)": date(2026, 1, 1),
}


class TestLineage:
    def test_a_patch_of_an_old_release_is_older_than_a_newer_one(self) -> None:
        lineage = Lineage(FIRSTS)
        assert lineage.newest(["app@2.0.0"]) == "app@2.1.0"
        assert lineage.before("app@2.1.0") == "app@2.0.1"
        assert lineage.before("app@2.0.0") == ""
        assert not lineage.is_at_least("app@2.0.1", "app@2.1.0")
        assert lineage.is_at_least("app@2.1.0", "app@2.0.1")

    def test_releases_of_other_programs_are_compared_by_their_days(self) -> None:
        lineage = Lineage(FIRSTS)
        assert lineage.newest() == "helper@9.0"
        assert lineage.newest(["helper@9.0", "(none)"]) == "helper@9.0"
        assert not lineage.is_at_least("helper@9.0", "app@2.1.0")
        assert lineage.is_at_least("helper@9.0", "app@2.0.0")

    def test_without_versions_the_day_they_were_first_seen_counts(self) -> None:
        lineage = Lineage({"f00": date(2026, 2, 1), "0ff": date(2026, 1, 1), "abc": date(2026, 3, 1)})
        assert lineage.newest() == "abc"
        assert lineage.before("f00") == "0ff"
        assert lineage.is_at_least("abc", "f00")
        assert not lineage.is_at_least("0ff", "f00")

    def test_a_release_that_nobody_has_seen_yet_has_its_place_by_its_version(self) -> None:
        lineage = Lineage(FIRSTS)
        assert not lineage.is_at_least("app@2.1.0", "2.2")
        assert lineage.is_at_least("app@2.2.0", "2.2")
        assert not lineage.is_at_least("app@2.1.0", "the-mended-one")

    def test_reports_without_a_release_come_after_nothing(self) -> None:
        lineage = Lineage(FIRSTS)
        assert not lineage.is_at_least("(none)", "app@2.0.0")
        assert lineage.is_at_least("(none)", "")
        assert lineage.is_at_least("app@2.0.0", "(none)")
        assert Lineage({}).newest() == ""
