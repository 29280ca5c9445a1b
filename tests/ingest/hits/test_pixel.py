"""The image for browsers that run no scripts: off unless a site wants it, and then a page view like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hits_door import SITE, Answer, Door
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.sections import Server
from collector.settings import Settings
from ingest.counters.cells import UNKNOWN_OWNER
from ingest.site import Profile, Site

MARK = "zqxjkvbpygfwmark"
WITHOUT = Site("other.example", ("other.example",), profile=Profile.PLAIN)


@pytest.fixture(scope="module")
def door() -> Door:
    return Door([replace(SITE, pixel=True), WITHOUT])


@pytest.fixture(autouse=True)
def _an_hour_later(door: Door) -> None:
    door.now += 3_600
    door.full = False


def load(door: Door, referer: str = "", path: str = "/api/pixel.gif", **request: Any) -> Answer:
    headers = [*request.pop("headers", []), *([(b"referer", referer.encode())] if referer else [])]
    query = urlencode({"d": SITE.id, **request.pop("query", {})})
    answer = door.knock(**{"method": "GET", "path": f"{path}?{query}", "kind": None, "headers": headers, **request})
    assert answer is not None
    return answer


def test_the_page_is_told_by_the_address_or_else_by_the_header(door: Door) -> None:
    told = load(door, query={"u": "https://example.org/told", "r": "https://news.example/x"})
    assert (told.status, told.body[:6], len(told.body)) == (200, b"GIF89a", 43)
    assert dict(told.headers)[b"cache-control"] == b"no-store"
    load(door, "https://example.org/by-header?x=1")
    load(door, "https://example.org/not-this", query={"u": "https://example.org/but-this"})
    assert {"/told", "/by-header", "/but-this"} <= door.values("page").keys()
    assert "/not-this" not in door.values("page")
    assert door.values("referrer")["news.example"] == 1


def test_it_counts_what_our_beacon_counts() -> None:
    site = replace(SITE, pixel=True)
    ours, theirs = Door([site]), Door([site])
    ours.hit("https://example.org/a", r="https://news.example/")
    load(theirs, query={"u": "https://example.org/a", "r": "https://news.example/"})
    assert ours.amounts() == theirs.amounts()


def test_it_is_off_unless_the_site_wants_it(door: Door) -> None:
    before = door.amounts(WITHOUT.id)
    answer = load(door, "https://other.example/", query={"d": WITHOUT.id})
    assert (answer.status, answer.error) == (400, "this site counts no images: set pixel = true")
    assert door.refusals(WITHOUT.id) == {"excluded": 1}
    assert len(door.amounts(WITHOUT.id)) == len(before) + 1


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ({"d": "elsewhere.example"}, 400, "unknown_site"),
        ({"d": ""}, 400, "unknown_site"),
        ({}, 400, "bad_field"),
        ({"u": "https://example.org/" + "x" * 2_000}, 400, "bad_field"),
        ({"u": "https://example.org/", "r": "x" * 2_001}, 400, "bad_field"),
        ({"u": "x" * 70_000}, 413, "too_large"),
    ],
)
def test_what_is_malformed_is_refused_by_its_reason(
    door: Door, query: dict[str, str], status: int, reason: str
) -> None:
    before = door.refusals(UNKNOWN_OWNER)
    assert load(door, query=query).status == status
    assert door.refusals(UNKNOWN_OWNER) == {**before, reason: before.get(reason, 0) + 1}


def test_what_is_not_counted_is_answered_in_the_same_bytes(door: Door) -> None:
    counted = load(door, "https://example.org/same")
    before = door.snapshot()
    for header in ((b"sec-gpc", b"1"), (b"dnt", b"1"), (b"cookie", b"logless_opt_out=1")):
        assert load(door, "https://example.org/same", headers=[header]) == counted
        assert load(door, headers=[header], query={"d": "elsewhere.example"}) == counted
    assert door.snapshot() == before, "whoever objects changes nothing"
    assert load(door, "https://evil.example/") == counted
    assert load(door, "https://example.org/", agent="Googlebot/2.1") == counted
    door.full = True
    assert load(door, "https://example.org/").status == 503


def test_other_methods_count_nothing(door: Door) -> None:
    before = door.amounts()
    assert load(door, "https://example.org/", method="POST").status == 415
    assert load(door, "https://example.org/", method="HEAD").status == 415
    assert door.amounts() == before


def test_it_stands_beside_the_endpoint_of_events() -> None:
    for event_path, path in (("/a/e", "/a/pixel.gif"), ("/e", "/pixel.gif")):
        door = Door([replace(SITE, pixel=True)], settings=Settings(server=Server(event_path=event_path)))
        assert load(door, "https://example.org/", path=path).status == 200
        assert door.values("page") == {"/": 1}


@given(st.lists(st.sampled_from(["d", "u", "r", "=", "&", "%", "%ff", "example.org", "https://", MARK]), max_size=12))
@settings(max_examples=100)
def test_hostile_addresses_are_answered_and_nothing_of_them_is_repeated(door: Door, parts: list[str]) -> None:
    answer = door.knock(method="GET", path=f"/api/pixel.gif?{''.join(parts)}", kind=None)
    assert answer is not None
    assert answer.status in {200, 400}
    assert MARK not in repr(answer)
