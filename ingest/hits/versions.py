"""Versions of browsers and systems: the digits of the major, as far as browsers still tell the truth."""

from __future__ import annotations

from typing import Final

OR_LATER: Final = " or later"
"""Stands behind a version that browsers go on telling, whatever they run on."""

_MOST_DIGITS: Final = 4  # some count in years


def major_of(version: str | None) -> str:
    """Return the digits before the first dot, or nothing: five and more are a build, or somebody's number."""
    digits = (version or "").partition(".")[0]
    return str(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else ""


def is_since(version: str, first: int) -> bool:
    """Return whether a version's major is that one or a later one."""
    return int(major_of(version) or 0) >= first


def system_version(system: str, major: str, minor: str, browser: str, version: str, agent: str) -> str:
    """Return the version of a system, from what the user agent says of it and of its browser.

    Browsers have stopped telling it. All of them call Windows 11 Windows 10.0, and any macOS since 2020 10.15;
    Chromium calls every Android "Android 10; K"; iOS 26 goes on as 18.6 or 18.7. But there Safari is of one version
    with its system, and so tells it all the same.
    """
    if system == "iOS" and browser == "Safari":
        return major_of(version) if is_since(version, 26) else major_of(major)
    frozen = {
        "Windows": major == "10",
        "macOS": (major, minor) == ("10", "15"),
        "Android": "Android 10; K" in agent,
        "iOS": major == "18" and minor in {"6", "7"},
    }
    return major + OR_LATER if frozen.get(system, False) else major_of(major)
