"""Finding a host, or the nearest of its parents, in a table: a few look-ups in a dict, however long the table is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Found = TypeVar("Found")


def find(host: str, table: Mapping[str, Found]) -> Found | None:
    """Return what the table has for a host, else for the nearest parent of it that is there, else None.

    A parent ends where a label begins: `evil-example.org` is no child of `example.org`. A host has at most 127
    labels by RFC 1035; more are not looked at.
    """
    for _ in range(127):
        found = table.get(host)
        if found is not None:
            return found
        _, dot, host = host.partition(".")
        if not dot:
            return None
    return None


def plain(host: str) -> str:
    """Return a host as tables name it, and browsers send it: lower case, no `www.`, no last dot, IDNA in ASCII."""
    host = host.strip().lower().rstrip(".").removeprefix("www.")
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def domains(hosts: Iterable[str]) -> dict[str, str]:
    """Return a table in which each host stands for itself."""
    return {name: name for name in map(plain, hosts) if name}
