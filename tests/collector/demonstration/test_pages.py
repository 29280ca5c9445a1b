"""The demonstration site in a real Chromium, under the strictest policy that it may be served with."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from chromium import CHROMIUM, FLAGS
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from collector import demonstration
from ingest.hits import beacon

PAGES = Path(demonstration.__file__).parent / "pages"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
PATHS = sorted(
    "/demo/" + (str(file.parent.relative_to(PAGES)) + "/").removeprefix("./") for file in PAGES.rglob("index.html")
)
browser = pytest.mark.browser
OUTBOUND = {"https://commonmark.org/"}


class Collector:
    """Stands where the collector stands, and keeps what it is sent."""

    def __init__(self) -> None:
        self.hits: list[dict[str, Any]] = []
        self.engagements: list[dict[str, Any]] = []
        self.envelopes: list[tuple[str, str]] = []
        self.status = 200
        self.port = 0
        self._host = 0

    @property
    def origin(self) -> str:
        """Origin of the host that the running test has to itself: names under localhost lead to loopback."""
        return f"http://n{self._host}.localhost:{self.port}"

    def begin(self) -> None:
        """Forget what was sent, and take a new host: what the last page says as it is closed arrives late."""
        self._host += 1
        self.hits.clear()
        self.engagements.clear()
        self.envelopes.clear()
        self.status = 200

    def application(self) -> Starlette:
        async def serve_beacon(_request: Request) -> Response:
            return Response(beacon.script(), media_type="text/javascript")

        async def serve_dashboard(_request: Request) -> Response:
            return Response("dashboard")

        async def take_hit(request: Request) -> Response:
            hit = json.loads(await request.body())
            if request.url.hostname != f"n{self._host}.localhost":
                return Response(status_code=202)
            (self.engagements if hit["n"] == "engagement" else self.hits).append(hit)
            return Response(status_code=202)

        async def take_envelope(request: Request) -> Response:
            self.envelopes.append((str(request.url), (await request.body()).decode()))
            return JSONResponse({"id": "0" * 32}, status_code=self.status)

        return Starlette(
            routes=[
                Route("/", serve_dashboard),
                Route("/js/logless.js", serve_beacon),
                Route("/api/event", take_hit, methods=["POST"]),
                Route("/api/1/envelope/", take_envelope, methods=["POST"]),
                Mount("/demo", StaticFiles(directory=PAGES, html=True)),
            ]
        )

    def wait(self, count: int) -> list[str]:
        """Return the name and path of each hit once there are `count`, and a moment for one too many."""
        end = time.monotonic() + 5
        while len(self.hits) < count and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.15)
        assert len(self.hits) == count, self.hits
        return [f"{hit['n']} {urlsplit(hit['u']).path}" for hit in self.hits]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    served = Collector()
    inner = served.application()

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        async def send_with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", POLICY.encode())]
            await send(message)

        await inner(scope, receive, send_with_policy)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        served.port = listener.getsockname()[1]
        config = uvicorn.Config(
            guarded, log_level="warning", access_log=False, ws="none", lifespan="off", loop="asyncio"
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(running.serve([listener])), daemon=True)
        thread.start()
        yield served
        running.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(chromium: Browser, collector: Collector, complaints: list[str]) -> Iterator[Page]:
    collector.begin()
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on(
        "request",
        lambda request: None if request.url.startswith(collector.origin) else complaints.append(request.url),
    )
    yield opened
    context.close()
    assert complaints == []


class Links(HTMLParser):
    """Collects what one page refers to, and what its policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src"} and value and not value.startswith("#"):
                self.addresses.append(value)
            if name == "style" or name.startswith("on"):
                self.forbidden.append(f"{tag} {name}")
        if tag == "style" or (tag == "script" and not dict(attrs).get("src")):
            self.forbidden.append(tag)


@pytest.mark.parametrize("path", PATHS)
def test_links_lead_somewhere_and_nothing_is_inline(path: str) -> None:
    links = Links()
    source = (PAGES / path.removeprefix("/demo/") / "index.html").read_text()
    links.feed(source)
    assert links.forbidden == []
    for address in links.addresses:
        if address in {"/", "/js/logless.js"}:
            continue
        if address in OUTBOUND:
            continue
        assert address.startswith("/demo/"), address
        target = PAGES / address.removeprefix("/demo/")
        assert (target / "index.html" if address.endswith("/") else target).is_file(), address
    assert '<script defer src="/js/logless.js" data-site="demo"></script>' in source
    assert "This is the demonstration of Logless." in source


@browser
def test_every_page_is_one_view(page: Page, collector: Collector) -> None:
    for path in PATHS:
        page.goto(collector.origin + path)
        assert page.locator("h1").count() == 1
    assert collector.wait(len(PATHS)) == [f"pageview {path}" for path in PATHS]


@browser
def test_tabs_are_views_without_leaving_the_page(page: Page, collector: Collector) -> None:
    page.goto(collector.origin + "/demo/features/")
    page.evaluate("window.kept = true")
    page.get_by_role("link", name="Search").click()
    page.get_by_role("heading", name="Search").wait_for()
    page.get_by_role("link", name="Sync", exact=True).click()
    page.get_by_role("heading", name="Sync").wait_for()
    assert page.locator(".tabs a[aria-current=page]").text_content() == "Sync"
    page.evaluate("history.back()")
    page.get_by_role("heading", name="Search").wait_for()
    assert page.title() == "Search in Lantern"
    assert page.evaluate("window.kept")
    assert collector.wait(4) == [
        "pageview /demo/features/",
        "pageview /demo/features/search/",
        "pageview /demo/features/sync/",
        "pageview /demo/features/search/",
    ]


@browser
def test_events_carry_their_props(page: Page, collector: Collector) -> None:
    page.goto(collector.origin + "/demo/")
    page.get_by_role("button", name="Sign up for free").click()
    page.get_by_text("Counted as one").wait_for()
    collector.wait(2)
    assert (collector.hits[1]["n"], collector.hits[1]["p"]) == ("signup", {"plan": "free"})
    page.goto(collector.origin + "/demo/download/")
    page.get_by_role("link", name="Linux").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert collector.wait(5)[3:] == ["download /demo/download/", "pageview /demo/thanks/"]
    assert collector.hits[3]["p"] == {"url": f"{collector.origin}/demo/thanks/", "system": "linux"}


@browser
def test_links_to_files_and_away_are_counted(page: Page, collector: Collector) -> None:
    page.add_init_script("addEventListener('click', (event) => event.preventDefault());")
    page.goto(collector.origin + "/demo/download/")
    page.get_by_role("link", name="The manual").click()
    collector.wait(2)
    page.goto(collector.origin + "/demo/blog/plain-text/")
    page.get_by_role("link", name="CommonMark").click()
    collector.wait(4)
    assert [(hit["n"], hit["p"]) for hit in collector.hits if "p" in hit] == [
        ("File Download", {"url": f"{collector.origin}/demo/download/lantern-manual.pdf"}),
        ("Outbound Link: Click", {"url": "https://commonmark.org/"}),
    ]


@browser
def test_pages_tell_how_far_they_were_seen(page: Page, collector: Collector) -> None:
    page.goto(collector.origin + "/demo/blog/plain-text/")
    collector.wait(1)
    page.goto(collector.origin + "/demo/")
    collector.wait(2)
    assert [urlsplit(hit["u"]).path for hit in collector.engagements] == ["/demo/blog/plain-text/"]
    assert 0 < collector.engagements[0]["sd"] <= 100


@browser
def test_thrown_error_is_reported_as_an_envelope(page: Page, collector: Collector, complaints: list[str]) -> None:
    page.goto(collector.origin + "/demo/")
    page.get_by_role("button", name="Throw an error").click()
    page.get_by_text("The report was sent and taken.").wait_for()
    assert len(complaints) == 1, "the exception is a real one"
    assert "Cannot read properties of undefined" in complaints.pop()
    ((url, body),) = collector.envelopes
    assert url.endswith("/api/1/envelope/?sentry_key=d3000000000000000000000000000001")
    header, item, event = (json.loads(line) for line in body.split("\n"))
    assert re.fullmatch("[0-9a-f]{32}", header["event_id"])
    assert item == {"type": "event"}
    (exception,) = event.pop("exception")["values"]
    assert event == {
        "event_id": header["event_id"],
        "platform": "javascript",
        "level": "error",
        "release": "lantern-web@1.2.0",
        "environment": "production",
        "tags": {"consent": "given"},
    }
    assert exception["type"] == "TypeError"
    frames = exception["stacktrace"]["frames"]
    assert frames[-1]["function"] == "decryptPage", "oldest first"
    assert "openNote" in {frame["function"] for frame in frames}
    assert {frame["filename"] for frame in frames} == {"/demo/site.js"}
    assert all(frame["lineno"] > 0 and frame["in_app"] for frame in frames)
    assert collector.origin not in body


@browser
def test_refused_report_says_so(page: Page, collector: Collector, complaints: list[str]) -> None:
    collector.status = 403
    page.goto(collector.origin + "/demo/")
    page.get_by_role("button", name="Throw an error").click()
    page.get_by_text("The report was refused with 403.").wait_for()
    assert len(complaints) == 2, "the exception, and the browser's own note of the 403"
    complaints.clear()


@browser
def test_errors_that_nobody_agreed_to_send_stay_here(page: Page, collector: Collector, complaints: list[str]) -> None:
    page.goto(collector.origin + "/demo/")
    page.evaluate("setTimeout(() => { throw new Error('not this one'); })")
    page.wait_for_timeout(300)
    assert collector.envelopes == []
    assert len(complaints) == 1
    complaints.clear()


@browser
def test_opting_out_holds_and_can_be_taken_back(page: Page, collector: Collector) -> None:
    page.goto(collector.origin + "/demo/privacy/")
    collector.wait(1)
    page.get_by_role("button", name="Do not count this browser").click()
    page.get_by_text("This browser is not counted any more.").wait_for()
    page.goto(collector.origin + "/demo/")
    collector.wait(1)
    page.goto(collector.origin + "/demo/privacy/")
    button = page.get_by_role("button", name="Do not count this browser")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    page.goto(collector.origin + "/demo/")
    collector.wait(2)


@browser
def test_pages_work_without_scripts(chromium: Browser, collector: Collector) -> None:
    context = chromium.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(collector.origin + "/demo/features/")
    opened.get_by_role("link", name="Sync", exact=True).click()
    opened.wait_for_url("**/demo/features/sync/")
    assert opened.get_by_role("heading", name="Sync").count() == 1
    context.close()


@browser
@pytest.mark.parametrize("width", [320, 768])
def test_no_page_is_wider_than_its_window(page: Page, collector: Collector, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    for path in PATHS:
        page.goto(collector.origin + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
