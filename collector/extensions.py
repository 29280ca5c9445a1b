"""The compiled parts that speed depends on: each has a slow twin in Python that would be taken in silence."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final


def _has(module: str, attribute: str = "") -> bool:
    try:
        found = import_module(module)
    except ImportError:
        return False
    return not attribute or hasattr(found, attribute)


WANTED: Final[dict[str, Callable[[], bool]]] = {
    "maxminddb's C reader": lambda: _has("maxminddb.extension", "Reader"),
    "ua-parser-rs": lambda: _has("ua_parser_rs"),
    "clickhouse-connect's C driver": lambda: _has("clickhouse_connect.driverc.buffer"),
    "httptools": lambda: _has("httptools.parser.parser"),
    "uvloop": lambda: _has("uvloop.loop"),
    "msgspec": lambda: _has("msgspec._core"),
}


class ExtensionsError(Exception):
    """A compiled part is missing; the message names it and the remedy."""


def missing_extensions() -> list[str]:
    """Return the names of the compiled parts that are not there."""
    return [name for name, is_there in WANTED.items() if not is_there()]


def require_extensions() -> None:
    """Refuse to go on with a slow twin. Raises ExtensionsError."""
    missing = missing_extensions()
    if missing:
        raise ExtensionsError(f"not compiled in: {', '.join(missing)}: install the wheels of requirements.lock")
