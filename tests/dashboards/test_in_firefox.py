"""The key flows in a real Firefox: sign in, read the chart, swap a tab, go back, filter by the map, press letters."""

from __future__ import annotations

import importlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from dashboards_stage import NOW, TODAY, Rows
from starlette.applications import Starlette

from ingest.site import Site
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.users import User

pytest_plugins = ["dashboards_fixtures"]
pytestmark = [pytest.mark.browser, pytest.mark.node]


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # The beacon's tests have the driver; their folder is a package beside the tests of hits.
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "ingest" / "hits"))
    browsers = importlib.import_module("beacon.browsers")
    executable = browsers.find_firefox()
    if executable is None:
        pytest.skip("Firefox is not installed: apt install firefox-esr")
    folder = browsers.install_driver()
    if isinstance(folder, str):
        pytest.skip(folder)
    with browsers.firefox(executable, folder) as window:
        yield window.open()


@pytest.fixture
def base_url(pages: Starlette) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(pages, port=port, log_level="critical", access_log=False, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def wait(condition: Callable[[], Any]) -> Any:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("still not so after 20 seconds")


def test_people_get_about_in_firefox(
    tab: Any, base_url: str, control: Control, owner: User, site: Site, rows: Rows
) -> None:
    days = [TODAY - timedelta(days=back) for back in range(40)]
    rows.hours(site.id, [(day, 9, [40 + day.day, 50, 99, 3, 20, 2000, 60, 1]) for day in days])
    rows.cells(site.id, "country", [(day, code, [n] * 8) for day in days for code, n in (("DE", 20), ("US", 9))])
    rows.cells(site.id, "browser", [(day, "Firefox", [30] * 8) for day in days])
    path = f"{base_url}/sites/{site.id}"

    def is_at(url: str) -> bool:
        return bool(tab.evaluate("location.href") == url and tab.evaluate("document.readyState") == "complete")

    def wait_for_scripts() -> None:
        wait(lambda: tab.evaluate("document.querySelector('[data-chart=read]') !== null"))

    tab.goto(f"{base_url}/login/{make_link(control, owner.id, NOW)}")
    tab.goto(path)
    stroke, height = json.loads(
        tab.evaluate(
            "(() => { const line = document.querySelector('.chart .line');"
            " return JSON.stringify([getComputedStyle(line).stroke, line.getBoundingClientRect().height]); })()"
        )
    )
    assert stroke not in {"none", "rgb(0, 0, 0)"}
    assert height > 20
    tab.evaluate("window.isTheSame = true")
    tab.click("#tab-browsers")
    wait(lambda: tab.evaluate("document.querySelector('#tab-browsers')?.getAttribute('aria-current') === 'true'"))
    assert tab.evaluate("window.isTheSame") is True
    assert tab.evaluate("location.search") == "?card=browsers"
    assert "Firefox" in tab.evaluate("document.querySelector('#card-devices').innerText")
    tab.evaluate("void history.back()")
    wait(lambda: is_at(path))
    wait(lambda: tab.evaluate("document.querySelector('#tab-devices')?.getAttribute('aria-current') === 'true'"))
    wait_for_scripts()
    tab.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'w', bubbles: true }))")
    wait(lambda: is_at(f"{path}?period=7d"))
    tab.goto(f"{path}/countries")
    box = wait(
        lambda: tab.evaluate("(() => { const use = document.querySelector(\".map use[href$='#DE']\");"
                             " return use.getBoundingClientRect().width; })()")
    )  # fmt: skip
    assert box > 10
    tab.click(".map use[href$='#DE']")
    wait(lambda: is_at(f"{path}?f=is%2Ccountry%2CDE"))
    assert tab.evaluate("document.querySelector('.chip').innerText").split()[:3] == ["Country", "is", "Germany"]
    wait_for_scripts()
    tab.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))")
    wait(lambda: is_at(path))
