"""Trackers of Plausible and Matomo from npm, unmodified, in a real Chromium, against a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, FLAGS
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from running import BROWSER, Logless, running, wait_until

from clients.sdk import PROGRAMS, install_node
from clients.trackers import BODIES, Website, serve

pytestmark = [pytest.mark.browser, pytest.mark.node]

SITES = "".join(
    f'[[site]]\nid = "{host}"\nprofile = "plain"\nevents = ["signup"]\nprops = ["plan"]\n'
    + {"matomo.localhost": "matomo_id = 3\n", "pixel.localhost": "pixel = true\n"}.get(host, "")
    for host in (*BODIES, "server.localhost")
)
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
# Trackers leave out whom a driver drives. Headless Chromium says in its client hints what it is.
UNSEEN = ["--disable-blink-features=AutomationControlled", "--disable-features=UserAgentClientHint"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logless]:
    with running(tmp_path_factory.mktemp("server"), SITES) as logless:
        yield logless


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trackers")
    problem = install_node(folder, "trackers")
    if problem:
        pytest.skip(problem)
    return folder


@pytest.fixture(scope="module")
def website(server: Logless, modules: Path) -> Iterator[Website]:
    with serve(Website(modules, server.url)) as website:
        yield website


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *UNSEEN])
        yield browser
        browser.close()


class Watched:
    """A page of which is noted what the server answers it, and what goes wrong."""

    def __init__(self, context: BrowserContext, collector: str) -> None:
        self.page: Page = context.new_page()
        self.statuses: list[int] = []
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on(
            "response",
            lambda answer: self.statuses.append(answer.status) if answer.url.startswith(collector) else None,
        )

    def wait(self, count: int, status: int) -> None:
        """Wait for so many answers, all of them alike, and for a page that has nothing to complain about."""
        wait_until(lambda: self.page.evaluate("1") and len(self.statuses) >= count)
        assert self.statuses == [status] * count
        assert self.faults == []


@pytest.fixture
def watched(chromium: Browser, server: Logless) -> Iterator[Watched]:
    context = chromium.new_context(user_agent=AGENT, locale="de-AT", screen={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    yield Watched(context, server.url)
    context.close()


class Counted:
    """What the Stats API says of the sites."""

    def __init__(self, server: Logless) -> None:
        self._server = server
        self._token = server.token()

    def by(self, site: str, dimension: str, metric: str) -> dict[str, Any]:
        """Return a metric by a dimension, without zeros."""
        rows = self._server.query(self._token, site_id=site, metrics=[metric], dimensions=[dimension])
        return {row["dimensions"][0]: row["metrics"][0] for row in rows if row["metrics"][0]}

    def wait(self, site: str, dimension: str, metric: str, expected: dict[str, int]) -> None:
        """Wait until what was counted is what is expected: the tables step every two seconds."""
        seen: list[dict[str, Any]] = []

        def is_so() -> bool:
            seen.append(self.by(site, dimension, metric))
            return seen[-1] == expected

        try:
            wait_until(is_so)
        except AssertionError:
            assert seen[-1] == expected


@pytest.fixture(scope="module")
def counted(server: Logless) -> Counted:
    return Counted(server)


def test_plausible_tracker(counted: Counted, website: Website, watched: Watched) -> None:
    page = watched.page
    page.goto(website.page("old.localhost", "/one?utm_source=newsletter"))
    watched.wait(1, 202)
    page.evaluate("history.pushState({}, '', '/two')")
    page.evaluate("plausible.trackEvent('signup', { props: { plan: 'free', seats: 3 } })")
    watched.wait(3, 202)
    page.locator("#out").click()
    wait_until(lambda: page.evaluate("1") and len(watched.statuses) == 4)
    counted.wait("old.localhost", "event:page", "pageviews", {"/one": 1, "/two": 1})
    counted.wait("old.localhost", "event:name", "events", {"signup": 1, "Outbound Link: Click": 1})
    counted.wait("old.localhost", "visit:source", "visits", {"newsletter": 1})


def test_plausible_analytics_tracker(counted: Counted, website: Website, watched: Watched) -> None:
    page = watched.page
    page.goto(website.page("new.localhost", "/one"))
    watched.wait(1, 202)
    page.evaluate(
        "track('signup', { props: { plan: 'free' }, interactive: false, revenue: { amount: 9, currency: 'EUR' } })"
    )
    watched.wait(2, 202)
    for count, selector in enumerate(("#out", "#file", "#send"), 3):
        page.locator(selector).click()
        watched.wait(count, 202)
    # Leaving a page within the page tells how far down it was seen: after the next view, or before it.
    page.evaluate("history.pushState({}, '', '/two')")
    watched.wait(7, 202)
    counted.wait("new.localhost", "event:page", "pageviews", {"/one": 1, "/two": 1})
    counted.wait(
        "new.localhost", "event:name", "events",
        {"signup": 1, "Outbound Link: Click": 1, "File Download": 1, "Form: Submission": 1},
    )  # fmt: skip
    assert counted.by("new.localhost", "event:page", "scroll_depth")["/one"] > 0
    assert not counted.by("new.localhost", "refusal:reason", "refusals")


def test_plausible_analytics_tracker_behind_the_hash(counted: Counted, website: Website, watched: Watched) -> None:
    watched.page.goto(website.page("hash.localhost", "/app#/inbox"))
    watched.page.evaluate("location.hash = '/sent'")
    watched.wait(3, 202)
    counted.wait("hash.localhost", "event:page", "pageviews", {"/app#/inbox": 1, "/app#/sent": 1})


def test_a_tracker_of_matomo(counted: Counted, website: Website, watched: Watched) -> None:
    page = watched.page
    ids_before = counted.by("matomo.localhost", "refusal:reason", "refusals").get("ids_ignored", 0)
    page.goto(website.page("matomo.localhost", "/one"))
    page.wait_for_function("!!window.tracker")
    calls = (
        "trackScreenView({ name: 'One', url: location.href })",
        "trackEvent({ category: 'Videos', action: 'Play', name: 'Tour', value: 3, url: location.href })",
        "trackLink({ link: 'https://other.example/there', url: location.href })",
        "trackDownload({ download: 'https://other.example/app.zip', url: location.href })",
        "trackSiteSearch({ keyword: 'how to leave', category: 'Advice', count: 0, url: location.href })",
        "trackAction({ name: 'Two', url: location.origin + '/two', userInfo: { res: '800x600', cip: '192.0.2.1' } })",
    )
    for count, call in enumerate(calls, 1):
        page.evaluate(f"void tracker.{call}")
        watched.wait(count, 204)
    counted.wait("matomo.localhost", "event:page", "pageviews", {"/one": 1, "/two": 1})
    counted.wait(
        "matomo.localhost", "event:name", "events",
        {"Videos: Play": 1, "Outbound Link: Click": 1, "File Download": 1, "Site Search": 1},
    )  # fmt: skip
    assert counted.by("matomo.localhost", "visit:browser", "visitors") == {"Chrome": 1}
    ignored = counted.by("matomo.localhost", "refusal:reason", "refusals")["ids_ignored"]
    assert ignored - ids_before == len(calls), "each bore the user's id"


def test_matomos_tracker_for_node_is_answered_as_by_matomo(server: Logless, counted: Counted, modules: Path) -> None:
    """It names no browser in its header, so nothing that it says is somebody's visit."""
    shutil.copy(PROGRAMS / "matomo.cjs", modules)
    command = ["node", str(modules / "matomo.cjs"), f"{server.url}/matomo.php"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    said = json.loads(done.stdout)
    assert said == {"answer": {"status": "success", "tracked": 2, "invalid": 0}, "statuses": [200], "errors": []}
    wait_until(lambda: counted.by("matomo.localhost", "refusal:reason", "refusals").get("bot") == 3)


def test_an_image_counts_whoever_runs_no_scripts(counted: Counted, website: Website, chromium: Browser) -> None:
    context = chromium.new_context(user_agent=AGENT, java_script_enabled=False)
    page = context.new_page()
    with page.expect_response("**/api/pixel.gif?*") as answered:
        page.goto(website.page("pixel.localhost", "/without-scripts?q=secret"))
    assert answered.value.status == 200
    context.close()
    counted.wait("pixel.localhost", "event:page", "pageviews", {"/without-scripts": 1})


def test_a_server_that_counts_in_the_place_of_browsers(server: Logless, counted: Counted) -> None:
    """Plausible's events API, as its documentation has it called from a server behind a trusted proxy."""
    for address in ("198.51.100.7", "198.51.100.8", "198.51.100.8"):
        answer = server.request(
            "POST",
            "/api/event",
            json.dumps(
                {
                    "name": "pageview", "url": "http://server.localhost/called", "domain": "server.localhost",
                    "referrer": "https://news.example/x", "props": {"plan": "free"},
                }
            ).encode(),
            {
                "User-Agent": BROWSER, "X-Forwarded-For": address, "Content-Type": "application/json",
                "X-Debug-Request": "true",
            },
        )  # fmt: skip
        assert (answer.status, answer.body) == (202, b"")
    counted.wait("server.localhost", "event:page", "visitors", {"/called": 2})
    counted.wait("server.localhost", "event:page", "pageviews", {"/called": 3})
