"""The state of app, system and device at the moment of the crash, as far as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import re2

from ingest.crashes.names import MODEL, keep_name
from ingest.crashes.sections import (
    MISSING,
    Raw,
    Section,
    is_given,
    read_flag,
    read_list,
    read_section,
    read_text,
    read_whole,
)
from ingest.crashes.stripped import Stripped

_VERSION: Final = re2.compile(r"^\D{0,8}(\d{1,5}(?:\.\d{1,5}){0,2})")
_LONGEST_INSTALLATION: Final = 256

SYSTEMS: Final[Mapping[str, str]] = {
    name.lower(): name
    for name in (
        *("Android", "iOS", "iPadOS", "macOS", "tvOS", "watchOS", "visionOS", "Windows", "Linux", "ChromeOS"),
        *("FreeBSD", "OpenBSD", "NetBSD", "HarmonyOS", "Fuchsia", "Alpine Linux", "Amazon Linux", "Arch Linux"),
        *("CentOS", "Debian", "Fedora", "Gentoo", "Kali", "Linux Mint", "Manjaro", "NixOS", "openSUSE", "Pop!_OS"),
        *("Raspbian", "Red Hat Linux", "Rocky Linux", "SUSE Linux", "Ubuntu", "Oracle Linux", "Darwin", "FireOS"),
    )
} | {"mac os x": "macOS", "mac os": "macOS", "osx": "macOS", "windows_nt": "Windows", "iphone os": "iOS"}
"""Systems that are named; any other counts as `Other`."""

ARCHITECTURES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("x86_64", "amd64", "x64", "x86-64"), "x86_64"),
    **dict.fromkeys(("x86", "i386", "i486", "i586", "i686", "ia32"), "x86"),
    **dict.fromkeys(("arm64", "aarch64", "arm64-v8a", "arm64e", "arm64v8"), "arm64"),
    **dict.fromkeys(("arm", "armeabi", "armeabi-v7a", "armv6", "armv6l", "armv7", "armv7l", "armv7s"), "arm"),
    **{name: name for name in ("riscv64", "ppc64le", "ppc64", "s390x", "mips", "mips64", "loong64", "wasm32")},
    "loongarch64": "loong64",
    "ppc64el": "ppc64le",
    "arm64_32": "arm64_32",
    "x86_64h": "x86_64",
}
"""Names under which SDKs send a processor's architecture, and the one under which it is counted."""


class Level(StrEnum):
    """How bad an SDK says it is."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"


class State(StrEnum):
    """How the app ended up, and where it was: every value that the attribute `state` can have."""

    HANDLED = "handled"
    HANDLED_FOREGROUND = "handled, in foreground"
    HANDLED_BACKGROUND = "handled, in background"
    UNHANDLED = "unhandled"
    UNHANDLED_FOREGROUND = "unhandled, in foreground"
    UNHANDLED_BACKGROUND = "unhandled, in background"
    CRASHED = "crashed"
    CRASHED_FOREGROUND = "crashed, in foreground"
    CRASHED_BACKGROUND = "crashed, in background"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """System ("Android 14"), model, architecture: empty where not sent or withheld. In foreground: None, not told."""

    system: str
    model: str
    arch: str
    in_foreground: bool | None


def read_circumstances(contexts: Raw, stripped: set[Stripped]) -> Circumstances:
    """Build the circumstances out of an event's contexts; what was dropped or withheld goes into `stripped`."""
    sections = read_section(contexts)
    if sections is None:
        if is_given(contexts):
            stripped.add(Stripped.CONTEXTS)
        sections = {}
    if any(is_given(raw) for name, raw in sections.items() if name not in {"os", "device", "app"}):
        stripped.add(Stripped.CONTEXTS)
    system = _open(sections, "os", {"name", "version", "type"}, Stripped.CONTEXT_OS, stripped)
    device = _open(sections, "device", {"model", "arch", "archs", "type"}, Stripped.CONTEXT_DEVICE, stripped)
    app = _open(sections, "app", {"in_foreground", "type"}, Stripped.CONTEXT_APP, stripped)
    return Circumstances(
        system=_system(system, stripped),
        model=_model(device, stripped),
        arch=_arch(device, stripped),
        in_foreground=read_flag(app.get("in_foreground", MISSING)),
    )


def state_of(level: Level | None, unhandled: bool, in_foreground: bool | None) -> State:
    """Return the state of the app: crashed when nobody handled it and it was fatal."""
    ended = "crashed" if level is Level.FATAL else "unhandled" if unhandled else "handled"
    place = {True: ", in foreground", False: ", in background", None: ""}[in_foreground]
    return State(ended + place)


def installation_of(event: Section) -> str:
    """Return what tells this installation from others, empty if nothing does.

    It goes into the day's keyed digest of senders and nowhere else. No report has a field that could hold it.
    """
    device = read_section((read_section(event.get("contexts", MISSING)) or {}).get("device", MISSING)) or {}
    user = read_section(event.get("user", MISSING)) or {}
    for section, name in ((device, "id"), (device, "device_unique_identifier"), (user, "id"), (event, "did")):
        raw = section.get(name, MISSING)
        number = read_whole(raw)
        text = read_text(raw) if number is None else str(number)
        if text:
            return text[:_LONGEST_INSTALLATION]
    return ""


def _open(sections: Section, name: str, kept: set[str], field: Stripped, stripped: set[Stripped]) -> Section:
    raw = sections.get(name, MISSING)
    section = read_section(raw)
    if section is None:
        if is_given(raw):
            stripped.add(field)
        return {}
    if any(is_given(value) for key, value in section.items() if key not in kept):
        stripped.add(field)
    return section


def _system(section: Section, stripped: set[Stripped]) -> str:
    raw = section.get("name", MISSING)
    if not is_given(raw):
        return ""
    text = read_text(raw)
    if text is None:
        stripped.add(Stripped.CONTEXT_OS)
        return ""
    name = SYSTEMS.get(text.strip().lower(), "Other")
    version = _VERSION.match(read_text(section.get("version", MISSING)) or "")
    return f"{name} {version.group(1)}" if version and name != "Other" else name


def _model(section: Section, stripped: set[Stripped]) -> str:
    raw = section.get("model", MISSING)
    if not is_given(raw):
        return ""
    kept = keep_name((read_text(raw) or "").strip(), MODEL)
    if kept is None:
        stripped.add(Stripped.CONTEXT_DEVICE)
    return kept or ""


def _arch(section: Section, stripped: set[Stripped]) -> str:
    raw = section.get("arch", MISSING)
    if not is_given(raw):
        # Android sends a list, the one that the app runs under first.
        raw = next(iter(read_list(section.get("archs", MISSING)) or []), MISSING)
    if not is_given(raw):
        return ""
    arch = ARCHITECTURES.get((read_text(raw) or "").strip().lower(), "")
    if not arch:
        stripped.add(Stripped.CONTEXT_DEVICE)
    return arch
