"""What names are remembered by, and for how long."""

from __future__ import annotations

from hits_door import catalogue
from hypothesis import given
from hypothesis import strategies as st

from ingest.hits.location import Location
from ingest.hits.names import Names

urls = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(
        ["https://example.org", "http://example.org:8000", "https://secret@example.org", "", "mailto:secret"]
    ),
    st.sampled_from(["", "/", "/a/b", "/ä"]),
    st.sampled_from(["", "?q=secret", "?"]),
    st.sampled_from(["", "#secret", "#"]),
)


@given(st.lists(urls))
def test_a_url_is_read_as_it_is_without_a_memory(asked: list[str]) -> None:
    names = Names(catalogue())
    for url in [*asked, *asked]:
        assert names.location(url) == Location.read(url)


@given(st.lists(urls))
def test_queries_and_fragments_are_not_remembered(asked: list[str]) -> None:
    names = Names(catalogue())
    for url in asked:
        names.location(url)
    assert not [url for url in names._locations if "secret" in url]
    names.forget()
    assert not names._locations


def test_the_memory_is_bounded() -> None:
    names = Names(catalogue())
    for number in range(10_050):
        names.location(f"https://example.org/{number}")
    assert 0 < len(names._locations) <= 10_000
    names.location("https://example.org/" + "x" * 300)
    assert max(map(len, names._locations)) < 300


def test_the_search_would_find_a_secret() -> None:
    names = Names(catalogue())
    names.location("https://example.org/secret")
    assert [url for url in names._locations if "secret" in url]
