"""Whatever people send is text on every page, and no page needs anything but its own files."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from dashboards_stage import TODAY, Memory, Rows
from starlette.testclient import TestClient

from ingest.app import App
from ingest.counters.cells import Attribute, Pair
from ingest.counters.exemplar import Exemplar
from ingest.site import Site

pytest_plugins = ["dashboards_fixtures"]

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\"` onmouseover=alert(1) x=",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("http://evil.example")',
    "\u202egnp.exe",
    "é" * 2000,
    "</title></svg></style>",
    "https://evil.example/x.js",
)  # fmt: skip
GROUP = "d" * 16


class Reader(HTMLParser):
    """Notes every tag, attribute and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self._inside: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = [tag]

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._inside in (["script"], ["style"]) and data.strip():
            self.inline.append(data)


def faults(text: str) -> list[str]:
    """Return what a page may not hold."""
    page = Reader()
    page.feed(text)
    found = [f"inline: {data}" for data in page.inline]
    for tag, attributes in page.tags:
        if tag in {"style", "iframe", "object", "embed", "base", "img"}:
            found.append(tag)
        for name, value in attributes.items():
            if name == "style" or name.startswith("on"):
                found.append(f"{tag} {name}")
            if name in {"src", "href", "action", "srcset"} and not re.match(r"(/(?!/)|#)", value):
                found.append(f"{tag} {name}={value}")
    return found


@pytest.fixture
def hostile(rows: Rows, site: Site, app: App, live: Memory) -> None:
    rows.hours(site.id, [(TODAY, 8, [9] * 8)])
    for attribute in Attribute:
        rows.cells(site.id, attribute, [(TODAY, text, [30] * 8) for text in HOSTILE])
    for pair in Pair:
        rows.pairs(site.id, pair, [(date(2026, 11, 16), one, text, [9] * 8) for one in HOSTILE[:2] for text in HOSTILE])
    rows.refusals(site.owner, [(TODAY, text, 3) for text in HOSTILE])
    frames = [
        {"function": text, "module": text, "file": text, "line": 1, "in_app": bool(number % 2)}
        for number, text in enumerate(HOSTILE)
    ]
    stack = json.dumps({"platform": HOSTILE[0], "exceptions": [{"type": HOSTILE[1], "frames": frames}]})
    rows.groups(app.id, [(GROUP, date(2026, 11, 16), Exemplar(1, HOSTILE[0], HOSTILE[1], stack), TODAY, TODAY)])
    kinds = ("release", "system_version", "model", "arch", "environment", "state", "stripped")
    rows.crashes(app.id, [(TODAY, GROUP, kind, text, 3) for kind in kinds for text in HOSTILE])


@pytest.mark.usefixtures("hostile")
def test_hostile_strings_are_text_on_every_page(member: TestClient, site: Site, app: App) -> None:
    paths = [
        "/", "/privacy", "/account", "/nothing", f"/sites/{site.id}", f"/sites/{site.id}?period=day",
        *(f"/sites/{site.id}/{slug}" for slug in ("pages", "sources", "referrers", "countries", "languages")),
        *(f"/sites/{site.id}?card={slug}" for slug in ("entry-pages,channels", "missing-pages,utm-campaigns")),
        *(f"/sites/{site.id}{path}?f=is,source,{quote(HOSTILE[1])}" for path in ("", "/pages", "/cards", "/browsers")),
        *(f"/sites/{site.id}/{slug}" for slug in ("downloads", "outbound-links", "missing-pages", "goals", "funnels")),
        *(f"/sites/{site.id}/{slug}" for slug in ("browsers", "systems", "devices", "events", "privacy")),
        f"/sites/{site.id}/pages?q=%3Cscript%3E", f"/apps/{app.id}/crashes", f"/apps/{app.id}/crashes/{GROUP}",
        f"/apps/{app.id}/privacy", f"/apps/{app.id}/releases", f"/apps/{app.id}/alerts",
        f"/sites/{site.id}/alerts", f"/sites/{site.id}/digest",
        f"/apps/{app.id}/crashes?q=%22%3E%3Cimg%20src%3Dx%3E&by=release&value=%3Cscript%3E",
    ]  # fmt: skip
    for path in paths:
        assert faults(member.get(path).text) == [], path


@pytest.mark.usefixtures("hostile")
def test_they_are_shown_and_not_swallowed(member: TestClient, site: Site, app: App) -> None:
    for path in (f"/sites/{site.id}/pages", f"/sites/{site.id}/countries", f"/apps/{app.id}/crashes/{GROUP}"):
        page = Reader()
        page.feed(member.get(path).text)
        text = "".join(page.text)
        for string in HOSTILE:
            assert string in text, (path, string)


@pytest.mark.usefixtures("hostile")
def test_csv_holds_no_formula_and_json_is_json(member: TestClient, site: Site, app: App) -> None:
    crashes, links = f"/apps/{app.id}/crashes", f"/sites/{site.id}/outbound-links"
    for path in (f"/sites/{site.id}/pages", links, crashes, f"{crashes}/{GROUP}", f"/apps/{app.id}/releases"):
        csv = member.get(f"{path}.csv")
        assert csv.headers["content-type"] == "text/csv; charset=utf-8"
        assert not re.search(r'(^|,)"?[=+@-]', csv.text, re.MULTILINE), path
        assert member.get(f"{path}.json").headers["content-type"] == "application/json"
    assert "'=HYPERLINK" in member.get(f"/sites/{site.id}/pages.csv").text


@pytest.mark.parametrize(
    "leak",
    ["<p onclick=x>", "<p style='x'>", "<script>x</script>", "<a href='https://e.example'>", "<img>", "<a href='//e'>"],
)
def test_the_check_would_see_each_of_them(leak: str) -> None:
    assert faults(f"<main>{leak}</main>")


def test_a_query_string_is_never_echoed_as_markup(member: TestClient, anyone: TestClient, site: Site) -> None:
    for path in (f"/sites/{site.id}", f"/sites/{site.id}/pages"):
        for name in ("q", "period", "from", "metric", "page", "order", "next", "card", "f", "compare", "match"):
            answer = member.get(path, params={name: HOSTILE[1]})
            assert answer.status_code == 200
            assert faults(answer.text) == []
    assert faults(anyone.get("/login", params={"next": HOSTILE[1]}).text) == []
    assert "onerror" not in anyone.get("/login", params={"next": HOSTILE[1]}).text


def test_a_search_with_a_zero_byte_is_a_search(member: TestClient, site: Site) -> None:
    assert member.get(f"/sites/{site.id}/pages?q=a%00b").status_code == 200
