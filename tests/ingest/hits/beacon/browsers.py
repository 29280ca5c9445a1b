"""Two real browsers behind one small surface: Chromium by Playwright, Firefox by puppeteer-core over WebDriver BiDi.

Neither is told to pretend: a tab that is not in front is hidden and has no focus, and pages go into the
back-forward cache.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import npm
from chromium import CHROMIUM, FLAGS
from playwright.sync_api import Browser, Error, Page, sync_playwright

from .recorder import wait_for

HERE = Path(__file__).parent
_FLAGS = (*FLAGS, "--accept-lang=de-AT")


class Tab(Protocol):
    """A tab of a browser."""

    def goto(self, url: str) -> None:
        """Load a page, and wait until it is loaded."""

    def evaluate(self, text: str) -> Any:
        """Return the value of an expression in the page; promises are waited for."""

    def click(self, selector: str, button: str = "left") -> None:
        """Press a mouse button on an element."""

    def front(self) -> None:
        """Bring the tab to the front: it is seen and has the focus, and the tab before it is not and has not."""

    def close(self) -> None:
        """Close the tab."""


class Window(Protocol):
    """A browser with one window."""

    def open(self) -> Tab:
        """Open a tab in front of the others."""


@contextmanager
def undriven_chromium(url: str, *further: str) -> Iterator[Path]:
    """Start Chromium on a page, and yield the folder of its profile. Nobody drives it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [CHROMIUM, *_FLAGS, *further, f"--user-data-dir={profile}", url],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Path(profile)
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, and attach Playwright without its overrides: `contexts[0]` is as people have it."""
    with undriven_chromium("about:blank", "--remote-debugging-port=0") as profile, sync_playwright() as playwright:
        told = profile / "DevToolsActivePort"
        wait_for(lambda: told.exists() and told.read_text().count("\n") == 1, lambda: "Chromium does not listen")
        port, path = told.read_text().split("\n")
        browser = playwright.chromium.connect_over_cdp(f"ws://127.0.0.1:{port}{path}", no_defaults=True)
        yield browser
        browser.close()


class ChromiumWindow:
    """The window of a Chromium as people have it."""

    def __init__(self, browser: Browser) -> None:
        self._context = browser.contexts[0]
        self._context.set_default_timeout(10_000)

    def open(self) -> Tab:
        return ChromiumTab(self._context.new_page())


class ChromiumTab:
    """One of its tabs."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def goto(self, url: str) -> None:
        self._page.goto(url)

    def evaluate(self, text: str) -> Any:
        try:
            return self._page.evaluate(text)
        except Error as error:
            # To the driver, a page that comes out of the back-forward cache is a context that it does not know yet.
            if "context was destroyed" not in str(error):
                raise
            return self._page.evaluate(text)

    def click(self, selector: str, button: str = "left") -> None:
        self._page.locator(selector).click(button=button)  # type: ignore[arg-type]

    def front(self) -> None:
        self._page.bring_to_front()

    def close(self) -> None:
        self._page.close()


def find_firefox() -> str | None:
    """Return where Firefox is, if it is."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def install_driver() -> Path | str:
    """Return a folder with the pinned driver; or why it cannot be had."""
    return npm.install(HERE / "firefox")


class FirefoxWindow:
    """A Firefox, driven by `firefox/driver.mjs`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._asked = 0
        self._tabs = 0

    def open(self) -> Tab:
        self._tabs += 1
        self.ask(self._tabs, "open")
        return FirefoxTab(self, self._tabs)

    def ask(self, tab: int, act: str, *values: object) -> Any:
        """Have something done, and return its value."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked += 1
        self._process.stdin.write(json.dumps({"id": self._asked, "tab": tab, "do": act, "with": values}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["id"] == self._asked
        assert "error" not in answer, f"{act}: {answer['error']}"
        return answer["value"]


class FirefoxTab:
    """One of its tabs."""

    def __init__(self, window: FirefoxWindow, number: int) -> None:
        self._window = window
        self._number = number

    def goto(self, url: str) -> None:
        self._window.ask(self._number, "goto", url)

    def evaluate(self, text: str) -> Any:
        return self._window.ask(self._number, "evaluate", text)

    def click(self, selector: str, button: str = "left") -> None:
        self._window.ask(self._number, "click", selector, button)

    def front(self) -> None:
        self._window.ask(self._number, "front")

    def close(self) -> None:
        self._window.ask(self._number, "close")


@contextmanager
def firefox(executable: str, folder: Path) -> Iterator[FirefoxWindow]:
    """Start Firefox."""
    program = folder / "driver.mjs"
    shutil.copy(HERE / "firefox" / "driver.mjs", program)
    with subprocess.Popen(
        ["node", str(program), executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert "firefox" in json.loads(process.stdout.readline())["version"]
        yield FirefoxWindow(process)
        process.stdin.close()
        process.wait(20)
