"""The real SDKs with the filters that Logless serves: what leaves the device passes the schema unchanged."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, FLAGS
from playwright.sync_api import sync_playwright
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from clients.sdk import PROGRAMS, _run, install_node
from clients.test_sdks import Collector, collector, node_modules  # noqa: F401 - fixtures
from ingest.crashes.device import filter_for

HERE = Path(__file__).parent
SECRETS = ("bob", "4111", "laptop", str(HERE))
IMPORTS = {
    "@sentry/browser": "browser/build/npm/esm/prod/index.js",
    "@sentry/browser-utils": "browser-utils/build/esm/index.js",
    "@sentry/core": "core/build/esm/index.js",
    "@sentry/core/browser": "core/build/esm/browser.js",
    "@sentry/feedback": "feedback/build/npm/esm/index.js",
    "@sentry/replay": "replay/build/npm/esm/index.js",
    "@sentry/replay-canvas": "replay-canvas/build/npm/esm/index.js",
    "@sentry/conventions/": "conventions/dist/",
}


@dataclass(frozen=True)
class Run:
    """What one run of a client left: what it sent and showed, and what was counted of it."""

    said: dict[str, Any]
    counted: dict[tuple[str, str], int]
    stack: dict[str, Any]


def run(collector: Collector, start: Callable[[], dict[str, Any]]) -> Run:  # noqa: F811
    before = collector.cells()
    said = start()
    counted = {name: count - before.get(name, 0) for name, count in collector.cells().items()}
    return Run(said, {name: count for name, count in counted.items() if count}, collector.stack())


def check(filtered: Run, raw: Run) -> None:
    """Check that the filter took out all that the server would, and nothing else."""
    assert not [name for name, _ in filtered.counted if name in {"stripped", "tripped"}], filtered.counted
    assert [name for name, _ in raw.counted if name == "stripped"]
    assert filtered.counted == {name: n for name, n in raw.counted.items() if name[0] not in {"stripped", "tripped"}}
    assert filtered.stack == raw.stack
    # The control: without the filter all of them leave the device.
    assert any(secret in "".join(raw.said["sent"]) for secret in SECRETS)
    sent = "".join(filtered.said["sent"])
    assert sent
    assert not [secret for secret in SECRETS if secret in sent], sent
    (shown,) = filtered.said["shown"]
    assert "card <n> of <email> was declined" in shown
    assert "in charge" in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_the_python_sdk_with_the_filter(collector: Collector, tmp_path: Path) -> None:  # noqa: F811
    own = tmp_path / "logless_filter.py"
    own.write_text(filter_for(collector.app, own.name))

    def start(path: str) -> dict[str, Any]:
        command = [sys.executable, str(PROGRAMS / "filtered.py")]
        return _run(command, collector.dsn, "given", "shop@1.2.3", {"CRASH_FILTER": path}).said

    filtered = run(collector, lambda: start(str(own)))
    check(filtered, run(collector, lambda: start("")))


@pytest.mark.node
def test_the_node_sdk_with_the_filter(collector: Collector, node_modules: Path, tmp_path: Path) -> None:  # noqa: F811
    own = tmp_path / "logless-filter.js"
    own.write_text(filter_for(collector.app, own.name))
    program = node_modules / "filtered.cjs"
    shutil.copyfile(PROGRAMS / "filtered.cjs", program)

    def start(path: str) -> dict[str, Any]:
        return _run(["node", str(program)], collector.dsn, "given", "shop@1.2.3", {"CRASH_FILTER": path}).said

    filtered = run(collector, lambda: start(str(own)))
    check(filtered, run(collector, lambda: start("")))


@pytest.fixture(scope="session")
def browser_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    problem = install_node(folder, "browser")
    if problem:
        pytest.skip(problem)
    return folder / "node_modules"


def pages(collector: Collector, modules: Path) -> Starlette:  # noqa: F811
    """Return what serves the page, the SDK's modules as they are installed, and the filter."""
    imports = {name: f"/page/modules/@sentry/{path}" for name, path in IMPORTS.items()}
    for name in ("attributes", "op", "metrics"):
        imports[f"@sentry/conventions/{name}"] = f"/page/modules/@sentry/conventions/dist/{name}.mjs"
    imports["web-vitals"] = "/page/modules/web-vitals/dist/web-vitals.js"
    html = (PROGRAMS / "filtered.html").read_text()
    html = html.replace("@IMPORTS@", json.dumps({"imports": imports})).replace("@DSN@", collector.dsn)
    source = filter_for(collector.app, "logless-filter.js")

    async def page(_: Any) -> HTMLResponse:
        return HTMLResponse(html)

    async def filter_source(_: Any) -> PlainTextResponse:
        return PlainTextResponse(source, media_type="text/javascript")

    async def module(request: Any) -> FileResponse:
        return FileResponse(modules / request.path_params["path"], media_type="text/javascript")

    return Starlette(
        routes=[
            Route("/page/", page),
            Route("/page/logless-filter.js", filter_source),
            Route("/page/modules/{path:path}", module),
        ]
    )


@pytest.mark.node
@pytest.mark.browser
def test_the_browser_sdk_with_the_filter(collector: Collector, browser_modules: Path) -> None:  # noqa: F811
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: `apt install chromium` runs the test of the real @sentry/browser")
    served = pages(collector, browser_modules)
    crashes = collector.asgi._app

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await (served if scope["path"].startswith("/page/") else crashes)(scope, receive, send)

    collector.asgi._app = serve
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:

            def start(query: str) -> dict[str, Any]:
                tab = browser.new_page()
                tab.goto(f"http://127.0.0.1:{collector.port}/page/?{query}")
                tab.wait_for_function("globalThis.outcome !== undefined")
                said: dict[str, Any] = tab.evaluate("globalThis.outcome")
                tab.close()
                return said

            filtered = run(collector, lambda: start("filter=1"))
            check(filtered, run(collector, lambda: start("")))
        finally:
            browser.close()
