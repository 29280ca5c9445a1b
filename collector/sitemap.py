"""Sitemaps: the pages of a site, from a file on this machine, by the protocol of sitemaps.org, 0.9.

Nothing is fetched. An index names its sitemaps by URL: files of those names are looked for beside it.
"""

from __future__ import annotations

import gzip
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from ingest.hits.location import Location
from ingest.hits.paths import full_path

MOST_BYTES: Final = 50 << 20
"""The protocol: a sitemap has 50 MB at most, unpacked, and 50,000 URLs; so has an index."""
MOST_URLS: Final = 50_000
MOST_PAGES: Final = 500_000
_LONGEST_URL: Final = 2_048
_CHUNK: Final = 1 << 16
_SPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True)
class Sitemap:
    """The URLs of pages that a sitemap lists."""

    urls: frozenset[str] = frozenset()

    def pages(self, hosts: Container[str], params: Container[str]) -> frozenset[str]:
        """Return the names of the pages that are on these hosts, as hits of them are named."""
        found = (location for location in map(Location.read, self.urls) if location.host in hosts)
        return frozenset(full_path(location, params) for location in found)


def read_sitemap(path: Path, most: int = MOST_PAGES) -> Sitemap:
    """Read a sitemap, or an index with the files beside it, plain or gzipped. Raises ValueError, which says what.

    `most` bounds the pages of an index.
    """
    kind, urls = _read(path)
    if kind == "sitemapindex":
        urls = _below(path, urls, most)
    if len(urls) > most:
        raise ValueError(f"{path} lists more than {most:,} pages: declare globs instead")
    return Sitemap(frozenset(urls))


def _below(index: Path, urls: list[str], most: int) -> list[str]:
    found: list[str] = []
    for url in urls:
        # Only the last part of the URL is used: an index cannot reach out of its folder.
        name = unquote(urlsplit(url).path.rpartition("/")[2])
        if name in {"", ".", ".."} or "/" in name or "\0" in name:
            raise ValueError(f"{index} names a sitemap that has no file name")
        kind, pages = _read(index.parent / name)
        if kind != "urlset":
            raise ValueError(f"{index.parent / name} is no sitemap: an index may list nothing else")
        found += pages
        if len(found) > most:
            break
    return found


def _read(path: Path) -> tuple[str, list[str]]:
    """Return what a file is, `urlset` or `sitemapindex`, and what it lists."""
    reading = _Reading()
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            for chunk in _chunks(gzip.GzipFile(fileobj=file) if packed else file, path):
                reading.parser.Parse(chunk)
            reading.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ValueError(f"{path} is not XML: line {error.lineno}") from None
    except (EOFError, gzip.BadGzipFile):
        raise ValueError(f"{path} is not a whole gzip file") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    except _RefusedError as error:
        raise ValueError(f"{path} {error}") from None
    return reading.kind, reading.urls


def _chunks(file: IO[bytes] | gzip.GzipFile, path: Path) -> Iterator[bytes]:
    left = MOST_BYTES
    while chunk := file.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise ValueError(f"{path} is larger than {MOST_BYTES >> 20} MiB: split it, as the protocol asks")
        yield chunk


class _RefusedError(Exception):
    """The file is no sitemap that is read; the message goes on from its name."""


class _Reading:
    """A sitemap while it is read: the `loc` of each `url`, or of each `sitemap`, and nothing else."""

    def __init__(self) -> None:
        self.kind = ""
        self.urls: list[str] = []
        self._open: list[str] = []
        self._text = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._read

    @staticmethod
    def _refuse(*_: object) -> None:
        raise _RefusedError("has a document type, which no sitemap needs and which could hold entities")

    def _start(self, name: str, _: object) -> None:
        if not self._open:
            space, _sep, self.kind = name.rpartition(" ")
            if self.kind not in {"urlset", "sitemapindex"} or space not in {_SPACE, ""}:
                raise _RefusedError("is no sitemap: its first element is neither urlset nor sitemapindex")
        self._open.append(name.removeprefix(f"{_SPACE} "))
        self._text = ""

    def _read(self, text: str) -> None:
        if self._is_address and len(self._text) <= _LONGEST_URL:
            self._text += text

    def _end(self, _: str) -> None:
        if self._is_address:
            if len(self.urls) == MOST_URLS:
                raise _RefusedError(f"lists more than {MOST_URLS:,} URLs: split it, as the protocol asks")
            if len(self._text) <= _LONGEST_URL:
                self.urls.append(self._text.strip())
        self._open.pop()

    @property
    def _is_address(self) -> bool:
        entry = "url" if self.kind == "urlset" else "sitemap"
        return self._open[1:] == [entry, "loc"]
