"""What client hints call browsers and systems, in the words that user agents are reduced to."""

from __future__ import annotations

from typing import Final

from ingest.hits.hints import Hints

CHROMIUM: Final = "Chromium"

_BROWSERS: Final = {
    "Google Chrome": "Chrome", "Microsoft Edge": "Edge", "Opera": "Opera", "Opera GX": "Opera GX", "Brave": "Brave",
    "Vivaldi": "Vivaldi", "Samsung Internet": "Samsung Internet", "Android WebView": "Android WebView",
    "DuckDuckGo": "DuckDuckGo", "Ecosia": "Ecosia", "YaBrowser": "Yandex Browser", "Yandex": "Yandex Browser",
    "Whale": "Whale", "CocCoc": "Coc Coc", "Avast Secure Browser": "Avast Secure Browser", "AVG Secure Browser": "AVG",
    "Norton Private Browser": "Norton", "HuaweiBrowser": "Huawei Browser", "Oculus Browser": "Oculus Browser",
    "Meta Quest Browser": "Oculus Browser", "Amazon Silk": "Amazon Silk", "Electron": "Electron",
}  # fmt: skip
_SYSTEMS: Final = {
    "Windows": "Windows", "macOS": "macOS", "Linux": "Linux", "Android": "Android", "iOS": "iOS",
    "Chrome OS": "ChromeOS", "Chromium OS": "ChromeOS",
}  # fmt: skip


def browser_in(hints: Hints) -> tuple[str, str]:
    """Return the browser and its version, as sent; both empty where only an engine or nothing known is named.

    User-Agent Client Hints, 6.2 ("GREASE"): a browser adds brands that do not exist. They are passed over.
    """
    found = ((_BROWSERS[brand], version) for brand, version in hints.brands.items() if brand in _BROWSERS)
    return next(found, ("", ""))


def system_in(hints: Hints) -> str:
    """Return the system, or nothing."""
    return _SYSTEMS.get(hints.platform, "")


def system_version_in(hints: Hints) -> str:
    """Return the version that people know their system by, or nothing.

    Of Windows it is that of an interface: 13 and more is Windows 11, 1 to 10 is Windows 10, and below that it is none
    that people know (Microsoft Edge, "Detect Windows 11 using User-Agent Client Hints"). Linux tells none.
    """
    major = hints.platform_version.partition(".")[0]
    if not (major.isascii() and major.isdigit()) or hints.platform not in {"Windows", "macOS", "Android", "iOS"}:
        return ""
    if hints.platform == "Windows":
        return "11" if int(major) >= 13 else "10" if int(major) else ""
    return major
