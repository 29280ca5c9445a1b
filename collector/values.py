"""Kinds of values that a configuration has, each with what is wrong with one that is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
)

from collector.sitemap import Sitemap, read_sitemap
from ingest.boundary.networks import Hosting, Networks

_UNITS: Final = {"B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


def read_size(text: str) -> int:
    """Read a size such as `64KiB`, in bytes. Raises ValueError."""
    found = re.fullmatch(r"\s*([0-9]{1,15})\s*([A-Za-z]*)\s*", text)
    unit = _UNITS.get((found[2] or "B").upper()) if found else None
    if found is None or unit is None:
        raise ValueError('not a size: write a number and B, KiB, MiB or GiB, such as "64KiB"')
    return int(found[1]) * unit


def _check_size(text: str) -> str:
    read_size(text)
    return text


def _check_networks(texts: list[str]) -> list[str]:
    Networks(texts)
    return texts


def _check_hosting(text: str) -> str:
    try:
        read_hosting(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"{text}: {reason}: name a file of networks, one a line") from None
    return text


def read_hosting(text: str) -> Hosting:
    """Read a file of networks of hosting companies, or none. Raises NotANetworkError, OSError."""
    return Hosting.open(Path(text)) if text else Hosting()


def _check_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('not a time zone: write a name such as "Europe/Gibraltar"') from None
    return text


def _check_path(text: str) -> str:
    if not re.fullmatch(r"/[\w./-]+", text):
        raise ValueError('not a path: begin with "/" and use letters, digits, "-", "_", "." and "/"')
    return text


def check_glob(text: str, place: str = "") -> str:
    """Return a glob of pages as it is. Raises ValueError, which names its place."""
    if text and (not text.startswith("/") or re.search(r"[\[\]{}?]", text)):
        raise ValueError(f'{place} is not a glob: begin with "/" and use "*" for any characters'.lstrip())
    return text


def _check_site_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text):
        raise ValueError('not an id: write up to 100 letters, digits, ".", "_" and "-", such as "example.org"')
    return text


def _check_node(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,32}", text):
        raise ValueError('not a node: write up to 32 letters, digits, ".", "_" and "-", such as "a"')
    return text


def _check_key(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise ValueError("not a key: write 32 hexadecimal digits, or let `logless app add` make one")
    return text


def _check_control(text: str) -> str:
    if text and not (text.startswith("sqlite:///") and text.removeprefix("sqlite:///")):
        raise ValueError('not a database that can be used: write "sqlite:///" and the path of a file')
    return text


def _check_host(text: str) -> str:
    if not re.fullmatch(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]", text):
        raise ValueError('not a host: write a name alone, such as "www.example.org", without scheme, port and path')
    return text


def _check_dsn(text: str) -> str:
    parts = urlsplit(text)
    if text and not (parts.scheme in {"http", "https"} and parts.hostname and parts.username and parts.path[1:]):
        raise ValueError('not a DSN: write "https://key@host/number", or nothing to report no errors')
    return text


def _read_sitemap(given: Any) -> Sitemap:
    if isinstance(given, str):
        return read_sitemap(Path(given)) if given else Sitemap()
    if not isinstance(given, Sitemap):
        raise ValueError("write the path of a file")  # noqa: TRY004  pydantic turns only this one into a message
    return given


def _check_list(text: str) -> str:
    try:
        if text:
            Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ValueError(f"{text} cannot be read: {reason}") from None
    return text


HostingFile = Annotated[str, AfterValidator(_check_hosting)]
Size = Annotated[str, AfterValidator(_check_size)]
SitemapFile = Annotated[Sitemap, BeforeValidator(_read_sitemap)]
ListFile = Annotated[str, AfterValidator(_check_list)]
Cidrs = Annotated[list[str], AfterValidator(_check_networks)]
Zone = Annotated[str, AfterValidator(_check_zone)]
UrlPath = Annotated[str, AfterValidator(_check_path)]
Host = Annotated[str, AfterValidator(_check_host)]
Dsn = Annotated[str, AfterValidator(_check_dsn)]
SiteId = Annotated[str, AfterValidator(_check_site_id)]
Node = Annotated[str, AfterValidator(_check_node)]
Key = Annotated[str, AfterValidator(_check_key)]
ControlUrl = Annotated[str, AfterValidator(_check_control)]
