"""URLs become locations, page names, sources and languages: tables of vectors, and what must hold of any text."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
from hits_door import SITE, catalogue, read_cases
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import WITHHELD
from ingest.hits.agents import UNKNOWN, Agent
from ingest.hits.attributes import language
from ingest.hits.hit import Arrival, Hit
from ingest.hits.location import Location
from ingest.hits.names import Names
from ingest.hits.paths import Paths, fold_path
from ingest.hits.sources import DIRECT, source_of
from ingest.hits.wire import Submission
from ingest.site import Profile, Site

DECLARED = replace(SITE, pages=("/", "/pricing", "/o/%3F", "/blog/*", "/blog/archive/*", "/docs/*/print"))
WITH_PARAMS = replace(
    DECLARED, params=frozenset({"page", "q", "Category"}), sitemap=frozenset({"/listed", "/find?page=2"})
)
NAMING = replace(
    SITE,
    referrers=frozenset({"Forum.Privacy.example", "www.reviews.example"}),
    partners=frozenset({"partner.example", "bitpay.com"}),
)
HERE = Location("example.org", "/", "", "")
MAIL = "bob.surname@mail.example"
CATALOGUE = catalogue()


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
    params: bool = False


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


@pytest.mark.parametrize("case", read_cases("pages.toml", PageCase), ids=lambda case: f"{case.url} {case.params}")
def test_a_page_is_named(case: PageCase) -> None:
    site = WITH_PARAMS if case.params else DECLARED
    page = Paths().page(Location.read(case.url), site, keeps_fragment=case.hash)
    assert (page.name, page.free) == (case.name, case.free)
    assert page.fallback == (("page", case.fallback) if case.fallback else None)


@pytest.mark.parametrize("case", read_cases("sources.toml", SourceCase), ids=lambda case: case.came_from + case.query)
def test_a_source_is_named(case: SourceCase) -> None:
    site = replace(NAMING, profile=Profile.STRICT) if case.strict else NAMING
    source = source_of(replace(HERE, query=case.query), Location.read(case.came_from), site, CATALOGUE)
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
    source = source_of(location, Location.read(came_from), SITE, CATALOGUE)
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


values = st.one_of(st.text(max_size=20), st.sampled_from([MAIL, quote(MAIL), "203.0.113.9", "2", "a&b=c"]))


@given(st.lists(st.tuples(st.sampled_from(["page", "q", "Category", "session", "Q", MARK]), values), max_size=8))
def test_declared_parameters_are_part_of_a_name_and_no_others_are(params: list[tuple[str, str]]) -> None:
    def named(pairs: list[tuple[str, str]], site: Site = WITH_PARAMS) -> str:
        query = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in pairs)
        return name_of(f"https://example.org/list?{query}", site=site)

    name = named(params)
    assert name.isprintable()
    assert len(name) <= 300
    path, _, query = name.partition("?")
    assert path == "/list"
    assert "?" not in query
    told = [part.split("=") for part in query.split("&")] if query else []
    assert all(len(part) == 2 for part in told)
    names = [part[0] for part in told]
    assert names == sorted(set(names))
    assert set(names) == {name for name, value in params if name in WITH_PARAMS.params and value}
    assert all(find_identifier(part[1]) is None for part in told)
    # What was not declared changes nothing, and neither does the order of different names.
    assert named([*params, (MARK, "x"), ("session", MAIL)]) == name
    assert named(sorted(params, key=lambda pair: pair[0])) == name
    # The control: undeclared, all of it is cut.
    assert named(params, DECLARED) == "/list"


def test_a_click_identifier_is_no_part_of_a_name_though_it_were_declared() -> None:
    site = replace(SITE, params=frozenset({"gclid", "GCLID", "page"}))
    assert name_of(f"https://example.org/?gclid={MARK}&GCLID={MARK}&page=2", site=site) == "/?page=2"


@given(urls)
@settings(max_examples=200)
def test_any_path_can_be_folded_as_pages_are(text: str) -> None:
    folded = fold_path(text)
    assert folded.isprintable()
    assert 0 < len(folded) <= 300
    assert "?" not in folded
    assert "#" not in folded
    url = f"https://example.org/{text}"
    page = Paths().page(Location.read(url), SITE, keeps_fragment=False)
    assert fold_path(url) == page.name
    assert page.path == page.name


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("/missing?token=secret#x", "/missing"), ("/u/bob@example.org/x", "/u/:id/x"), ("", "/"), ("a", "a"),
        ("https://example.org/a%20b?c#d", "/a b"), ("https://other.example", "/"), ("/a%3Fb", "/a%3Fb"),
    ],
)  # fmt: skip
def test_a_path_that_a_page_tells_is_folded(text: str, folded: str) -> None:
    assert fold_path(text) == folded


def test_what_paths_remember_is_what_they_name() -> None:
    """An undeclared parameter is not even in the cache of the day, and the cache is emptied with it."""
    names = Names(CATALOGUE)
    for n in range(5):
        names.paths.page(Location.read(f"https://example.org/a?page=2&s={MARK}{n}"), WITH_PARAMS, keeps_fragment=False)
    (known,) = names.paths._known.values()
    assert list(known.pages) == [("/a", "", "page=2")]
    names.forget()
    assert not names.paths._known


def test_looking_up_sources_leaves_nothing_behind() -> None:
    before = (len(CATALOGUE.hosts), len(CATALOGUE.tags), len(CATALOGUE.spam), len(CATALOGUE.bounces))
    for n in range(100):
        source_of(
            replace(HERE, query=f"utm_source={MARK}{n}"), Location.read(f"https://{MARK}{n}.example/"), SITE, CATALOGUE
        )
    assert (len(CATALOGUE.hosts), len(CATALOGUE.tags), len(CATALOGUE.spam), len(CATALOGUE.bounces)) == before
    assert MARK not in repr(CATALOGUE)


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
        source = source_of(HERE, Location.read(url), SITE, CATALOGUE)
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
    source = source_of(
        replace(HERE, query=f"utm_source={quote(tag[: length - 225] + MAIL)}"), Location.read(""), SITE, CATALOGUE
    )
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
    assert source_of(replace(HERE, query=f"{noise}&utm_source=late"), Location.read(""), SITE, CATALOGUE).name == DIRECT
    assert (
        source_of(replace(HERE, query=f"utm_source=early&{noise}"), Location.read(""), SITE, CATALOGUE).name == "early"
    )
    assert source_of(replace(HERE, query="utm_source=a&utm_source=b"), Location.read(""), SITE, CATALOGUE).name == "a"


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
        source_of(location, Location.read(f"https://{text}/"), SITE, CATALOGUE)
        source_of(replace(HERE, query=f"utm_source={text}"), Location.read(""), SITE, CATALOGUE)

    name(100)
    once = seconds_for(lambda: name(2_000))
    assert once < 0.05
    assert seconds_for(lambda: name(32_000)) < max(once, 0.002) * 16 * 4
