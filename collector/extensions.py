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


def missing_extensions() -> list[str]:
    """Return a warning in words for each compiled part that is not there."""
    return [
        f"{name} is not compiled in: install from wheels, or the server is slow"
        for name, is_there in WANTED.items()
        if not is_there()
    ]
