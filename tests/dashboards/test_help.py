"""The help says what is true of this server, and names no site of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

import dashboards
from dashboards.pages.help import SECTIONS
from dashboards.way_in import WayIn
from ingest.hits import beacon

pytest_plugins = ["dashboards_fixtures"]

TEMPLATES = Path(dashboards.__file__).parent / "templates" / "help"


def test_every_section_is_there_and_every_template_is_a_section(anyone: TestClient) -> None:
    text = anyone.get("/help").text
    assert {file.stem for file in TEMPLATES.iterdir()} == {section.id for section in SECTIONS}
    for section in SECTIONS:
        assert f'<h2 id="{section.id}">{section.title}</h2>' in unescape(text)
        assert f'href="#{section.id}"' in text


def test_it_says_that_matomos_script_must_not_set_cookies(anyone: TestClient) -> None:
    text = anyone.get("/help").text
    assert re.search(r"matomo\.js needs <code>disableCookies</code>", text)
    code = unescape(text).partition("_paq.push")[2]
    assert code.startswith('(["disableCookies"])'), "before all other calls"


def test_every_attribute_that_the_beacon_reads_is_explained(anyone: TestClient) -> None:
    text = anyone.get("/help").text
    source = (Path(beacon.__file__).parent / "logless.src.js").read_text()
    head = source.partition("*/")[0]
    attributes = set(re.findall(r"data-[a-z0-9-]+", head)) - {"data-logless-prop-plan", "data-logless-event"}
    assert len(attributes) > 6
    assert not [name for name in attributes if f"<code>{name}</code>" not in text]


def test_addresses_are_those_of_the_configuration(build_at: Callable[[WayIn], Starlette]) -> None:
    way_in = WayIn("https://stats.example.org", "/a/b.js", "/x/e", "/x/pixel.gif")
    client = TestClient(build_at(way_in))
    text = unescape(client.get("/help").text)
    for address in ("/a/b.js", "/a/b.core.js", "/a/b.mjs", "/a/b.d.ts", "/x/e", "/x/pixel.gif?d=", "/matomo.php"):
        assert f"https://stats.example.org{address}" in text
    assert "/js/logless" not in text
    told = client.get("/help.json").json()["addresses"]
    assert told["events"] == "https://stats.example.org/x/e"
    assert client.get("/help.csv").text.splitlines()[1] == "beacon,https://stats.example.org/a/b.js"
