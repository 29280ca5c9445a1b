"""What a user agent tells: browser, system, device. The text itself ends here.

Families are uap-core's, read by ua-parser-rs. Some of its patterns copy a family out of the text, whatever stands
there; so only the families listed here are told, and all others are `(unknown)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ua_parser import Domain
from ua_parser.loaders import load_builtins
from ua_parser.regex import Resolver

from ingest.hits.bots import Bots

UNKNOWN: Final = "(unknown)"
_LONGEST: Final = 512
_CACHED: Final = 4_096

_MOBILE_SYSTEMS: Final = frozenset({"iOS", "Android", "Windows Phone", "KaiOS", "HarmonyOS"})
_DESKTOP_SYSTEMS: Final = frozenset(
    {"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD", "OpenBSD"}
)
_SYSTEM_NAMES: Final = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS"}
_BROWSER_NAMES: Final = {
    "Chrome Mobile": "Chrome", "Chrome Mobile iOS": "Chrome", "Chrome Mobile WebView": "Android WebView",
    "Mobile Safari": "Safari", "Mobile Safari UI/WKWebView": "iOS WebView",
    "Firefox Mobile": "Firefox", "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge", "Edge Mobile iOS": "Edge", "Opera Mobile": "Opera", "Opera Touch": "Opera",
    "DuckDuckGo Mobile": "DuckDuckGo", "Ecosia Android": "Ecosia", "Ecosia iOS": "Ecosia",
    "QQ Browser Mobile": "QQ Browser", "Firefox Beta": "Firefox", "Firefox Alpha": "Firefox",
}  # fmt: skip
_BROWSERS: Final = frozenset({
    "Chrome", "Chromium", "Firefox", "Safari", "Edge", "Opera", "Opera GX", "Opera Mini", "Samsung Internet", "Brave",
    "Vivaldi", "DuckDuckGo", "Ecosia", "Android", "Android WebView", "iOS WebView", "IE", "IE Mobile", "Yandex Browser",
    "UC Browser", "QQ Browser", "WeChat Browser", "MiuiBrowser", "Mint Browser", "Huawei Browser", "HeyTap Browser",
    "Honor Browser", "VivoBrowser", "Quark", "Sogou Explorer", "360 Secure Browser", "Baidu Browser", "Whale",
    "Coc Coc", "Mail.ru Chromium Browser", "Sber Browser", "Aloha Browser", "Avast Secure Browser", "AVG", "Norton",
    "CCleaner", "Maxthon", "Puffin", "Phoenix Browser", "HiBrowser", "Amazon Silk", "Oculus Browser", "Wolvic Browser",
    "Google", "Facebook", "Facebook Messenger", "Instagram", "Twitter", "TikTok", "Pinterest", "Snapchat", "LinkedIn",
    "Telegram", "LINE", "KakaoTalk", "Weibo", "Electron", "Konqueror", "Falkon", "Epiphany", "Midori", "Pale Moon",
    "Basilisk", "Waterfox", "SeaMonkey", "IceCat", "Iceweasel", "Fennec", "Camino", "Iron", "Ladybird",
    "Qt Web Engine", "WebKit Nightly", "webOS Browser", "Tizen Browser", "Sailfish Browser", "Steam GameOverlay",
})  # fmt: skip
_SYSTEMS: Final = frozenset({
    "Windows", "Windows Phone", "macOS", "iOS", "Android", "Linux", "ChromeOS", "Ubuntu", "Kubuntu", "Debian", "Fedora",
    "Red Hat", "CentOS", "Arch Linux", "Gentoo", "openSUSE", "SUSE", "Linux Mint", "Mageia", "Slackware", "FreeBSD",
    "OpenBSD", "NetBSD", "HarmonyOS", "KaiOS", "Tizen", "webOS", "tvOS", "WatchOS", "Sailfish", "Kindle", "GoogleTV",
    "Roku", "Chromecast Android", "Solaris", "SerenityOS",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agent:
    """A user agent, reduced to classes that millions share."""

    browser: str
    system: str
    device: str
    bot: bool


class Agents:
    """Reads user agents, and remembers verdicts until the day ends."""

    def __init__(self) -> None:
        self._resolve = Resolver(load_builtins())
        self._bots = Bots()
        self._known: dict[str, Agent] = {}

    def read(self, text: str) -> Agent:
        """Return what a user agent tells; what stands past 512 characters is not looked at."""
        text = text[:_LONGEST]
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            known = self._known[text] = self._parse(text)
        return known

    def forget(self) -> None:
        """Empty the memory: no user agent outlives its day."""
        self._known.clear()

    def _parse(self, text: str) -> Agent:
        found = self._resolve(text, Domain.ALL)
        browser = found.user_agent.family if found.user_agent else ""
        system = found.os.family if found.os else ""
        brand = found.device.family if found.device else ""
        return Agent(
            browser=_listed(_BROWSER_NAMES.get(browser, browser), _BROWSERS),
            system=_listed(_SYSTEM_NAMES.get(system, system), _SYSTEMS),
            device=_device(text, system, brand),
            bot=self._bots.match(text) or brand == "Spider",
        )


def _listed(family: str, families: frozenset[str]) -> str:
    return family if family in families else UNKNOWN


def _device(text: str, system: str, brand: str) -> str:
    """Return desktop, mobile, tablet or other.

    Android tablets are those whose agent does not say Mobile, as Google asks browser makers to do.
    """
    if brand == "iPad" or "Tablet" in text or (system == "Android" and "Mobile" not in text):
        return "tablet"
    if system in _MOBILE_SYSTEMS or "Mobile" in text:
        return "mobile"
    return "desktop" if system in _DESKTOP_SYSTEMS else "other"
