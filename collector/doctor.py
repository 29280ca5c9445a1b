"""`logless doctor`: looks at the machine and the configuration for what would leak, fail or be slow."""

from __future__ import annotations

import shutil
from typing import TypedDict

from collector.errors import doubt_host
from collector.extensions import missing_extensions
from collector.runtime import runtime_folder
from collector.settings import Settings, SettingsError
from ingest.boundary.geo import Countries, CountriesError, shipped
from ingest.boundary.process import filesystem_of, harden
from ingest.store.client import Target


class Finding(TypedDict):
    """What one check found. A warning does not make the command fail."""

    check: str
    ok: bool
    warning: bool
    found: str


def examine(settings: Settings) -> list[Finding]:
    """Run every check and return what each found. Nothing is changed but this process' own limits."""
    return [*glance(settings), _countries(settings), _hosting(settings)]


def glance(settings: Settings) -> list[Finding]:
    """Run every check but those that read lists of networks through: that takes seconds of a processor."""
    return [
        _runtime(settings),
        *_process(settings),
        *_extensions(),
        _disk(settings),
        _proxies(settings),
        _errors(settings),
    ]


def _finding(check: str, problem: str, good: str, *, warning: bool = False) -> Finding:
    return {"check": check, "ok": not problem, "warning": warning, "found": problem or good}


def _runtime(settings: Settings) -> Finding:
    try:
        folder = runtime_folder(settings)
    except SettingsError as error:
        return _finding("runtime folder", str(error), "")
    return _finding("runtime folder", "", f"{folder} is on {filesystem_of(folder)}")


def _process(settings: Settings) -> list[Finding]:
    try:
        folder = runtime_folder(settings)
    except SettingsError:
        return []
    warnings = harden(folder)
    good = "no core dumps, not dumpable, no plain swap"
    if not warnings:
        return [_finding("process", "", good)]
    return [_finding("process", warning, good, warning=True) for warning in warnings]


def _extensions() -> list[Finding]:
    missing = missing_extensions()
    return [_finding("compiled parts", ", ".join(missing), "all there")]


def _countries(settings: Settings) -> Finding:
    path = settings.countries_path or shipped()
    try:
        networks = Countries.check(path)
    except (CountriesError, OSError) as error:
        return _finding("country database", str(error), "")
    return _finding("country database", "", f"{networks} networks in {path.name}")


def _hosting(settings: Settings) -> Finding:
    ranges, path = len(settings.privacy.hosting_ranges()), settings.privacy.hosting
    exits = any(section.own_exits for section in settings.site)
    cut = settings.privacy.address == "truncate_first" and (ranges or exits)
    problem = "addresses are truncated first: of hosting and own_exits only whole /16 and /32 are known" if cut else ""
    good = f"{ranges} networks in {path}" if path else "no list: visits from hosting companies count as direct"
    return _finding("hosting networks", problem, good, warning=True)


def _disk(settings: Settings) -> Finding:
    place = Target.read(settings.store.url).path or settings.control_path
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    enough = free > 1 << 30
    return _finding("disk", "" if enough else f"{free >> 20} MiB free: make room", f"{free >> 30} GiB free")


def _proxies(settings: Settings) -> Finding:
    trusted = settings.server.trusted_proxies
    if settings.server.base_url.startswith("https") and not trusted:
        return _finding(
            "proxies", "base_url is https, but server.trusted_proxies is empty: every visit comes from one address", ""
        )
    return _finding("proxies", "", f"{len(trusted)} trusted" if trusted else "none: addresses are taken as they come")


def _errors(settings: Settings) -> Finding:
    doubt = doubt_host(settings.errors.dsn, settings.server.url)
    return _finding("errors", doubt, "reported to your own host" if settings.errors.dsn else "off", warning=True)
