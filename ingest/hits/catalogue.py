"""What is known of hosts before anybody comes: names and kinds of sources, spam, and who only sends people back.

The lists lie in `data`, whose README says where each is from. They hold no visitor's value, and nothing is added to
them while the program runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Self

from ingest.hits.domains import domains, find


class Kind(StrEnum):
    """What a source is, as the rules of channels ask it."""

    SEARCH = "search"
    SOCIAL = "social"
    VIDEO = "video"
    SHOPPING = "shopping"
    EMAIL = "email"
    AI = "ai"
    ADS = "ads"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Known:
    """A source that the lists know."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The lists, as tables. A host stands for its subdomains; the nearest entry wins."""

    hosts: dict[str, Known] = field(repr=False)
    tags: dict[str, Known] = field(repr=False)  # what people write into utm_source, in lower case
    spam: dict[str, str] = field(repr=False)
    bounces: dict[str, str] = field(repr=False)

    @classmethod
    def open(cls, spam: Path | None = None) -> Self:
        """Read the shipped lists, and the operator's own list of spam besides. Raises OSError, UnicodeDecodeError."""
        hosts: dict[str, Known] = {}
        names: dict[str, Known] = {}
        tags: dict[str, Known] = {}
        for file in ("sources.txt", "additions.txt"):
            for kind, name, words in _entries(_shipped(file)):
                known = Known(name, Kind(kind))
                names[name.lower()] = known
                for word in words:
                    (hosts if "." in word else tags)[word] = known
        own = spam.read_text(encoding="utf-8").splitlines() if spam is not None else []
        bounces = domains(word for _, _, words in _entries(_shipped("bounces.txt")) for word in words)
        return cls(hosts, {**names, **tags}, domains(_lines([*_shipped("spam.txt"), *own])), bounces)

    def host(self, host: str) -> Known | None:
        """Return the source that a host without `www.` belongs to."""
        return find(host, self.hosts)

    def tag(self, tag: str) -> Known | None:
        """Return the source that a tag in lower case means."""
        return self.tags.get(tag) or (find(tag.removeprefix("www."), self.hosts) if "." in tag else None)

    def is_spam(self, host: str) -> bool:
        """Return whether a host without `www.` is one that sends nobody."""
        return find(host, self.spam) is not None

    def is_bounce(self, host: str) -> bool:
        """Return whether people only pass a host to pay or to sign in."""
        return find(host, self.bounces) is not None


def _shipped(name: str) -> list[str]:
    return (files("ingest.hits") / "data" / name).read_text(encoding="utf-8").splitlines()


def _lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield what is no comment and not empty."""
    return (line for line in map(str.strip, lines) if line and not line.startswith("#"))


def _entries(lines: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield kind, name and words of each line."""
    for line in _lines(lines):
        kind, name, words = line.split(" | ")
        yield kind, name, words.split()
