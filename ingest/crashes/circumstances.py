"""The state of app, system and device at the moment of the crash, as far as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import re2

from ingest.crashes.fields import APP, CONTEXTS, CULTURE, DEVICE, OS, VPN
from ingest.crashes.names import MODEL, keep_name
from ingest.crashes.schema import MEMORY, STORAGE, UPTIME, Part, Steps, bucket_of
from ingest.crashes.sections import (
    MISSING,
    Raw,
    Section,
    is_given,
    read_flag,
    read_list,
    read_number,
    read_section,
    read_text,
    read_whole,
)
from ingest.crashes.stripped import Losses, Stripped

_VERSION: Final = re2.compile(r"^\D{0,8}(\d{1,5}(?:\.\d{1,5}){0,2})")
_LANGUAGE: Final = re2.compile(r"^([A-Za-z]{2,3})(?:[-_.@]|$)")
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


class Tunnel(StrEnum):
    """The state of a VPN app's tunnel, as the app says it in `contexts.vpn.state`."""

    CONNECTED = "connected"
    CONNECTING = "connecting"
    RECONNECTING = "reconnecting"
    DISCONNECTING = "disconnecting"
    DISCONNECTED = "disconnected"
    PAUSED = "paused"
    BLOCKED = "blocked"  # no tunnel, and the firewall lets nothing past


@dataclass(frozen=True, slots=True)
class Circumstances:
    """System ("Android 14"), model, architecture, language, buckets: empty where not sent or withheld.

    None of a yes or no: not told.
    """

    system: str
    model: str
    arch: str
    in_foreground: bool | None
    language: str = ""
    memory: str = ""
    storage: str = ""
    uptime: str = ""
    low_memory: bool | None = None
    vpn: str = ""


def read_circumstances(contexts: Raw, losses: Losses, timestamp: Raw = MISSING) -> Circumstances:
    """Build the circumstances out of an event's contexts; what was dropped or withheld goes into `losses`."""
    sections = read_section(contexts)
    if sections is None:
        if is_given(contexts):
            losses.add(Stripped.CONTEXTS)
        sections = {}
    if any(is_given(raw) for name, raw in sections.items() if name not in CONTEXTS.uncounted):
        losses.add(Stripped.CONTEXTS)
    system = _open(sections, OS, Stripped.CONTEXT_OS, losses)
    device = _open(sections, DEVICE, Stripped.CONTEXT_DEVICE, losses)
    app = _open(sections, APP, Stripped.CONTEXT_APP, losses)
    culture = _open(sections, CULTURE, Stripped.CONTEXT_CULTURE, losses)
    vpn = _open(sections, VPN, Stripped.CONTEXT_VPN, losses)
    return Circumstances(
        system=_system(system, losses),
        model=_model(device, losses),
        arch=_arch(device, losses),
        in_foreground=read_flag(app.get("in_foreground", MISSING)),
        language=_language(device.get("locale", MISSING), Stripped.CONTEXT_DEVICE, losses)
        or _language(culture.get("locale", MISSING), Stripped.CONTEXT_CULTURE, losses),
        memory=_bucket(device.get("memory_size", MISSING), MEMORY, losses),
        storage=_bucket(device.get("free_storage", MISSING), STORAGE, losses),
        uptime=_uptime(timestamp, app.get("app_start_time", MISSING), losses),
        low_memory=read_flag(device.get("low_memory", MISSING)),
        vpn=_tunnel(vpn.get("state", MISSING), losses),
    )


_TUNNELS: Final = frozenset(state.value for state in Tunnel)


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


def _open(sections: Section, part: Part, field: Stripped, losses: Losses) -> Section:
    raw = sections.get(part.name, MISSING)
    section = read_section(raw)
    if section is None:
        if is_given(raw):
            losses.add(field)
        return {}
    if any(is_given(value) for key, value in section.items() if key not in part.uncounted):
        losses.add(field)
    return section


def _language(raw: Raw, field: Stripped, losses: Losses) -> str:
    if not is_given(raw):
        return ""
    match = _LANGUAGE.match(read_text(raw) or "")
    if match is None:
        losses.add(field)
        return ""
    return str(match.group(1)).lower()


def _bucket(raw: Raw, steps: Steps, losses: Losses) -> str:
    if not is_given(raw):
        return ""
    amount = read_whole(raw)
    if amount is None or amount < 0:
        losses.add(Stripped.CONTEXT_DEVICE)
        return ""
    return bucket_of(amount, steps)


def _uptime(now: Raw, start: Raw, losses: Losses) -> str:
    """Return how long the app had run: from its start to the crash, both by the clock of the device."""
    if not is_given(start):
        return ""
    begun, ended = _moment(start), _moment(now)
    if begun is None:
        losses.add(Stripped.CONTEXT_APP)
    if begun is None or ended is None or ended < begun:  # a clock that was set back in the meantime tells nothing
        return ""
    return bucket_of(int(ended - begun), UPTIME)


def _moment(raw: Raw) -> float | None:
    """Read a moment: seconds since the epoch, or RFC 3339, in UTC where no zone is given."""
    number = read_number(raw)
    if number is not None:
        return number
    try:
        moment = datetime.fromisoformat(read_text(raw) or "")
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None


def _tunnel(raw: Raw, losses: Losses) -> str:
    if not is_given(raw):
        return ""
    text = read_text(raw)
    if text in _TUNNELS:
        return text
    losses.add(Stripped.CONTEXT_VPN)
    return ""


def _system(section: Section, losses: Losses) -> str:
    raw = section.get("name", MISSING)
    if not is_given(raw):
        return ""
    text = read_text(raw)
    if text is None:
        losses.add(Stripped.CONTEXT_OS)
        return ""
    name = SYSTEMS.get(text.strip().lower(), "Other")
    version = _VERSION.match(read_text(section.get("version", MISSING)) or "")
    return f"{name} {version.group(1)}" if version and name != "Other" else name


def _model(section: Section, losses: Losses) -> str:
    raw = section.get("model", MISSING)
    if not is_given(raw):
        return ""
    return keep_name((read_text(raw) or "").strip(), MODEL, Stripped.CONTEXT_DEVICE, losses) or ""


def _arch(section: Section, losses: Losses) -> str:
    raw = section.get("arch", MISSING)
    if not is_given(raw):
        # Android sends a list, the one that the app runs under first.
        raw = next(iter(read_list(section.get("archs", MISSING)) or []), MISSING)
    if not is_given(raw):
        return ""
    arch = ARCHITECTURES.get((read_text(raw) or "").strip().lower(), "")
    if not arch:
        losses.add(Stripped.CONTEXT_DEVICE)
    return arch
