"""Crawlers and other programs, by the maintained list of patterns (crawler-user-agents, MIT)."""

from __future__ import annotations

from typing import Final

import re2
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

_DRIVERS: Final = (
    "headless", "phantomjs", "slimerjs", "casperjs", "puppeteer", "playwright", "selenium", "webdriver", "cypress/",
    "testcafe", "htmlunit", "jsdom", "happy-?dom", "nightmare/", "zombie\\.js", "splash/", "chrome-lighthouse",
)  # fmt: skip
"""What browsers call themselves that a program drives, and programs that play one."""


class Bots:
    """All patterns of the list in one automaton: a match costs about a microsecond, and no input can stall it."""

    def __init__(self) -> None:
        self._patterns = re2.Set.SearchSet()
        for entry in CRAWLER_USER_AGENTS_DATA:
            self._patterns.Add(entry["pattern"])
        self._patterns.Compile()
        self._drivers = re2.compile(rf"(?i)\b(?:{'|'.join(_DRIVERS)})")

    def match(self, agent: str) -> bool:
        """Return whether a user agent says that it is no person's browser. No user agent at all says so too."""
        return not agent or bool(self._patterns.Match(agent))

    def drives(self, name: str) -> bool:
        """Return whether a user agent, or a brand in client hints, says that a program drives the browser."""
        return self._drivers.search(name) is not None
