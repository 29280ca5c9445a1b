"""Which hosts the audit lists, in which order, and what it flags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from dashboards_stage import HOSTS, TODAY
from hypothesis import given
from hypothesis import strategies as st

from dashboards.audit import FLAGS, Audited, audit, is_host
from dashboards.counts import Counts
from dashboards.referrers import Converted, Seen
from ingest.site import Profile, Site
from ingest.store.control.reviews import Finding, Review, Status

SITE = Site("example.org", ("example.org", "www.example.org"), partners=frozenset({"partner.example"}))
LONG_AGO = TODAY - timedelta(days=100)


def seen(visits: int = 40, *, bounces: int = 10, seconds: int = 900, first: date = LONG_AGO) -> Seen:
    return Seen(Counts(visits=visits, visitors=visits - 1, bounces=bounces, seconds=seconds), first, TODAY)


def review(host: str, *, due: date | None = None, status: Status = Status.ACCURATE) -> Review:
    return Review(host, Finding("", status, "", due), "ada", LONG_AGO)


def lines(
    hosts: dict[str, Seen],
    sources: dict[str, Seen] | None = None,
    goals: Sequence[Converted] = (),
    reviews: Sequence[Review] = (),
    site: Site = SITE,
) -> list[Audited]:
    return audit(site, hosts, sources or {}, goals, {one.host: one for one in reviews}, HOSTS, TODAY)


def flags(host: str, was: Seen, sources: dict[str, Seen] | None = None) -> set[str]:
    return {flag for one in lines({host: was}, sources) if one.host == host for flag in one.flags}


def test_disclosed_declared_and_reviewed_hosts_are_listed_and_what_stands_for_none_is_not() -> None:
    hosts = {"forum.example": seen(), "(direct)": seen(), "(rare)": seen(), "(withheld)": seen(), "": seen()}
    found = {one.host: one for one in lines(hosts, reviews=[review("gone.example")])}
    assert set(found) == {"forum.example", "partner.example", "gone.example"}
    assert (found["partner.example"].declared, found["partner.example"].counts) == ("partner", Counts())
    assert found["partner.example"].first is None
    assert (found["forum.example"].declared, found["forum.example"].status) == ("", Status.NOT_REVIEWED)


def test_overdue_ones_come_first_the_longest_overdue_on_top_then_those_that_sent_most() -> None:
    hosts = {"a.example": seen(10), "b.example": seen(30), "c.example": seen(20), "d.example": seen(5)}
    reviews = [
        review("d.example", due=TODAY),
        review("a.example", due=TODAY - timedelta(days=9)),
        review("c.example", due=TODAY + timedelta(days=1)),
    ]
    found = lines(hosts, reviews=reviews)
    assert [one.host for one in found] == ["a.example", "d.example", "b.example", "c.example", "partner.example"]
    assert [one.is_overdue for one in found] == [True, True, False, False, False]


@pytest.mark.parametrize(("age", "is_new"), [(0, True), (13, True), (14, False)])
def test_new_is_what_was_first_seen_within_a_fortnight(age: int, is_new: bool) -> None:
    assert ("new" in flags("forum.example", seen(first=TODAY - timedelta(days=age)))) is is_new


def test_each_flag_and_what_has_none() -> None:
    assert flags("forum.example", seen()) == set()
    assert flags("free-traffic.example", seen()) == {"spam"}
    assert flags("forum.example", seen(5, bounces=5, seconds=0)) == {"no engagement"}
    assert flags("forum.example", seen(4, bounces=4, seconds=0)) == set()
    assert flags("forum.example", seen(5, bounces=5, seconds=1)) == set()
    assert flags("forum.example", seen(40), {"forum.example": seen(41)}) == {"trimmed"}
    assert flags("forum.example", seen(40), {"forum.example": seen(40)}) == set()
    assert flags("google.com", seen(40), {"google.com": seen(41), "Google": seen(900)}) == set()
    for neighbour in ("example.org", "shop.example.org", "a.b.example.org"):
        assert flags(neighbour, seen()) == {"self"}
    for other in ("notexample.org", "example.org.evil.example", "org"):
        assert flags(other, seen()) == set()
    assert set(FLAGS) == {"new", "spam", "no engagement", "trimmed", "self"}


def test_goals_are_those_of_the_source_and_the_source_is_told_where_it_is_another() -> None:
    week = date(2026, 11, 16)
    goals = [
        Converted(week, "Buy", "Google", 7), Converted(week, "Join", "Google", 2),
        Converted(week, "Buy", "forum.example", 3), Converted(week, "Buy", "elsewhere", 99),
    ]  # fmt: skip
    found = {one.host: one for one in lines({"google.com": seen(), "forum.example": seen()}, goals=goals)}
    assert (found["google.com"].source, found["google.com"].goals) == ("Google", 9)
    assert (found["forum.example"].source, found["forum.example"].goals) == ("", 3)
    assert found["partner.example"].goals == 0


def test_a_strict_site_shows_the_nearest_ten() -> None:
    strict = Site("strict.example", ("strict.example",), profile=Profile.STRICT)
    (one,) = lines({"forum.example": seen(44)}, {"forum.example": seen(57)}, site=strict)
    assert (one.counts.visits, one.tagged) == (40, 10)


@given(st.dictionaries(st.text(max_size=12), st.integers(0, 50).map(seen), max_size=8))
def test_any_text_is_listed_once_or_stands_for_no_host(hosts: dict[str, Seen]) -> None:
    found = [one.host for one in lines(hosts, site=Site("s.example", ("s.example",)))]
    assert sorted(found) == sorted(host for host in hosts if is_host(host))
