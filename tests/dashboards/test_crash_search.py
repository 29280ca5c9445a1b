"""Crash groups are found by what their names and stacks hold, and by what their reports share."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from crash_stage import LIVE, MERGE, POLL, RENDER, crashing, stack
from dashboards_stage import Rows
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from dashboards.addresses import link
from dashboards.pages.crashes import FACETS, ORDERS, Choice, Show
from dashboards.search import holds, sieve_of, words_of
from ingest.app import App

pytest_plugins = ["dashboards_fixtures"]
__all__ = ["crashing"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("KeyError", {MERGE}), ("keyerror MERGE", {MERGE}), ("app.view", {RENDER}), ("sync.py:88", {MERGE}),
        ("sync.py:89", set()), ("runpy", {MERGE, RENDER, POLL, LIVE}), ("app.text", {LIVE}), ('po"ll', {POLL}),
        ("in_app", set()), ("function", set()), ("KeyError render", set()), (MERGE, {MERGE}), ("%", set()),
        ("\\", set()), ('"', {POLL}), ("'; DROP TABLE crash_cells", set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_search_looks_at_names_and_frames(search: str, found: set[str], crashing: App, member: TestClient) -> None:
    data = member.get(f"/apps/{crashing.id}/crashes.json", params={"q": search}).json()
    assert {group["group"] for group in data["groups"]} == found
    assert member.get(f"/apps/{crashing.id}/crashes", params={"q": search}).status_code == 200


def test_a_facet_counts_the_reports_that_bear_its_value(crashing: App, member: TestClient) -> None:
    path = f"/apps/{crashing.id}/crashes"
    data = member.get(f"{path}.json", params={"by": "model", "value": "Pixel 9"}).json()
    assert {group["group"]: group["reports"] for group in data["groups"]} == {MERGE: 5, RENDER: 1}
    data = member.get(f"{path}.json", params={"by": "release", "value": "app@2.1.0"}).json()
    assert {group["group"]: group["reports"] for group in data["groups"]} == {MERGE: 7, POLL: 1, LIVE: 2}
    text = member.get(path, params={"by": "release", "value": "app@2.1.0"}).text
    assert "<span>Release is <strong>app@2.1.0</strong></span>" in text
    assert '<li data-value="app@2.0.0" data-count="18">' in text
    assert '<li data-value="app@2.1.0" data-count="10">' in text
    assert member.get(f"{path}.json", params={"by": "stripped", "value": "user"}).json()["filter"] is None


def test_search_facet_and_state_go_together(crashing: App, member: TestClient) -> None:
    arguments = {"by": "model", "value": "Pixel 9", "q": "render", "show": "new", "order": "last"}
    path = f"/apps/{crashing.id}/crashes"
    assert member.get(f"{path}.json", params=arguments).json()["groups"] == []
    found = member.get(f"{path}.json", params=arguments | {"show": "all"}).json()
    assert [group["group"] for group in found["groups"]] == [RENDER]


def test_what_was_stripped_names_its_field_and_detector(crashing: App, member: TestClient) -> None:
    text = member.get(f"/apps/{crashing.id}/crashes/{RENDER}").text
    assert "<code>exception.type</code></th><td>it looked like somebody's identifier: <code>email</code>" in text


def test_a_group_says_why_it_is_one(crashing: App, member: TestClient) -> None:
    text = member.get(f"/apps/{crashing.id}/crashes/{MERGE}").text
    assert "Why these reports are one group" in text
    assert "<strong>E</strong>, thrown through <code>merge</code>" in text


choices = st.builds(
    Choice,
    st.sampled_from(Show),
    st.text(max_size=40).map(lambda text: text.replace("\0", "").strip()),
    st.none()
    | st.tuples(st.sampled_from([attribute for attribute, *_ in FACETS]), st.text(min_size=1, max_size=40)).map(
        lambda one: (one[0], one[1].replace("\0", "x"))
    ),
    st.sampled_from(ORDERS),
)


class Asked:
    """What `Choice.read` asks of a request: its query string."""

    def __init__(self, path: str) -> None:
        self._arguments = QueryParams(urlsplit(path).query)

    def argument(self, name: str) -> str:
        return self._arguments.get(name, "")


@settings(max_examples=40)
@given(choices)
def test_the_address_says_all_of_a_choice_and_is_read_back(choice: Choice) -> None:
    path = link("/apps/1/crashes", choice.arguments())
    assert Choice.read(Asked(path)) == choice  # type: ignore[arg-type]
    assert all(value for _, value in parse_qsl(urlsplit(path).query, keep_blank_values=True))


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_the_sieve_lets_every_group_through_that_holds_the_words(text: str) -> None:
    kept = stack(text, "app.sync", "sync.py", 88)
    for words in (words_of(text), ("sync.py:88",), words_of(text.upper())):
        assert not words or not text or holds(words, "E", text, kept) or text.upper().lower() != text.lower()
    for part in sieve_of(words_of(text)):
        assert part in text


def test_a_value_of_nothing_is_a_facet_too(crashing: App, member: TestClient, rows: Rows) -> None:
    assert Choice.read(Asked("/?by=model&value=")).facet == ("model", "")  # type: ignore[arg-type]
