"""One server and one of each browser for every test of the beacon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM
from playwright.sync_api import Browser

from .browsers import ChromiumWindow, Window, chromium, find_firefox, firefox, install_driver
from .recorder import Recorder, serve


@pytest.fixture(scope="session")
def server() -> Iterator[Recorder]:
    with serve() as recorder:
        yield recorder


# Not for the session: Playwright is one at a time, and other modules start theirs.
@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def chromium_window(chromium_browser: Browser) -> Window:
    return ChromiumWindow(chromium_browser)


@pytest.fixture(scope="session")
def firefox_window() -> Iterator[Window]:
    executable = find_firefox()
    if executable is None:
        pytest.skip("no firefox on this machine: apt-get install firefox-esr")
    folder = install_driver()
    if isinstance(folder, str):
        pytest.skip(folder)
    with firefox(executable, folder) as window:
        yield window
