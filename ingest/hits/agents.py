"""What a user agent tells: browser, system, device. The text itself ends here.

Families are uap-core's, read by ua-parser-rs. Some of its patterns copy a family out of the text, whatever stands
there; so only those are told that it writes out itself, and all others are `(unknown)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import re2
from ua_parser import Domain
from ua_parser.loaders import load_lazy_builtins
from ua_parser.regex import Resolver

from ingest.hits.bots import Bots
from ingest.hits.brands import CHROMIUM, browser_in, system_in, system_version_in
from ingest.hits.families import written_families
from ingest.hits.hints import HEADERS, HintReader, Hints
from ingest.hits.versions import is_since, major_of, system_version

UNKNOWN: Final = "(unknown)"
UNHINTED: Final = (b"",) * len(HEADERS)
"""The client hints of a browser that sends none."""

_OTHER: Final = "Other"
_LONGEST: Final = 512
_CACHED: Final = 4_096

_MOBILE_SYSTEMS: Final = frozenset({"iOS", "Android", "Windows Phone", "KaiOS", "HarmonyOS"})
_DESKTOP_SYSTEMS: Final = frozenset(
    {"Windows", "macOS", "Linux", "Ubuntu", "Fedora", "Debian", "ChromeOS", "FreeBSD", "OpenBSD"}
)
_SYSTEM_NAMES: Final = {"Mac OS X": "macOS", "Mac OS": "macOS", "Chrome OS": "ChromeOS", "Web0S": "webOS"}
_BSDS: Final = frozenset({"OpenBSD", "NetBSD"})  # uap-core spells them in two halves
_BROWSER_NAMES: Final = {
    "Chrome Mobile": "Chrome", "Chrome Mobile iOS": "Chrome", "Chrome Mobile WebView": "Android WebView",
    "Mobile Safari": "Safari", "Mobile Safari UI/WKWebView": "iOS WebView",
    "Firefox Mobile": "Firefox", "Firefox iOS": "Firefox", "Firefox Beta": "Firefox", "Firefox Alpha": "Firefox",
    "Edge Mobile": "Edge", "Edge Mobile iOS": "Edge", "Opera Mobile": "Opera", "Opera Touch": "Opera",
    "Opera Tablet": "Opera", "DuckDuckGo Mobile": "DuckDuckGo", "Ecosia Android": "Ecosia", "Ecosia iOS": "Ecosia",
    "QQ Browser Mobile": "QQ Browser",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agent:
    """A user agent, reduced to classes that millions share."""

    browser: str
    system: str
    device: str
    bot: bool
    browser_version: str = ""  # the digits of its major
    system_version: str = ""  # the same, or with "or later" behind them
    headless: bool = False  # a program drives it
    fetches: bool = False  # it is a browser that tells with each request how it came about
    contradicted: bool = False  # its client hints are another browser's


class Agents:
    """Reads user agents, and remembers verdicts until the day ends."""

    def __init__(self) -> None:
        browsers, systems, devices = load_lazy_builtins()
        self._resolve = Resolver((browsers, systems, devices))
        pattern = attrgetter("regex", "family")
        self._browsers = written_families(map(pattern, browsers)) - {_OTHER}
        self._systems = (written_families(map(pattern, systems)) | _BSDS) - {_OTHER}
        self._bots = Bots()
        self._hints = HintReader()
        self._engine = re2.compile(r"\b(?:Headless)?Chrom(?:e|ium)/([0-9]+)")
        self._known: dict[tuple[str, tuple[bytes, ...]], Agent] = {}

    def read(self, text: str, hints: tuple[bytes, ...] = UNHINTED) -> Agent:
        """Return what a user agent and its client hints tell; past 512 characters the text is not looked at.

        `hints` are the values of `hints.HEADERS`, in their order. Where they are another browser's, the text is
        believed.
        """
        key = text[:_LONGEST], hints
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            known = self._known[key] = self._parse(key[0], self._hints.read(hints))
        return known

    def forget(self) -> None:
        """Empty the memory: no user agent outlives its day."""
        self._known.clear()

    def _parse(self, text: str, hints: Hints) -> Agent:
        found = self._resolve(text, Domain.ALL)
        agent, os = found.user_agent, found.os
        brand = found.device.family if found.device else ""
        browser = _named(agent.family, self._browsers, _BROWSER_NAMES) if agent else UNKNOWN
        version = (agent.major or "") if agent else ""
        system = _named(os.family, self._systems, _SYSTEM_NAMES) if os else UNKNOWN
        of_system = system_version(system, os.major or "", os.minor or "", browser, version, text) if os else ""
        device = _device(text, system, brand)
        engine = self._engine.search(text)
        chromium = str(engine[1]) if engine else ""
        contradicted = bool(hints.brands) and major_of(hints.brands.get(CHROMIUM)) != chromium
        if hints.brands and not contradicted:
            browser, version = _hinted_browser(hints, browser, version)
            system, of_system = _hinted_system(hints, system, of_system)
            device = "mobile" if hints.is_mobile and device != "tablet" else device
        return Agent(
            browser=browser,
            system=system,
            device=device,
            bot=self._bots.match(text) or brand == "Spider",
            browser_version=major_of(version),
            system_version=of_system,
            headless=self._bots.drives(text) or any(self._bots.drives(name) for name in hints.brands),
            fetches=_fetches(chromium, browser, version, system),
            contradicted=contradicted,
        )


def _named(family: str, families: frozenset[str], names: dict[str, str]) -> str:
    return names.get(family, family) if family in families else UNKNOWN


def _hinted_browser(hints: Hints, browser: str, version: str) -> tuple[str, str]:
    """Return the browser that hints name. Where they say Chrome and the text says more, it is what the text says."""
    named, hinted = browser_in(hints)
    if named and (named != "Chrome" or browser in {"Chrome", UNKNOWN}):
        return named, hinted
    return ("Chromium" if browser == "Chrome" else browser), version


def _hinted_system(hints: Hints, system: str, version: str) -> tuple[str, str]:
    """Return the system that hints name. Distributions and televisions call themselves Linux there."""
    named = system_in(hints)
    if not named or (named == "Linux" and system not in {"Windows", "macOS", UNKNOWN}):
        return system, version
    return named, major_of(system_version_in(hints)) or (version if named == system else "")


def _fetches(chromium: str, browser: str, version: str, system: str) -> bool:
    """Return whether this browser sends Fetch Metadata, as all have since 2023. On iOS all are Safari within."""
    if browser == "Firefox" and system != "iOS":
        return is_since(version, 90)
    return is_since(version, 17) if browser == "Safari" else is_since(chromium, 80)


def _device(text: str, system: str, brand: str) -> str:
    """Return desktop, mobile, tablet or other.

    Android tablets are those whose agent does not say Mobile, as Google asks browser makers to do.
    """
    if brand == "iPad" or "Tablet" in text or (system == "Android" and "Mobile" not in text):
        return "tablet"
    if system in _MOBILE_SYSTEMS or "Mobile" in text:
        return "mobile"
    return "desktop" if system in _DESKTOP_SYSTEMS else "other"
