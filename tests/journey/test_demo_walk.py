"""Three people in a real Chromium walk the demonstration, and the owner reads exactly that off the dashboard."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from chromium import CHROMIUM, FLAGS
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from running import Logless, wait_until

pytestmark = pytest.mark.browser

_ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0"
# Chromium's own agent says HeadlessChrome, which is a bot's.
VISITORS = (
    (
        "81.2.69.142",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_ENGINE} Safari/537.36",
    ),
    (
        "2a02:6b8::2:242",
        f"Mozilla/5.0 (X11; Linux x86_64) {_ENGINE} Safari/537.36",
    ),
    (
        "216.160.83.56",
        f"Mozilla/5.0 (Linux; Android 10; K) {_ENGINE} Mobile Safari/537.36",
    ),
)
PATHS = ["/demo/", "/demo/features/", "/demo/pricing/", "/demo/blog/", "/demo/download/"]


class Demonstration(Logless):
    """`logless demo`, with a configuration of its own making."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.config.unlink()
        self.environment |= {
            "LOGLESS_SERVER__PORT": str(self.port),
            "LOGLESS_SERVER__TRUSTED_PROXIES": '["127.0.0.1/32"]',
            "LOGLESS_RUNTIME__DIR": str(self.runtime),
        }

    @property
    def arguments(self) -> list[str]:
        return ["-m", "collector", "demo", "--dir", str(self.folder), "--days", "0"]


@dataclass
class Complaints:
    """What a browser found wrong: errors on the console, refused policies, requests to other hosts."""

    origin: str
    found: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("page", self._watch_page)
        context.on("request", lambda request: self._check(request.url))

    def _watch_page(self, page: Page) -> None:
        page.on("console", lambda said: self.found.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.found.append(str(error)))

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.found.append(f"a request to {url}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    made = Demonstration(tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def complaints(demonstration: Demonstration) -> Complaints:
    return Complaints(demonstration.url)


def opened(chromium: Browser, complaints: Complaints, **options: Any) -> BrowserContext:
    context = chromium.new_context(**options)
    context.set_default_timeout(15_000)
    complaints.watch(context)
    return context


def walk(page: Page, origin: str) -> float:
    """Open the first page and click through four more; return when the last click was."""
    page.goto(origin + PATHS[0])
    clicked = time.monotonic()
    for path in PATHS[1:]:
        link = page.locator(f'nav[aria-label="Main"] a[href="{path}"]')
        with page.expect_response(lambda response: "/api/event" in response.url):
            clicked = time.monotonic()
            link.click()
            page.wait_for_url(origin + path)
    return clicked


def number(page: Page, metric: str) -> str:
    return page.locator(f'dd[data-metric="{metric}"]').get_attribute("data-value") or ""


def test_three_visitors_of_five_pages_are_read_off_the_dashboard(
    demonstration: Demonstration, chromium: Browser, complaints: Complaints
) -> None:
    origin = demonstration.url
    token = demonstration.token()
    visitors = [
        opened(chromium, complaints, user_agent=agent, extra_http_headers={"X-Forwarded-For": address})
        for address, agent in VISITORS
    ]
    # The owner signs in first, so that what the last click has to be seen within is not spent on that.
    link = demonstration.login_link()
    owner = opened(chromium, complaints).new_page()
    owner.goto(origin + link)
    expect(owner.locator("h1").first).to_be_visible()
    clicked = 0.0
    for context in visitors:
        clicked = walk(context.new_page(), origin)

    def told() -> bool:
        owner.goto(f"{origin}/sites/demo?period=day")
        return number(owner, "pageviews") == "15"

    wait_until(told, 10)
    assert time.monotonic() - clicked < 3
    assert [number(owner, metric) for metric in ("visitors", "visits", "pageviews")] == ["3", "3", "15"]
    rows = demonstration.query(token, site_id="demo", metrics=["visitors", "visits", "pageviews"])
    assert rows[0]["metrics"] == [3, 3, 15]

    # The tables step with the next write.
    def pages() -> dict[str, list[int]]:
        found = demonstration.query(token, site_id="demo", metrics=["visitors", "pageviews"], dimensions=["event:page"])
        return {row["dimensions"][0]: row["metrics"] for row in found}

    wait_until(lambda: pages() == {path: [3, 3] for path in PATHS}, 10)
    owner.goto(f"{origin}/sites/demo?period=day")
    for path in PATHS:
        expect(owner.locator(f'li[data-value="{path}"]')).to_have_attribute("data-count", "3")
    systems = demonstration.query(token, site_id="demo", metrics=["visitors"], dimensions=["visit:os"])
    assert {row["dimensions"][0] for row in systems} == {"Windows", "Linux", "Android"}
    countries = demonstration.query(token, site_id="demo", metrics=["visitors"], dimensions=["visit:country"])
    assert {"GB", "US"} <= {row["dimensions"][0] for row in countries}
    assert len(countries) == 3
    # Who reads the dashboard is no visitor, and a link serves once.
    assert complaints.found == []
    assert demonstration.get(link).status != 303
    for context in (*visitors, owner.context):
        context.close()


def test_the_button_that_throws_leads_to_a_crash_group_with_its_frames(
    demonstration: Demonstration, chromium: Browser, complaints: Complaints
) -> None:
    origin = demonstration.url
    # The page throws on purpose: that error is the one that its console may tell.
    thrown = Complaints(origin)
    address, agent = VISITORS[0]
    visitor = opened(chromium, thrown, user_agent=agent, extra_http_headers={"X-Forwarded-For": address})
    page = visitor.new_page()
    page.goto(f"{origin}/demo/?{secrets.token_hex(4)}")
    page.locator("button[data-throw]").click()
    expect(page.locator("[role=status]", has_text="The report was sent and taken.")).to_be_visible()
    assert all("TypeError" in found or "Cannot read properties" in found for found in thrown.found), thrown.found

    owner = opened(chromium, complaints).new_page()
    owner.goto(origin + demonstration.login_link())

    def listed() -> bool:
        owner.goto(f"{origin}/apps/1/crashes?period=day")
        return owner.locator("tr[data-group]").count() == 1

    wait_until(listed, 10)
    group = owner.locator("tr[data-group] a").first
    assert re.sub(r"\s+", " ", group.inner_text()) == "TypeError in decryptPage"
    assert number(owner, "reports") == "1"
    group.click()
    expect(owner.locator("h1")).to_contain_text("TypeError in decryptPage")
    functions = owner.locator("ol.frames .function").all_inner_texts()
    assert functions == ["decryptPage", "<anonymous>", "openNote", "HTMLButtonElement.<anonymous>"]
    assert owner.locator("ol.frames .place").first.inner_text().startswith("site.js")
    expect(owner.locator('li[data-value="lantern-web@1.2.0"]')).to_have_attribute("data-count", "1")
    # What it said is a text of the runtime, without what it quoted; nor does it say where it was.
    said = owner.locator("dd.message").all_inner_texts()
    assert said == ["Cannot read properties of undefined (reading <text>)"]
    quoted = re.search(r"reading '(\w+)'", thrown.found[0])
    assert quoted is not None
    assert f"reading '{quoted[1]}'" not in owner.content()
    assert f"'{quoted[1]}'" not in owner.locator("main").inner_text()
    assert "127.0.0.1" not in owner.locator("main").inner_text()
    assert complaints.found == []
    visitor.close()
    owner.context.close()
