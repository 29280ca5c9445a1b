"""Real Chromium on a real server: screens in light, dark, narrow and without scripts; axe; freshness; keys."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from chromium import CHROMIUM, FLAGS
from dashboards_stage import NOW, TODAY, Memory, Rows, snippet
from npm import install
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from starlette.applications import Starlette

from ingest.app import App
from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.disclosure import Who
from ingest.counters.exemplar import Exemplar
from ingest.hits.agents import Agent
from ingest.hits.hit import Arrival
from ingest.hits.location import Location
from ingest.hits.recent import BROWSERS, Recent
from ingest.hits.setups import Setups
from ingest.hits.wire import read_submissions
from ingest.site import Site
from ingest.store.control.actions import Deed, note_action
from ingest.store.control.annotations import add_annotation
from ingest.store.control.assignments import assign
from ingest.store.control.channels import ChannelKind, add_channel
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.notes import add_note
from ingest.store.control.reviews import Finding, Status, add_review
from ingest.store.control.shares import create_share
from ingest.store.control.tokens import create_token
from ingest.store.control.users import Role, User, add_user

pytest_plugins = ["dashboards_fixtures"]
pytestmark = pytest.mark.browser

GROUP = "e" * 16
REVIEWED = "forum.of-a-very-long-name-that-goes-on-and-on.example"

ADMINISTRATION = [f"/admin/{page}" for page in ("setup", "members", "tokens", "links", "log", "health")]

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "zoomed": {"color_scheme": "dark", "viewport": {"width": 640, "height": 450}},
    "without scripts": {"java_script_enabled": False, "viewport": {"width": 1280, "height": 900}},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def base_url(pages: Starlette) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(pages, port=port, log_level="critical", access_log=False, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def told(setups: Setups, recent: Recent, site: Site, owner: User, control: Control) -> None:
    """A trial of the owner's with what came of two hits, refusals, a proxy's mark, and a review that is due."""
    setup = setups.begin(site.id, owner.id, NOW)
    for host in (*site.hosts, "a-host-of-somebody-else-" * 3 + ".example"):
        body = json.dumps({"n": "pageview", "u": f"https://{host}/a/{'long-path-' * 20}", "d": site.id})
        arrival = Arrival(
            site, read_submissions(body.encode())[0], Location.read(json.loads(body)["u"]),
            Agent("Firefox", "Linux", "desktop", bot=False), "CH", "8.8", "en",
        )  # fmt: skip
        setup.tell(setup.rehearsal.take(arrival, NOW))
    for reason in (Refusal.BOT, Refusal.HOST):
        recent.refused(site.id, reason)
        recent.refused(UNKNOWN_OWNER, Refusal.UNKNOWN_SITE)
    for number in range(BROWSERS):
        recent.came(site.id, b"%d" % number, Who(b"proxy", "8.8"))
    finding = Finding("https://forum.example/" + "thread" * 30, Status.EXAGGERATED, "words " * 60, TODAY)
    add_review(control, site.id, REVIEWED, finding, owner.id, TODAY)


@pytest.fixture
def administered(control: Control, site: Site, app: App) -> None:
    """Members, tokens, links and annotations of long names, and a log of them."""
    long = "of-a-name-that-goes-on-and-on-" * 2
    add_user(control, long, Role.EDITOR)
    add_user(control, "vic", Role.VIEWER)
    create_token(control, long, site=site.id)
    create_share(control, long, app=app.id, password="argon", ends=TODAY)
    create_share(control, "Board", site=site.id)
    add_annotation(control, site.owner, TODAY, "Newsletter " * 18, lambda _: "")
    for deed in Deed:
        note_action(control, site.owner, long, deed, long, "without password, until 1 Dec 2026", NOW)


@pytest.fixture
def filled(
    rows: Rows, site: Site, app: App, live: Memory, control: Control, owner: User, told: None, administered: None
) -> list[str]:
    days = [TODAY - timedelta(days=back) for back in range(28)]
    rows.hours(site.id, [(day, 9, [40 + day.day, 50, 99, 3, 20, 2000, 60, 1]) for day in days])
    rows.cells(site.id, "mark", [(TODAY - timedelta(days=9), "~", [0, 1, 0, 0, 0, 0, 0, 0])])
    rows.cells(site.id, "revisit", [(day, name, [9] * 8) for day in days for name in ("new", "last four weeks")])
    monday = TODAY - timedelta(days=TODAY.weekday())
    for pair in ("page*source", "source*country", "goal*source"):
        rows.pairs(site.id, pair, [(monday, "CH", "CH", [30] * 8), (monday, "/", "", [9] * 8)])
    attributes = ("page", "source", "country", "browser", "system", "device", "language", "event", "network", "goal")
    for attribute in attributes:
        values = ("(rare)", "", "CH", "/blog/" + "a-long-title-" * 12)
        rows.cells(site.id, attribute, [(TODAY, value, [30, 33, 60, 2, 9, 900, 50, 1]) for value in values])
    rows.refusals(site.owner, [(TODAY, "bot", 5)])
    for host in (REVIEWED, "free-traffic.example", "google.com"):
        rows.cells(site.id, "referrer", [(TODAY, host, [30, 33, 60, 2, 33, 0, 50, 1])])
    rows.pairs(site.id, "goal*source", [(TODAY, "Buy", REVIEWED, [30, 33, 60, 2, 9, 900, 50, 1])])
    frame = {"function": "merge_" * 30, "module": "app.sync", "file": "sync.py", "line": 8, "in_app": True}
    stack = json.dumps({"platform": "python", "exceptions": [{"type": "E", "frames": [{"function": "f"}, frame]}]})
    rows.groups(app.id, [(GROUP, date(2026, 11, 16), Exemplar(1, "KeyError", "merge", stack), TODAY, TODAY)])
    rows.crashes(app.id, [(day, GROUP, "release", f"1.{day.day}", 4) for day in days])
    rows.crashes(app.id, [(TODAY, GROUP, "stripped", "frame.function:email", 2)])
    add_note(control, app.id, GROUP, owner.id, "A long word: " + "merge" * 60, TODAY, find_identifier)
    assign(control, app.id, GROUP, owner.id)
    add_channel(control, app.owner, ChannelKind.WEBHOOK, "https://hooks.example.org/in")
    return [
        "/", f"/sites/{site.id}", f"/sites/{site.id}?period=day", f"/sites/{site.id}?period=12mo&metric=bounce_rate",
        f"/sites/{site.id}?compare=prev&period=28d", f"/sites/{site.id}?f=is,source,CH&card=browsers,languages",
        f"/sites/{site.id}?metric=browsers", f"/sites/{site.id}/countries?period=28d", "/privacy/you",
        f"/sites/{site.id}/goals?period=28d", f"/sites/{site.id}/funnels", f"/sites/{site.id}/realtime",
        f"/sites/{site.id}/pages", f"/sites/{site.id}/privacy", "/sites/empty.example", f"/apps/{app.id}/crashes",
        "/help",
        f"/sites/{site.id}/audit", f"/sites/{site.id}/audit/review?host={REVIEWED}", f"/sites/{site.id}/setup",
        *ADMINISTRATION, f"/sites/{site.id}/annotations", f"/sites/{site.id}/digest?week=2026-11-16",
        f"/sites/{site.id}/alerts",
        f"/apps/{app.id}/crashes/{GROUP}", f"/apps/{app.id}/privacy", f"/apps/{app.id}/releases",
        f"/apps/{app.id}/crashes?q=merge&by=release&value=1.21&show=all", f"/apps/{app.id}/alerts",
        "/apps/999999/crashes", "/apps/999999/releases", "/privacy", "/account",
    ]  # fmt: skip


class Watch:
    """Notes what a page should not do."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(base_url) else self.faults.append(asked.url))


def signed_in(browser: Browser, base_url: str, control: Control, owner: User, **screen: Any) -> BrowserContext:
    """Return a context that has the cookie of a one-time link; Firefox and the journeys open theirs as a page."""
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=20)
    connection.request("GET", f"/login/{make_link(control, owner.id, NOW)}")
    [cookie] = SimpleCookie(connection.getresponse().headers["set-cookie"]).values()
    connection.close()
    context = browser.new_context(**screen)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base_url}])
    return context


LONG_FORMS = {"dark", "zoomed"}
RULES: dict[str, list[str]] = {"light": [], "dark": ["color-contrast"]}
"""The screens that axe looks at, each with the rules that it may break where others do not; none are all of them."""


@pytest.fixture(scope="session")
def axe() -> str | Path:
    """Return where axe-core is; or why it cannot be had."""
    folder = install(Path(__file__).parent / "vendoring")
    return folder if isinstance(folder, str) else folder / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.node
@pytest.mark.parametrize(
    "screen", [pytest.param(name, marks=pytest.mark.soak) if name in LONG_FORMS else name for name in SCREENS]
)
def test_every_screen_is_quiet_and_fits_and_axe_finds_nothing(
    screen: str, axe: str | Path, browser: Browser, base_url: str, control: Control, owner: User, filled: list[str]
) -> None:
    look = Look(axe.read_text() if isinstance(axe, Path) else "", RULES.get(screen))
    context = signed_in(browser, base_url, control, owner, **SCREENS[screen])
    page = context.new_page()
    watch = Watch(page, base_url)
    # Every page in two screens at least, and all of them in the plain one.
    for path in filled if screen == "light" else filled[list(SCREENS).index(screen) % 2 :: 2]:
        answer = page.goto(base_url + path)
        assert answer is not None
        assert answer.status == 200
        assert page.locator("h1").count() == 1, path
        if SCREENS[screen].get("java_script_enabled", True):
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{path} is {wide} pixels too wide"
        look.at(page, path)
    assert watch.faults == []
    if look.looks:
        page.goto(f"{base_url}/nothing")
        look.at(page, "/nothing")
        context.clear_cookies()
        for path in ("/login", "/login/used-up", "/privacy"):
            page.goto(base_url + path)
            look.at(page, path)
        assert look.found == [], "\n".join(look.found)
        assert look.sees_what_is_planted(page)
    context.close()
    if isinstance(axe, str) and screen in RULES:
        pytest.skip(axe)


class Look:
    """Axe on one page after the other, where it is to be had and the screen is one that it looks at."""

    def __init__(self, axe: str, rules: list[str] | None) -> None:
        self.found: list[str] = []
        self.looks = bool(axe) and rules is not None
        self._axe = axe
        self._asked = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}

    def at(self, page: Page, path: str) -> None:
        """Note what a page has against it, with everything opened that folds."""
        if not self.looks:
            return
        page.evaluate("for (const details of document.querySelectorAll('main details')) details.open = true")
        page.evaluate(self._axe)
        violations = page.evaluate(
            "async asked => (await axe.run(asked)).violations"
            ".map(found => [found.id, found.nodes.map(node => node.html)])",
            self._asked,
        )
        self.found += [f"{path}: {name}: {nodes[:2]}" for name, nodes in violations]

    def sees_what_is_planted(self, page: Page) -> bool:
        page.evaluate("document.querySelector('main').innerHTML += '<img><h2 class=pale>pale words</h2>'")
        page.evaluate("document.querySelector('.pale').style.color = '#333'")
        self.at(page, "planted")
        return bool(self.found)


def test_a_chart_is_drawn_in_its_colours(
    browser: Browser, base_url: str, control: Control, owner: User, filled: list[str], tmp_path: Path
) -> None:
    colours = set()
    for screen in ("light", "dark"):
        context = signed_in(browser, base_url, control, owner, **SCREENS[screen])
        page = context.new_page()
        page.goto(base_url + filled[1])
        drawn = page.evaluate(
            "() => { const line = document.querySelector('.chart .line'); const style = getComputedStyle(line);"
            " const box = line.getBoundingClientRect(); return [style.stroke, style.fill, box.width, box.height]; }"
        )
        assert drawn[1] == "none"
        assert drawn[2] > 600
        assert drawn[3] > 20
        colours.add(drawn[0])
        context.close()
    assert len(colours) == 2
    assert "rgb(0, 0, 0)" not in colours


def test_clicks_show_within_three_seconds_and_can_be_paused(
    browser: Browser, base_url: str, control: Control, owner: User, site: Site, live: Memory
) -> None:
    context = signed_in(browser, base_url, control, owner, **SCREENS["light"])
    page = context.new_page()
    watch = Watch(page, base_url)
    page.clock.install()
    page.goto(f"{base_url}/sites/{site.id}?period=day")
    visitors = page.locator('[data-metric="visitors"]')
    assert visitors.inner_text() == "0"
    live.totals[site.id] = {(TODAY, 13): [3, 3, 15, 0, 0, 60, 0, 0]}
    expect(visitors).to_have_text("3", timeout=3000)
    assert page.locator('[data-metric="pageviews"]').inner_text() == "15"
    page.get_by_role("button", name="Live").click()
    live.totals[site.id] = {(TODAY, 13): [4, 4, 16, 0, 0, 60, 0, 0]}
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)
    assert asked == []
    assert visitors.inner_text() == "3"
    page.get_by_role("button", name="Paused").click()
    expect(visitors).to_have_text("4", timeout=3000)
    assert asked
    assert watch.faults == []
    context.close()


def test_a_chart_is_read_by_keys(
    browser: Browser, base_url: str, control: Control, owner: User, filled: list[str]
) -> None:
    context = signed_in(browser, base_url, control, owner, **SCREENS["light"])
    page = context.new_page()
    page.goto(f"{base_url}{filled[1]}?period=7d&compare=prev")
    page.locator("[data-chart]").focus()
    page.keyboard.press("End")
    told, _, mark = page.locator(".tip").inner_text().partition("; ")
    assert told == "61 so far\nSat 21 Nov 2026\nSat 14 Nov 2026: 54"
    assert mark.startswith("Newsletter"), "what a member wrote of that day"
    page.keyboard.press("ArrowLeft")
    assert "Fri 20 Nov 2026" in page.locator(".tip").inner_text()
    page.keyboard.press("Home")
    assert "15 Nov 2026" in page.locator(".tip").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator(".tip").is_visible()
    context.close()


def test_a_tag_is_copied_by_a_button(
    browser: Browser, base_url: str, control: Control, owner: User, site: Site
) -> None:
    context = signed_in(browser, base_url, control, owner, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{base_url}/admin/setup")
    page.get_by_role("button", name=f"Copy the tag of {site.id}").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == snippet(site.id)
    # On plain http to another machine there is no clipboard: the text is selected for the keyboard.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name=f"Copy the tag of {site.id}").click()
    expect(page.get_by_text("Selected: copy it by keyboard")).to_be_visible()
    assert page.evaluate("getSelection().toString()").strip() == snippet(site.id)
    context.close()


def test_a_link_is_made_and_opened_without_scripts(
    browser: Browser, base_url: str, control: Control, owner: User, site: Site
) -> None:
    context = signed_in(browser, base_url, control, owner, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base_url}/admin/links")
    page.get_by_label("Who it is for").fill("Board")
    page.get_by_label("It shows").select_option(f"site:{site.id}")
    page.get_by_label("Password of").fill("correct horse")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".secret code").inner_text().replace("http://testserver", base_url)
    guest = browser.new_context(java_script_enabled=False)
    shared = guest.new_page()
    shared.goto(link)
    shared.get_by_label("Password of this link").fill("correct horse")
    shared.get_by_role("button", name="Open").click()
    assert shared.url == f"{base_url}/sites/{site.id}"
    page.get_by_role("button", name="Revoke Board").click()
    shared.reload()
    assert "/login" in shared.url
    guest.close()
    context.close()


def test_people_get_about_without_scripts(
    browser: Browser, base_url: str, control: Control, owner: User, filled: list[str], site: Site, app: App
) -> None:
    context = signed_in(browser, base_url, control, owner, **SCREENS["without scripts"])
    page = context.new_page()
    page.goto(base_url)
    page.locator(".switcher summary").click()
    page.locator(".switcher").get_by_role("link", name=site.id).click()
    page.get_by_role("link", name="7 days").click()
    assert page.url.endswith("?period=7d")
    page.get_by_role("link", name="Bounce rate").click()
    assert "metric=bounce_rate" in page.url
    page.get_by_role("link", name="All 4 pages").click()
    page.get_by_label("Pages that contain").fill("blog")
    page.get_by_role("button", name="Search").click()
    assert "period=7d" in page.url
    assert page.locator("tbody tr").count() == 1
    page.goto(f"{base_url}/apps/{app.id}/crashes")
    page.get_by_role("link", name="KeyError in merge").click()
    page.locator(".folded summary").first.click()
    page.locator(".act summary").first.click()
    page.get_by_role("button", name="In the next release").click()
    assert "Resolved in the release after 1.31" in page.locator(".stands").inner_text()
    page.get_by_label("A note for the team").fill("The lock is taken twice")
    page.get_by_role("button", name="Keep note").click()
    assert page.get_by_text("The lock is taken twice").count() == 1
    page.goto(f"{base_url}/apps/{app.id}/crashes")
    page.get_by_role("link", name="Resolved 1").click()
    page.get_by_label("Tick KeyError in merge").check()
    page.get_by_role("button", name="Open again").click()
    assert page.url.endswith("/crashes?show=resolved")
    page.get_by_role("link", name="Open 1").click()
    assert page.get_by_role("link", name="KeyError in merge").count() == 1
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out").click()
    assert page.url == f"{base_url}/login"
    context.close()


def test_letters_lead_to_periods_and_escape_removes_a_filter(
    browser: Browser, base_url: str, control: Control, owner: User, filled: list[str]
) -> None:
    context = signed_in(browser, base_url, control, owner, **SCREENS["light"])
    page = context.new_page()
    start = base_url + filled[1]
    page.goto(f"{start}?f=is,source,CH")
    for key, said in {"d": "period=day", "W": "period=7d", "l": "period=12mo", "u": "?f=", "x": "compare=prev"}.items():
        page.keyboard.press(key)
        page.wait_for_url(f"**{said}*")
        assert "f=is" in page.url, key
    page.keyboard.press("x")
    page.wait_for_url("**compare=yoy*")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**period=custom&from=2026-09-21*")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**period=custom&from=2026-10-19*")
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "f=" not in url)
    page.keyboard.press("c")
    assert page.evaluate("document.activeElement.id") == "picker-from"
    # A letter in a field is a letter, and with a modifier it is the browser's.
    before = page.url
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("Control+e")
    assert page.url == before
    page.keyboard.press("r")
    page.wait_for_url("**/realtime*")
    page.goto(f"{base_url}/account")
    page.get_by_role("button", name="Switch them off").click()
    page.goto(start)
    page.keyboard.press("d")
    page.keyboard.press("Tab")
    assert page.url == start
    context.close()


def test_tabs_of_cards_are_swapped_and_the_url_tells_which(
    browser: Browser, base_url: str, control: Control, owner: User, filled: list[str]
) -> None:
    context = signed_in(browser, base_url, control, owner, **SCREENS["light"])
    page = context.new_page()
    watch = Watch(page, base_url)
    start = base_url + filled[1]
    page.goto(start)
    page.evaluate("window.isTheSame = true")
    page.locator("#tab-browsers").click()
    expect(page.locator("#tab-browsers")).to_have_attribute("aria-current", "true")
    assert page.url == f"{start}?card=browsers"
    page.locator("#tab-languages").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-languages")).to_have_attribute("aria-current", "true")
    assert page.url == f"{start}?card=languages%2Cbrowsers"
    assert page.evaluate("[window.isTheSame, document.activeElement.id]") == [True, "tab-languages"]
    # What lies outside of the part that was swapped leads on with it.
    page.get_by_role("link", name="Bounce rate").click()
    page.wait_for_url("**metric=bounce_rate*")
    expect(page.locator("#tab-languages")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.locator("#tab-languages")).to_have_attribute("aria-current", "true")
    page.go_back()
    page.wait_for_url(f"{start}?card=browsers")
    expect(page.locator("#tab-countries")).to_have_attribute("aria-current", "true")
    page.go_back()
    page.wait_for_url(start)
    expect(page.locator("#tab-devices")).to_have_attribute("aria-current", "true")
    assert page.locator("[data-chart=read]").count() == 1
    page.go_forward()
    expect(page.locator("#tab-browsers")).to_have_attribute("aria-current", "true")
    assert watch.faults == []
    context.close()


def test_a_filter_is_set_turned_round_and_removed_by_clicks(
    browser: Browser, base_url: str, control: Control, owner: User, filled: list[str]
) -> None:
    context = signed_in(browser, base_url, control, owner, **SCREENS["without scripts"])
    page = context.new_page()
    page.goto(f"{base_url}{filled[1]}?period=28d")
    page.locator("#card-sources").get_by_role("link", name="CH", exact=True).click()
    assert page.locator(".chip").inner_text().split() == ["Source", "is", "CH", "×"]  # noqa: RUF001
    assert page.locator("#card-pages li").count() == 1
    assert page.locator("#card-devices").inner_text().endswith("Nothing is shared widely enough to be shown yet: "
        "a value is named once 5 people shared it on a day.")  # fmt: skip
    page.locator(".chip").get_by_role("link", name="is").click()
    assert "is not" in page.locator(".chip").inner_text()
    page.get_by_role("link", name="Remove the filter").first.click()
    assert page.locator(".chip").count() == 0
    assert page.url.endswith("?period=28d")
    page.get_by_role("link", name="7 days").click()
    page.locator(".more summary").click()
    page.get_by_role("link", name="The period before").click()
    assert page.url.endswith("?period=7d&compare=prev")
    assert page.locator(".chart .line.compared").count() == 1
    page.locator(".more summary").click()
    page.get_by_role("link", name="A year before").click()
    assert page.locator(".chart .line.compared").count() == 0
    assert "was not counted yet" in page.locator("main").inner_text()
    context.close()


def test_the_map_is_painted_in_the_colours_of_its_legend(
    browser: Browser, base_url: str, control: Control, owner: User, site: Site, rows: Rows
) -> None:
    counts = {"DE": 500, "FR": 200, "CH": 100, "US": 50, "SG": 10}
    rows.hours(site.id, [(TODAY, 9, [900] * 8)])
    rows.cells(site.id, "country", [(TODAY, code, [n] * 8) for code, n in counts.items()])
    for screen in ("light", "dark"):
        context = signed_in(browser, base_url, control, owner, **SCREENS[screen])
        page = context.new_page()
        watch = Watch(page, base_url)
        page.goto(f"{base_url}/sites/{site.id}/countries?period=28d")
        fills = page.evaluate(
            "() => [...document.querySelectorAll('.map use:not(.land)')].map(use => getComputedStyle(use).fill)"
        )
        legend = page.evaluate("() => [...document.querySelectorAll('.key rect')].map(r => getComputedStyle(r).fill)")
        assert fills == legend
        assert len(set(fills)) == 5
        # Painted, and not only named: the file was read and the shape has that colour in the middle of Germany.
        page.wait_for_load_state("networkidle")
        box = page.locator(".map use[href$='#DE']").bounding_box()
        assert box is not None
        assert box["width"] > 10
        assert pixel(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == fills[-1]
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_url("**f=is%2Ccountry%2CDE*")
        assert watch.faults == []
        context.close()


def pixel(page: Page, x: float, y: float) -> str:
    """Return the colour of a pixel of what is on the screen."""
    picture = base64.b64encode(page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})).decode()
    blank = page.context.browser.new_page()  # type: ignore[union-attr]
    found = blank.evaluate(
        "async picture => { const image = new Image(); image.src = 'data:image/png;base64,' + picture;"
        " await image.decode(); const canvas = document.createElement('canvas'); const paint = canvas.getContext('2d');"
        " paint.drawImage(image, 0, 0); const [r, g, b] = paint.getImageData(0, 0, 1, 1).data;"
        " return `rgb(${r}, ${g}, ${b})`; }",
        picture,
    )
    blank.close()
    return str(found)


def test_print_keeps_the_numbers_and_drops_what_is_clicked(
    browser: Browser, base_url: str, control: Control, owner: User, filled: list[str]
) -> None:
    context = signed_in(browser, base_url, control, owner, **SCREENS["light"])
    page = context.new_page()
    page.goto(f"{base_url}{filled[1]}?period=28d")
    page.emulate_media(media="print")
    for gone in (".top", ".controls", ".card-tabs", ".tools", ".now"):
        assert not page.locator(gone).first.is_visible(), gone
    for kept in ("h1", ".kpis", ".chart", "#card-pages .rows"):
        assert page.locator(kept).first.is_visible(), kept


def test_a_host_is_reviewed_by_keys_alone_and_without_scripts(
    browser: Browser, base_url: str, control: Control, owner: User, filled: list[str], site: Site
) -> None:
    context = signed_in(browser, base_url, control, owner, **SCREENS["without scripts"])
    page = context.new_page()
    page.goto(f"{base_url}/sites/{site.id}/audit")
    page.get_by_role("link", name="free-traffic.example").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Link to the claim").focus()
    for keys in ("https://free-traffic.example/best", "Tab", "unfounded", "Tab", "Sends nobody.", "Tab"):
        page.keyboard.press(keys) if keys == "Tab" else page.keyboard.type(keys)
    page.get_by_role("button", name="Keep this review").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The review is kept.")
    assert page.locator(".history li strong").all_inner_texts() == ["Unfounded"]
    page.get_by_role("link", name="Referrer audit").last.click()
    row = page.locator('[data-host="free-traffic.example"]')
    assert row.locator("td").first.inner_text().startswith("Unfounded")
    context.close()
