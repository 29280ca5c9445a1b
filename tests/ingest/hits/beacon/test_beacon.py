"""The beacon in a real Chromium, against a server that records what it is sent."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ingest.hits import beacon

SOURCES = Path(beacon.__file__).parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BODIES = {
    "plain": '<script defer src="/js/logless.js" data-site="demo"></script>',
    "double": '<script defer src="/js/logless.js" data-site="demo"></script>' * 2,
    "module": '<script type="module" src="/module.js" data-site="from-tag"></script>',
    "settings": '<script src="/settings.js"></script><script type="module" src="/module.js"></script>',
    "hash": '<script defer src="/js/logless.js" data-site="demo" data-hash></script>',
    "params": '<script defer src="/js/logless.js" data-site="demo" data-params="plan,tier"></script>',
    "api": '<script defer src="/js/logless.js" data-site="demo" data-api="/elsewhere"></script>',
    "unsafe": '<script src="/unsafe.js"></script><script defer src="/js/logless.js" data-site="demo"></script>',
    "prerendering": '<script src="/prerender.js"></script>',
}
SCRIPTS = {
    "/module.js": 'import "/js/logless.js";',
    "/settings.js": (
        "window.logless = function () { (logless.q = logless.q || []).push(arguments); };"
        'logless.site = "from-settings"; logless("early", { props: { when: "before" } });'
    ),
    "/unsafe.js": "window.navigation = { nothing: 1 }; history.deep = 1;",
    "/prerender.js": (
        "const rules = document.createElement('script'); rules.type = 'speculationrules';"
        "rules.textContent = JSON.stringify({ prerender: [{ urls: ['/plain/next'], eagerness: 'immediate' }] });"
        "document.head.append(rules);"
    ),
}


class Recorder:
    """Keeps the submissions that reached the server, with the headers they came with."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.methods: list[str] = []
        self.paths: list[str] = []
        self.origin = ""

    def clear(self) -> None:
        for seen in (self.posts, self.headers, self.methods, self.paths):
            seen.clear()

    def application(self) -> Starlette:
        async def serve_page(request: Request) -> Response:
            body = BODIES[request.path_params["kind"]]
            return HTMLResponse(f"<!doctype html><title>t</title><link rel=icon href=data:,>{body}")

        async def serve_script(request: Request) -> Response:
            if request.url.path == "/js/logless.js":
                return Response(beacon.script(), media_type="text/javascript")
            return Response(SCRIPTS[request.url.path], media_type="text/javascript")

        async def take(request: Request) -> Response:
            self.methods.append(request.method)
            self.paths.append(request.url.path)
            self.headers.append(dict(request.headers))
            if request.method == "POST":
                self.posts.append(json.loads(await request.body()))
            return Response(status_code=202)

        every = ["GET", "POST", "OPTIONS", "HEAD"]
        return Starlette(
            routes=[
                Route("/api/event", take, methods=every),
                Route("/elsewhere", take, methods=every),
                *(Route(path, serve_script) for path in ("/js/logless.js", *SCRIPTS)),
                Route("/{kind}/{rest:path}", serve_page),
            ]
        )

    def wait(self, count: int) -> list[dict[str, Any]]:
        """Return the posts once there are `count`, and a moment in which one too many would show."""
        end = time.monotonic() + 5
        while len(self.posts) < count and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.15)
        assert len(self.posts) == count, self.posts
        return self.posts


@pytest.fixture(scope="module")
def server() -> Iterator[Recorder]:
    recorder = Recorder()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recorder.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            recorder.application(), log_level="warning", access_log=False, ws="none", lifespan="off", loop="asyncio"
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(running.serve([listener])), daemon=True)
        thread.start()
        yield recorder
        running.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=FLAGS,
            # Playwright switches the back-forward cache off; people's browsers have it on.
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, server: Recorder) -> Iterator[BrowserContext]:
    server.clear()
    opened = chromium.new_context(locale="de-AT", screen={"width": 1440, "height": 900})
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == []


browser = pytest.mark.browser


@browser
def test_load_sends_one_view_of_exactly_these_fields(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one?utm_source=news&token=secret&ref=hn&email=a@b.example#part")
    assert server.wait(1) == [
        {
            "n": "pageview",
            "u": f"{server.origin}/plain/one?utm_source=news&ref=hn",
            "d": "demo",
            "w": 1440,
            "l": "de-AT",
            "r": "",
        }
    ]
    assert server.methods == ["POST"], "a preflight went ahead"
    assert server.headers[0]["content-type"] == "text/plain;charset=UTF-8"
    assert "cookie" not in server.headers[0]
    assert "referer" not in server.headers[0]


@browser
def test_cookies_of_the_site_are_not_sent(server: Recorder, context: BrowserContext, page: Page) -> None:
    context.add_cookies([{"name": "session", "value": "secret", "url": server.origin}])
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    assert "cookie" not in server.headers[0]


@browser
def test_referrer_is_sent_without_its_query(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/prerendering/?q=a+name#x", wait_until="commit")
    page.evaluate("location.href = '/plain/two'")
    page.wait_for_url("**/plain/two")
    assert server.wait(1)[0]["r"] == f"{server.origin}/prerendering/"


@browser
@pytest.mark.parametrize("has_navigation", [True, False], ids=["navigation-api", "patched-history"])
def test_navigation_within_the_page(server: Recorder, page: Page, has_navigation: bool) -> None:
    if not has_navigation:
        page.add_init_script("Object.defineProperty(window, 'navigation', { value: undefined });")
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    page.evaluate("history.pushState({}, '', '/plain/two?id=7')")
    page.evaluate("history.replaceState({}, '', '/plain/two?id=8')")
    page.evaluate("history.replaceState({}, '', '/plain/two#there')")
    page.evaluate("location.hash = 'elsewhere'")
    server.wait(2)
    page.evaluate("history.replaceState({}, '', '/plain/three')")
    server.wait(3)
    page.evaluate("history.back()")
    page.wait_for_url("**/plain/two*")
    page.evaluate("history.back()")
    page.wait_for_url("**/plain/one")
    posts = server.wait(5)
    paths = [urlsplit(post["u"]).path for post in posts]
    assert paths == ["/plain/one", "/plain/two", "/plain/three", "/plain/two", "/plain/one"]
    assert ["r" in post for post in posts] == [True, False, False, False, False]


@browser
def test_event_with_props(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    page.evaluate("logless('signup', { props: { plan: 'free', seats: 3, trial: true } })")
    page.evaluate("logless('download')")
    posts = server.wait(3)
    assert posts[1]["n"] == "signup"
    assert posts[1]["p"] == {"plan": "free", "seats": 3, "trial": True}
    assert posts[1]["d"] == "demo"
    assert "r" not in posts[1]
    assert posts[2]["n"] == "download"
    assert "p" not in posts[2]


@browser
def test_events_called_while_the_page_is_left_arrive(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    page.evaluate("addEventListener('pagehide', () => logless('left'))")
    page.goto("about:blank")
    assert [post["n"] for post in server.wait(2)] == ["pageview", "left"]


@browser
@pytest.mark.parametrize("restored", ["really", "in-words"])
def test_restored_page_is_a_view_without_referrer(server: Recorder, page: Page, restored: str) -> None:
    page.goto(f"{server.origin}/params/start")
    page.evaluate("location.href = '/plain/one'")
    page.wait_for_url("**/plain/one")
    server.wait(2)
    assert server.posts[1]["r"] == f"{server.origin}/params/start"
    if restored == "really":
        page.evaluate("window.kept = 1; location.href = '/hash/away'")
        page.wait_for_url("**/hash/away")
        server.wait(3)
        page.evaluate("history.back()")
        # A page that comes back out of the cache is not loaded again.
        page.wait_for_url("**/plain/one", wait_until="commit")
        if not page.evaluate("window.kept"):
            pytest.skip("this Chromium did not keep the page in its back-forward cache")
        posts = server.wait(4)
    else:
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        posts = server.wait(3)
    assert urlsplit(posts[-1]["u"]).path == "/plain/one"
    assert "r" not in posts[-1]


@browser
@pytest.mark.parametrize(
    "refusal",
    [
        "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });",
        "Object.defineProperty(navigator, 'doNotTrack', { value: '1' });",
        "localStorage.setItem('logless_opt_out', '1');",
    ],
    ids=["gpc", "dnt", "opt-out"],
)
def test_refusal_sends_nothing(server: Recorder, page: Page, refusal: str) -> None:
    page.add_init_script(refusal)
    page.goto(f"{server.origin}/plain/one")
    page.evaluate("history.pushState({}, '', '/plain/two'); logless('signup')")
    server.wait(0)


@browser
def test_refusal_in_the_middle_of_a_visit_holds_at_once(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)
    page.evaluate("localStorage.setItem('logless_opt_out', '1'); logless('signup')")
    server.wait(1)


@browser
@pytest.mark.parametrize(
    "defect",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('SecurityError'); } });",
        "Object.defineProperty(navigator, 'doNotTrack', { value: '0' });",
        "Object.defineProperty(navigator, 'globalPrivacyControl', { value: false });",
    ],
    ids=["storage-throws", "dnt-0", "gpc-false"],
)
def test_no_refusal_is_counted(server: Recorder, page: Page, defect: str) -> None:
    page.add_init_script(defect)
    page.goto(f"{server.origin}/plain/one")
    server.wait(1)


@browser
@pytest.mark.parametrize(
    "defect",
    [
        "window.fetch = () => { throw new Error('blocked'); };",
        "window.fetch = () => Promise.reject(new Error('blocked'));",
        "window.fetch = undefined;",
        "Object.defineProperty(document, 'currentScript', { get() { throw new Error('odd'); } });",
    ],
    ids=["fetch-throws", "fetch-rejects", "no-fetch", "no-script"],
)
def test_nothing_is_thrown_into_the_page(server: Recorder, page: Page, defect: str) -> None:
    page.add_init_script(defect)
    page.goto(f"{server.origin}/plain/one")
    page.evaluate("window.logless && logless('a', { props: window })")
    page.evaluate("history.pushState({}, '', '/plain/two')")
    assert page.evaluate("location.pathname") == "/plain/two"
    server.wait(0)


@browser
def test_circular_props_are_dropped_in_silence(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/plain/one")
    page.evaluate("const p = {}; p.p = p; logless('a', { props: p }); logless('b', null)")
    assert [post["n"] for post in server.wait(2)] == ["pageview", "b"]


@browser
def test_second_copy_does_nothing(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/double/one")
    page.evaluate("history.pushState({}, '', '/double/two')")
    assert [urlsplit(post["u"]).path for post in server.wait(2)] == ["/double/one", "/double/two"]


@browser
def test_module_finds_its_tag(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/module/one")
    assert server.wait(1)[0]["d"] == "from-tag"


@browser
def test_module_reads_settings_and_the_queue(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/settings/one")
    posts = server.wait(2)
    assert [(post["n"], post["d"], post.get("p")) for post in posts] == [
        ("pageview", "from-settings", None),
        ("early", "from-settings", {"when": "before"}),
    ]


@browser
def test_hash_router_names_its_pages(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/hash/one#/inbox")
    page.evaluate("location.hash = '/sent'")
    posts = server.wait(2)
    assert [urlsplit(post["u"]).fragment for post in posts] == ["/inbox", "/sent"]
    assert [post["h"] for post in posts] == [1, 1]


@browser
def test_declared_params_are_sent(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/params/one?plan=free&planet=x&tier=2&utm_campaign=a%26b&utm_id=9")
    assert urlsplit(server.wait(1)[0]["u"]).query == "plan=free&tier=2&utm_campaign=a%26b"


@browser
def test_submissions_go_where_the_tag_says(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/api/one")
    server.wait(1)
    assert server.paths == ["/elsewhere"]


@browser
def test_foreign_global_called_navigation_is_left_alone(server: Recorder, page: Page) -> None:
    page.goto(f"{server.origin}/unsafe/one")
    page.evaluate("history.pushState({}, '', '/unsafe/two')")
    assert [urlsplit(post["u"]).path for post in server.wait(2)] == ["/unsafe/one", "/unsafe/two"]


@browser
def test_prerendered_page_waits_until_it_is_looked_at(server: Recorder, page: Page) -> None:
    page.add_init_script(
        "let shown = false; Object.defineProperty(document, 'prerendering', { get: () => !shown });"
        "window.show = () => { shown = true; document.dispatchEvent(new Event('prerenderingchange')); };"
    )
    page.goto(f"{server.origin}/plain/one")
    page.evaluate("logless('early')")
    server.wait(0)
    page.evaluate("show()")
    assert [post["n"] for post in server.wait(2)] == ["pageview", "early"]
    page.evaluate("show()")
    server.wait(2)


@browser
def test_page_that_chromium_prerenders_is_counted_when_it_is_opened(server: Recorder, page: Page) -> None:
    with page.expect_request(lambda request: request.url.endswith("/plain/next"), timeout=2000):
        page.goto(f"{server.origin}/prerendering/")
    server.wait(0)
    page.wait_for_timeout(500)
    page.evaluate("location.href = '/plain/next'")
    page.wait_for_url("**/plain/next")
    assert urlsplit(server.wait(1)[0]["u"]).path == "/plain/next"


def test_core_is_small() -> None:
    assert len(gzip.compress(beacon.script(), 9, mtime=0)) < 1000


def test_served_file_is_what_the_source_builds(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine: the committed logless.js was not built again")
    for name in ("logless.src.js", "package.json", "package-lock.json"):
        shutil.copy(SOURCES / name, tmp_path / name)
    for command in (["ci", "--ignore-scripts", "--prefer-offline"], ["run", "build"]):
        done = subprocess.run([npm, *command], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "logless.js").read_bytes() == beacon.script()


def test_lock_names_no_registry() -> None:
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert "node_modules/terser" in packages
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name
