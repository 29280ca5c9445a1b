"""URLs become locations, page names, sources and languages: tables of vectors, and what must hold of any text."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
from hits_door import SITE, read_cases
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.counters.cells import WITHHELD
from ingest.hits.agents import UNKNOWN, Agent
from ingest.hits.attributes import language
from ingest.hits.hit import Arrival, Hit
from ingest.hits.location import Location
from ingest.hits.paths import Paths
from ingest.hits.sources import DIRECT, source_of
from ingest.hits.wire import Submission
from ingest.site import Profile, Site

DECLARED = replace(SITE, pages=("/", "/pricing", "/o/%3F", "/blog/*", "/blog/archive/*", "/docs/*/print"))
HERE = Location("example.org", "/", "", "")
MAIL = "bob.surname@mail.example"


@dataclass(frozen=True)
class LocationCase:
    url: str
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""


@dataclass(frozen=True)
class PageCase:
    url: str
    name: str
    free: bool = False
    fallback: str = ""
    hash: bool = False


@dataclass(frozen=True)
class SourceCase:
    name: str
    referrer: str
    came_from: str = ""
    query: str = ""
    strict: bool = False


@dataclass(frozen=True)
class LanguageCase:
    language: str
    told: str = ""
    accepted: str = ""


@pytest.mark.parametrize("case", read_cases("locations.toml", LocationCase), ids=lambda case: repr(case.url))
def test_a_url_is_taken_apart(case: LocationCase) -> None:
    assert Location.read(case.url) == Location(case.host, case.path, case.query, case.fragment)


@pytest.mark.parametrize("case", read_cases("pages.toml", PageCase), ids=lambda case: case.url)
def test_a_page_is_named(case: PageCase) -> None:
    page = Paths().page(Location.read(case.url), DECLARED, keeps_fragment=case.hash)
    assert (page.name, page.free) == (case.name, case.free)
    assert page.fallback == (("page", case.fallback) if case.fallback else None)


@pytest.mark.parametrize("case", read_cases("sources.toml", SourceCase), ids=lambda case: case.came_from + case.query)
def test_a_source_is_named(case: SourceCase) -> None:
    site = replace(SITE, profile=Profile.STRICT) if case.strict else SITE
    source = source_of(replace(HERE, query=case.query), case.came_from, site)
    assert (source.name, source.referrer) == (case.name, case.referrer)


@pytest.mark.parametrize(
    "case", read_cases("languages.toml", LanguageCase), ids=lambda case: case.told or case.accepted
)
def test_a_language_is_read(case: LanguageCase) -> None:
    assert language.value(hit_in(case.told, case.accepted)) == case.language


def hit_in(told: str, accepted: str) -> Hit:
    agent = Agent("Firefox", "Linux", "desktop", bot=False)
    return Hit(Arrival(SITE, Submission(l=told or None), HERE, agent, "GI", "198.51", accepted))


def test_a_typo_in_a_vector_fails(tmp_path: object) -> None:
    with pytest.raises(AssertionError, match="unknown keys"):
        read_cases("languages.toml", LocationCase)


def name_of(url: str, *, keeps_fragment: bool = False, site: Site = DECLARED) -> str:
    return Paths().page(Location.read(url), site, keeps_fragment=keeps_fragment).name


urls = st.one_of(
    st.text(max_size=300),
    st.builds("https://{}{}".format, st.text(max_size=60), st.text(alphabet="/?#%@:[].&=aé\\\n\x00", max_size=200)),
)


@given(url=urls, came_from=urls, keeps_fragment=st.booleans())
@settings(max_examples=300)
@example(url="https://[", came_from="http://]", keeps_fragment=True)
@example(url="https://example.org/%", came_from="https://%41", keeps_fragment=True)
def test_no_text_raises_and_all_that_is_named_can_be_printed(url: str, came_from: str, *, keeps_fragment: bool) -> None:
    location = Location.read(url)
    page = Paths().page(location, DECLARED, keeps_fragment=keeps_fragment)
    source = source_of(location, came_from, SITE)
    for name in (page.name, source.name, source.referrer):
        assert name.isprintable()
        assert 0 < len(name) <= 300
    assert len(source.name) <= 100
    assert len(source.referrer) <= 100
    told = language.value(hit_in(url, came_from))
    assert told == UNKNOWN or (told.isascii() and 2 <= len(told) <= 3)


@given(url=urls, keeps_fragment=st.booleans())
@settings(max_examples=200)
@example(url="https://example.org/a%3Fb=secret", keeps_fragment=False)
@example(url="https://example.org/a%23secret", keeps_fragment=False)
@example(url="https://example.org/#/a%3Fb=secret", keeps_fragment=True)
def test_a_name_has_no_query_and_no_fragment_but_the_one_that_routes(url: str, *, keeps_fragment: bool) -> None:
    name = name_of(url, keeps_fragment=keeps_fragment)
    assert "?" not in name
    assert name.count("#") <= int(keeps_fragment)


MARK = "zqxjkvbpygfwmark"
words = st.text(alphabet="abcdeé/%.-_~", max_size=30)


@given(words, words, words)
def test_nothing_behind_question_mark_or_hash_reaches_a_name(path: str, query: str, fragment: str) -> None:
    for tail in (f"?{query}{MARK}", f"#{fragment}{MARK}", f"?{query}#{fragment}{MARK}", f"#{fragment}?{MARK}"):
        assert MARK not in name_of(f"https://example.org/{path}{tail}")
    assert MARK not in name_of(f"https://example.org/{path}#{fragment}?{MARK}", keeps_fragment=True)
    # The control: where the fragment routes, it is told.
    assert MARK in name_of(f"https://example.org/#/{MARK}", keeps_fragment=True)


@given(words, words)
def test_path_query_and_user_of_a_referrer_are_never_used(path: str, query: str) -> None:
    for url in (
        f"https://forum.example/{path}{MARK}?{query}",
        f"https://forum.example?{query}{MARK}",
        f"https://forum.example/#{MARK}",
        f"https://{MARK}:{MARK}@forum.example/{path}",
        f"https://forum.example\\{MARK}/{path}",
        f"https://forum.example {MARK}/{path}",
    ):
        source = source_of(HERE, url, SITE)
        assert source.referrer in {"forum.example", WITHHELD}
        assert MARK not in source.name


@pytest.mark.parametrize("length", range(270, 310))
def test_an_identifier_that_the_cut_goes_through_is_folded_all_the_same(length: int) -> None:
    """Half a mailbox is not recognised as one: what was cut first would be kept."""
    start = "https://example.org/" + "ab/" * ((length - len(MAIL)) // 3)
    for tail in (MAIL, quote(MAIL), MAIL + "/more"):
        name = name_of(start + tail)
        assert "bob" not in name
        assert "surname" not in name
    tag = "word " * 17
    source = source_of(replace(HERE, query=f"utm_source={quote(tag[: length - 225] + MAIL)}"), "", SITE)
    assert source.name == WITHHELD


def test_names_follow_the_declarations_when_the_configuration_is_read_again() -> None:
    paths = Paths()
    location = Location.read("https://example.org/new")
    assert not paths.page(location, SITE, keeps_fragment=False).free
    assert paths.page(location, replace(SITE, pages=("/new",)), keeps_fragment=False).free
    assert paths.page(location, replace(SITE, pages=("/n*",)), keeps_fragment=False).fallback == ("page", "/n*")


def test_no_name_is_remembered_past_the_day() -> None:
    paths = Paths()
    first = paths.page(Location.read("https://example.org/a"), SITE, keeps_fragment=False)
    assert paths.page(Location.read("https://example.org/a"), SITE, keeps_fragment=False) is first
    paths.forget()
    assert paths.page(Location.read("https://example.org/a"), SITE, keeps_fragment=False) is not first


def test_only_the_first_fifty_parameters_are_read() -> None:
    noise = "&".join(f"x{n}=1" for n in range(50))
    assert source_of(replace(HERE, query=f"{noise}&utm_source=late"), "", SITE).name == DIRECT
    assert source_of(replace(HERE, query=f"utm_source=early&{noise}"), "", SITE).name == "early"
    assert source_of(replace(HERE, query="utm_source=a&utm_source=b"), "", SITE).name == "a"


def seconds_for(work: Callable[[], object]) -> float:
    """Return the least of three measurements, so that a busy machine does not fail it."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


@pytest.mark.parametrize(
    "unit",
    ["/", "a", "%41", "%", "@", "a@", "/a@b.cd", "1.", "1:", "a1", "é", "\u202e", "-1-", "/home/", "=", "[", "#"],
)
def test_a_submissions_worth_of_anything_costs_little_and_grows_in_a_line(unit: str) -> None:
    """The wire lets through 2,000 characters; sixteen times as many must cost no more than in proportion."""

    def name(size: int) -> None:
        text = unit * (size // len(unit))
        location = Location.read(f"https://example.org/{text}?{text}#{text}")
        Paths().page(location, DECLARED, keeps_fragment=True)
        source_of(location, f"https://{text}/", SITE)
        source_of(replace(HERE, query=f"utm_source={text}"), "", SITE)

    name(100)
    once = seconds_for(lambda: name(2_000))
    assert once < 0.05
    assert seconds_for(lambda: name(32_000)) < max(once, 0.002) * 16 * 4
