"""What pages, sites and people's settings do to the beacon, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from .browsers import undriven_chromium
from .recorder import BARRIER, Recorder, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("beacon")]


@pytest.fixture(scope="module")
def context(chromium_browser: Browser) -> Iterator[BrowserContext]:
    opened = chromium_browser.new_context(locale="de-AT", screen={"width": 1440, "height": 900})
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, server: Recorder) -> Iterator[Page]:
    server.begin()
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert errors == []


def paths(server: Recorder) -> list[str]:
    return [urlsplit(post["u"]).path for post in server.posts]


def test_screen_and_language_are_the_browsers(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    (post,) = server.wait(1)
    assert (post["w"], post["l"]) == (1440, "de-AT")
    assert server.headers[0]["content-type"] == "text/plain;charset=UTF-8"


def test_nothing_is_left_on_the_page_but_one_function(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/bare/one")
    before = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    assert set(page.evaluate("Object.getOwnPropertyNames(window)")) - before == {"logless"}
    # Names that are declared by const at the top of a script are seen by every script of the page.
    assert page.evaluate("[typeof start, typeof e, typeof t]") == ["undefined"] * 3


def test_cookies_of_the_site_are_not_sent(server: Recorder, context: BrowserContext, page: Page) -> None:
    context.add_cookies([{"name": "session", "value": "secret", "url": server.origin}])
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    assert "cookie" not in server.headers[0]


def test_referrer_is_sent_without_its_query(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/bare/?q=a+name#x", wait_until="commit")
    page.evaluate("location.href = '/plain/two'")
    page.wait_for_url("**/plain/two")
    assert server.wait(1)[0]["r"] == f"{server.origin}/bare/"


def test_only_what_names_another_page_is_a_view(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    page.evaluate("history.pushState({}, '', '/plain/two?id=7')")
    page.evaluate("history.replaceState({}, '', '/plain/two?id=8')")
    page.evaluate("history.replaceState({}, '', '/plain/two#there')")
    page.evaluate("location.hash = 'elsewhere'")
    page.evaluate(BARRIER)
    server.wait(2)
    page.evaluate("history.replaceState({}, '', '/plain/three')")
    page.evaluate("history.back()")
    page.wait_for_url("**/plain/two*")
    page.evaluate("history.back()")
    page.wait_for_url("**/plain/one")
    server.wait(5)
    assert paths(server) == ["/plain/one", "/plain/two", "/plain/three", "/plain/two", "/plain/one"]


def test_events_called_while_the_page_is_left_arrive(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    page.evaluate("addEventListener('pagehide', () => logless('left'))")
    page.goto("about:blank")
    assert [post["n"] for post in server.wait(2)] == ["pageview", "left"]


def test_refusal_in_the_middle_of_a_visit_holds_at_once(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    page.evaluate("localStorage.setItem('logless_opt_out', '1'); logless('signup')")
    page.evaluate("history.pushState({}, '', '/plain/two')")
    page.evaluate(BARRIER)
    assert server.order == ["pageview"]


@pytest.mark.parametrize(
    ("defect", "rv"),
    [
        ("Object.defineProperty(window, 'localStorage', { get() { throw new Error('SecurityError'); } });", None),
        ("Object.defineProperty(window, 'localStorage', { value: null });", None),
        ("Storage.prototype.setItem = 0; localStorage.x = 'x'.repeat(5 * 1024 * 1024 - 1);", None),
        ("Object.defineProperty(navigator, 'doNotTrack', { value: '0' });", 0),
        ("Object.defineProperty(navigator, 'doNotTrack', { value: 'unspecified' });", 0),
        ("Object.defineProperty(navigator, 'globalPrivacyControl', { value: false });", 0),
    ],
    ids=["storage-throws", "no-storage", "storage-full", "dnt-0", "dnt-unspecified", "gpc-false"],
)
def test_no_refusal_is_counted(server: Recorder, page: Page, defect: str, rv: int | None) -> None:
    page.add_init_script(defect)
    page.goto(f"{server.origin}/plain/one")
    assert server.wait(1)[0].get("rv") == rv, "where nothing can be stored, nobody is called new"


@pytest.mark.parametrize(
    "defect",
    [
        "window.fetch = () => { throw new Error('blocked'); };",
        "window.fetch = () => Promise.reject(new Error('blocked'));",
        "window.fetch = undefined;",
        "Document.prototype.querySelector = () => { throw new Error('odd'); };",
    ],
    ids=["fetch-throws", "fetch-rejects", "no-fetch", "no-tag"],
)
def test_nothing_is_thrown_into_the_page(server: Recorder, page: Page, defect: str) -> None:
    page.add_init_script("window.send = fetch.bind(window);" + defect)
    page.goto(f"{server.origin}/plain/one")
    page.evaluate("window.logless && void logless('a', { props: window })")
    page.evaluate("history.pushState({}, '', '/plain/two')")
    assert page.evaluate("location.pathname") == "/plain/two"
    page.evaluate(BARRIER.replace("fetch(", "send("))
    assert server.order == []


def test_circular_props_are_dropped_in_silence(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    page.evaluate("const p = {}; p.p = p; logless('a', { props: p }); void logless('b', null)")
    assert [post["n"] for post in server.wait(2)] == ["pageview", "b"]


def test_second_copy_does_nothing(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/double/one")
    page.evaluate("history.pushState({}, '', '/double/two')")
    page.evaluate(BARRIER)
    server.wait(2)
    assert paths(server) == ["/double/one", "/double/two"]


def test_script_in_a_module_finds_its_tag(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/module/one")
    assert server.wait(1)[0]["d"] == "from-tag"


def test_hash_router_names_its_pages(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/hash/one#/inbox")
    page.evaluate("location.hash = '/sent'")
    posts = server.wait(2)
    assert [urlsplit(post["u"]).fragment for post in posts] == ["/inbox", "/sent"]
    assert [post["h"] for post in posts] == [True, True]
    (delta,) = server.wait_engagements(1)
    assert (urlsplit(delta["u"]).fragment, delta["h"]) == ("/inbox", True)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("plan=free&planet=x&tier=2&utm_campaign=a%26b&utm_id=9", "plan=free&tier=2&utm_campaign=a%26b"),
        ("next=/x?ref=me&REF=you", ""),
        ("x=1&ref=hn", "ref=hn"),
        ("undefined=1&=2&&ref", ""),
        ("source=a&source=b&xsource=c&sources=d", "source=a&source=b"),
    ],
)
def test_only_declared_params_are_sent(server: Recorder, page: Page, query: str, kept: str) -> None:
    page.goto(f"{server.origin}/params/one?{query}")
    assert server.wait(1)[0]["u"] == f"{server.origin}/params/one" + (kept and f"?{kept}")


def test_submissions_go_where_the_tag_says(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/api/one")
    server.wait(1)
    assert server.paths == ["/elsewhere"]


def test_foreign_global_called_navigation_is_left_alone(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/unsafe/one")
    page.evaluate("history.pushState({}, '', '/unsafe/two')")
    server.wait(2)
    assert paths(server) == ["/unsafe/one", "/unsafe/two"]


def test_prerendered_page_waits_until_it_is_looked_at(server: Recorder, page: Page) -> None:
    page.add_init_script(
        "let shown = false; Object.defineProperty(document, 'prerendering', { get: () => !shown });"
        "window.show = () => {"
        " shown = true; document.dispatchEvent(new Event('prerenderingchange')); };"
    )
    page.goto(f"{server.origin}/plain/one")
    page.evaluate("void logless('early')")
    page.evaluate(BARRIER)
    assert server.order == []
    assert page.evaluate("localStorage.length") == 0, "nothing is stored for a page that nobody has seen"
    page.evaluate("show()")
    assert [post["n"] for post in server.wait(2)] == ["pageview", "early"]
    assert server.posts[0]["rv"] == 0
    page.evaluate("show()")
    page.evaluate(BARRIER)
    server.wait(2)


def test_page_that_chromium_prerenders_is_counted_when_it_is_opened(
    server: Recorder, chromium_browser: Browser
) -> None:
    server.begin()
    # Playwright switches prerendering off, so nobody drives this one: the page leads on by itself, once it may.
    with undriven_chromium(f"{server.origin}/prerendering/"):
        wait_for(lambda: "logless.core.js" in server.served, lambda: "Chromium did not prerender the page")
        assert server.order == []
        server.permitted.set()
        assert server.wait(1)[0]["r"] == f"{server.origin}/prerendering/"
    assert paths(server) == ["/prerendered/next"]
    assert server.served == ["logless.js", "logless.core.js"], "it was opened, and not loaded again"


def test_module_does_nothing_until_it_is_told(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/esm/one?plan=free&x=1")
    page.wait_for_function("!!window.track")
    page.evaluate(BARRIER)
    assert server.order == []
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("typeof logless") == "undefined"
    page.evaluate("init({ site: 'demo', params: ['tier', 'plan'], hash: false, noRevisit: true, downloads: [] })")
    page.evaluate("init({ site: 'another' })")
    page.evaluate("track('late')")
    posts = server.wait(3)
    assert [(post["n"], post["d"], post.get("props")) for post in posts] == [
        ("pageview", "demo", None),
        ("early", "demo", {"when": "before"}),
        ("late", "demo", None),
    ]
    assert posts[0]["u"] == f"{server.origin}/esm/one?plan=free"
    assert posts[0]["h"] is False
    assert "rv" not in posts[0]


@pytest.mark.parametrize("config", ["null", "undefined", "{}", "{ site: 'demo', params: ['('] }"])
def test_module_never_throws(server: Recorder, page: Page, config: str) -> None:
    page.goto(f"{server.origin}/esm/one")
    page.wait_for_function("!!window.track")
    page.evaluate(f"init({config}); track('a'); track()")
