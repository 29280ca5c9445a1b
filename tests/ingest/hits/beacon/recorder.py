"""A server that carries the beacon on small pages, and keeps what the beacon sends."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ingest.hits import beacon

_TAG = '<script defer src="/js/logless.js" data-site="demo"{}></script>'
_LINKS = (
    "<a id=inside href='/plain/two?x=1#y'>in</a>"
    "<a id=outbound href='https://user@Other.Example:8443/a/b?token=secret#part'><b id=bold>out</b></a>"
    "<a id=mail href='mailto:somebody@other.example'>mail</a>"
    "<a id=download href='/files/app-1.2.DMG?key=secret'>get</a>"
    "<a id=foreign-download href='https://cdn.example/app.zip'>get</a>"
    "<a id=notes href='/files/notes.csv'>csv</a>"
    "<svg width=40 height=40><a id=drawn href='https://drawn.example/'><rect id=rect width=40 height=40 /></a></svg>"
    "<button id=named data-logless-event=signup data-logless-prop-plan=free data-logless-prop-plan-name=Free "
    "data-secret=no>go</button>"
    "<a id=named-link href='https://other.example/' data-logless-event='to partner'>go</a>"
    "<button id=quiet onclick='event.stopPropagation()' data-logless-event=quiet>go</button>"
    "<form action=/plain/search?q=secret><input name=q required><button id=send>send</button></form>"
    # The page stays: what is counted is the click.
    "<script>for (const name of ['click', 'auxclick', 'submit']) addEventListener(name, (event) => {"
    " if (event.type === 'submit' || event.target.closest('a')) event.preventDefault(); });</script>"
)
BODIES = {
    "plain": _TAG.format(""),
    "bare": "nothing",
    "double": _TAG.format("") * 2,
    "module": '<script type="module" src="/module.js" data-site="from-tag"></script>',
    "esm": '<script type="module" src="/esm.js"></script>',
    "hash": _TAG.format(" data-hash"),
    "params": _TAG.format(' data-params="plan|tier"'),
    "api": _TAG.format(' data-api="/elsewhere"'),
    "moved": '<script defer src="/moved/s.js" data-site="demo"></script>',
    "core": '<script defer src="/js/logless.core.js" data-site="demo"></script>' + _LINKS,
    "unsafe": '<script src="/unsafe.js"></script>' + _TAG.format(""),
    "returning": "<script>addEventListener('load', () => setTimeout(() => history.back()));</script>",
    "prerendering": '<script src="/prerender.js"></script>',
    "prerendered": _TAG.format("") + '<script defer src="/after.js"></script>',
    "timed": '<script src="/clock.js"></script>'
    + _TAG.format("")
    + '<p style="height:200vh"><a href=/returning/next>next</a>',
    "forgetful": '<script src="/clock.js"></script>' + _TAG.format(" data-no-revisit"),
    "gpc": '<script src="/gpc.js"></script>' + _TAG.format("") + _LINKS,
    "dnt": '<script src="/dnt.js"></script>' + _TAG.format("") + _LINKS,
    "opted-out": '<script src="/opt-out.js"></script>' + _TAG.format("") + _LINKS,
    "links": _TAG.format("") + _LINKS,
    "listed": _TAG.format(' data-downloads="csv|tsv"') + _LINKS,
    "missing": _TAG.format(" data-logless-404"),
    "missing-meta": '<meta name="logless-404">' + _TAG.format(""),
}
SCRIPTS = {
    "/module.js": 'import "/js/logless.js";',
    "/esm.js": (
        "import { init, track } from '/js/logless.mjs';"
        "window.track = track; window.init = init; track('early', { props: { when: 'before' } });"
    ),
    "/unsafe.js": "window.navigation = { nothing: 1 }; history.deep = 1;",
    "/prerender.js": (
        "const rules = document.createElement('script'); rules.type = 'speculationrules';"
        "rules.textContent = JSON.stringify({ prerender: [{ urls: ['/prerendered/next'], eagerness: 'immediate' }] });"
        "document.head.append(rules);"
        "fetch('/permission').then(() => { location.href = '/prerendered/next'; });"
    ),
    # Deferred scripts run one after the other: who is asked for this knows that the beacon has run.
    "/after.js": "fetch('/js/logless.core.js');",
    # Time passes when a test says so; `at` in the address is the moment that the page takes for now.
    "/clock.js": (
        "let now = 1; performance.now = () => now; window.pass = (seconds) => { now += 1000 * seconds; };"
        "const at = new URLSearchParams(location.search).get('at'); if (at) Date.now = () => Date.parse(at);"
    ),
    "/gpc.js": "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });",
    "/dnt.js": "Object.defineProperty(navigator, 'doNotTrack', { value: '1' });",
    "/opt-out.js": "localStorage.setItem('logless_opt_out', '1');",
}


def wait_for(found: Callable[[], object], what: Callable[[], object]) -> None:
    """Return once something is found; fail with what there is instead after ten seconds."""
    end = time.monotonic() + 10
    while not found():
        assert time.monotonic() < end, what()
        time.sleep(0.005)


class Recorder:
    """Keeps the submissions that reached the server, engagement apart, with the headers they came with."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.engagements: list[dict[str, Any]] = []
        self.order: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.methods: list[str] = []
        self.paths: list[str] = []
        self.served: list[str] = []
        self.permitted = threading.Event()
        self.port = 0
        self._host = 0

    @property
    def origin(self) -> str:
        """Origin of the host that the running test has to itself: names under localhost lead to loopback."""
        return f"http://n{self._host}.localhost:{self.port}"

    def begin(self) -> None:
        """Forget what was sent, and take a new host, on which no browser has stored anything."""
        self._host += 1
        self.clear()

    def clear(self) -> None:
        """Forget what was sent."""
        for seen in (self.posts, self.engagements, self.order, self.headers, self.methods, self.paths, self.served):
            seen.clear()

    def application(self) -> Starlette:
        async def serve_page(request: Request) -> Response:
            body = BODIES[request.path_params["kind"]]
            return HTMLResponse(f"<!doctype html><title>t</title><link rel=icon href=data:,>{body}")

        async def serve_script(request: Request) -> Response:
            return Response(SCRIPTS[request.url.path], media_type="text/javascript")

        async def serve_beacon(request: Request) -> Response:
            name = request.path_params["name"]
            self.served.append(name)
            if name == "logless.mjs":
                return Response(BUILT_MODULE.read_bytes(), media_type="text/javascript")
            content = beacon.script() if name == "logless.js" else beacon.script_core()
            return Response(content, media_type="text/javascript")

        async def take(request: Request) -> Response:
            if request.url.hostname != f"n{self._host}.localhost":
                # What the page of the test before said as it was closed, arriving late.
                return Response(status_code=202)
            self.methods.append(request.method)
            self.paths.append(request.url.path)
            self.headers.append(dict(request.headers))
            if request.method == "POST":
                post = json.loads(await request.body())
                self.order.append(post["n"])
                (self.engagements if post["n"] == "engagement" else self.posts).append(post)
            return Response(status_code=202)

        async def barrier(_request: Request) -> Response:
            return Response(status_code=204)

        async def permission(_request: Request) -> Response:
            await asyncio.to_thread(self.permitted.wait, 10)
            return Response(status_code=204)

        every = ["GET", "POST", "OPTIONS", "HEAD"]
        return Starlette(
            routes=[
                Route("/api/event", take, methods=every),
                Route("/elsewhere", take, methods=every),
                Route("/barrier", barrier, methods=["POST"]),
                Route("/permission", permission),
                Route("/js/{name}", serve_beacon),
                *(Route(path, _serve_moved) for path in MOVED),
                *(Route(path, serve_script) for path in SCRIPTS),
                Route("/{kind}/{rest:path}", serve_page),
            ]
        )

    def wait(self, count: int) -> list[dict[str, Any]]:
        """Return page views and events once there are `count`; one too many fails."""
        wait_for(lambda: len(self.posts) >= count, lambda: self.posts)
        assert len(self.posts) == count, self.posts
        return self.posts

    def wait_engagements(self, count: int) -> list[dict[str, Any]]:
        """Return deltas of engagement once there are `count`; one too many fails."""
        wait_for(lambda: len(self.engagements) >= count, lambda: (self.engagements, self.order))
        assert len(self.engagements) == count, self.engagements
        return self.engagements


MOVED = beacon.beacon_files("/moved/s.js", "/elsewhere")
"""The beacon as a configuration puts it, with submissions that go elsewhere."""


async def _serve_moved(request: Request) -> Response:
    file = MOVED[request.url.path]
    return Response(file.content, media_type=file.media_type)


BUILT_MODULE = Path(beacon.__file__).parent / "logless.mjs"

BARRIER = "fetch('/barrier', { method: 'POST' }).then(() => fetch('/barrier', { method: 'POST' })).then(() => 1)"
"""What a page evaluates after an act: requests that the act made went out before these two were answered."""


@contextmanager
def serve() -> Iterator[Recorder]:
    """Serve the pages on a free port of loopback."""
    recorder = Recorder()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recorder.port = listener.getsockname()[1]
        config = uvicorn.Config(
            recorder.application(), log_level="warning", access_log=False, ws="none", lifespan="off", loop="asyncio"
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(running.serve([listener])), daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            running.should_exit = True
            thread.join(10)
