"""What events tell beside their name: only what is declared, and nothing that looks like somebody's."""

from __future__ import annotations

from typing import Any

import pytest
from hits_door import SITE
from hypothesis import given
from hypothesis import strategies as st

from ingest.boundary.identifiers import find_identifier
from ingest.hits.details import details_of
from ingest.site import Site

DECLARING = Site("example.org", ("example.org",), props=frozenset({"plan", "signup:size"}))


def told(event: str, props: dict[str, Any], site: Site = SITE) -> list[tuple[str, str]]:
    return [(detail.attribute, detail.value) for detail in details_of(event, props, site)]


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("https://other.example/a/b?token=secret#part", "other.example/a/b"),
        ("https://user:pass@Other.example:8443/", "other.example"),
        ("https://other.example/u/bob@mail.example/x", "other.example/u/:id/x"),
        ("https://bob@mail.example.", "mail.example"),
        ("https://other.example/" + "x" * 400, "other.example/:id"),
        ("https://81.2.69.160/", "(withheld)"),
        ("https://d\u00e9j\u00e0.example/", "(withheld)"),
    ],
)
def test_a_link_is_host_and_path(url: str, value: str) -> None:
    assert told("Outbound Link: Click", {"url": url}) == [("outbound", value)]


@pytest.mark.parametrize("url", ["mailto:bob@mail.example", "", None, 7, True, "javascript:alert(1)", "other.example"])
def test_what_is_no_link_is_not_told(url: object) -> None:
    assert told("Outbound Link: Click", {"url": url}) == []
    assert told("File Download", {"url": url}) == []


def test_a_file_of_the_site_is_its_path_and_of_others_has_their_host() -> None:
    assert told("File Download", {"url": "https://example.org/files/app.dmg?key=1"}) == [("download", "/files/app.dmg")]
    assert told("File Download", {"url": "https://cdn.example/app.dmg"}) == [("download", "cdn.example/app.dmg")]


def test_a_missing_page_is_its_path_without_what_identifies() -> None:
    assert told("404", {"path": "/gone/0b5b2b1a-3f0e-4a57-9d6c-2f6f2b1a3f0e?x=1"}) == [("missing", "/gone/:id")]
    assert told("404", {"path": "//other.example/x"}) == [("missing", "//other.example/x")]
    assert told("404", {"path": "gone"}) == []
    assert told("404", {}) == []


def test_only_declared_properties_are_told_of_the_events_that_they_are_declared_for() -> None:
    props = {"plan": "free", "size": 7, "email": "bob@mail.example"}
    assert told("signup", props, DECLARING) == [("prop:plan", "free"), ("prop:signup:size", "7")]
    assert told("login", props, DECLARING) == [("prop:plan", "free")]
    assert told("signup", props) == []


@pytest.mark.parametrize(
    ("given_", "value"),
    [
        ("  two\n words ", "two words"), (True, "true"), (False, "false"), (None, "(none)"), ("", "(none)"),
        (1.5, "1.5"),
        ("bob@mail.example", "(withheld)"), ("81.2.69.160", "(withheld)"), ("x" * 121, "(withheld)"),
        ("a\u202eb", "(withheld)"), ("free", "free"),
    ],
)  # fmt: skip
def test_values_are_short_printable_and_nobodys(given_: object, value: str) -> None:
    assert told("signup", {"plan": given_}, DECLARING) == [("prop:plan", value)]


values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=200))


@given(
    st.sampled_from(["signup", "404", "Outbound Link: Click", "File Download"]),
    st.dictionaries(st.sampled_from(["plan", "size", "url", "path", "email"]), values),
)
def test_whatever_is_sent_what_is_told_is_declared_short_and_no_identifier(event: str, props: dict[str, Any]) -> None:
    for detail in details_of(event, props, DECLARING):
        assert detail.attribute in {"prop:plan", "prop:signup:size", "outbound", "download", "missing"}
        assert len(detail.value) <= 500
        assert detail.value.isprintable()
        if detail.attribute.startswith("prop:"):
            assert detail.value == "(withheld)" or find_identifier(detail.value) is None
        assert not detail.free
