"""Filters that run on the device: what an app's crash report may hold is decided before it leaves.

Each is one file without dependencies, made from the table of `ingest.crashes.fields`: it builds a new event out of the
few fields that may be sent, and renders it as text that a person can read before confirming, without any network. What
it sends passes the server's schema unchanged: the server finds nothing more to strip.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

from ingest.app import App
from ingest.crashes.files import CODE, JVM, PROGRAM_FOLDERS
from ingest.crashes.manifest import schema_of

FILTERS: Final = {
    "logless-filter.js": "for browsers, Electron and Node",
    "logless_filter.py": "for Python",
    "LoglessFilter.java": "for the JVM and Android, from Java and Kotlin",
    "LoglessFilter.swift": "for Apple's systems",
}
"""Names of files, and what each is for."""

_TABLE: Final = "@TABLE@"


def table_of(app: App) -> dict[str, Any]:
    """Return what a filter needs of the schema, and of what the app declares."""
    schema = schema_of(app)
    del schema["fields"]  # reasons are for people, at schema.json
    names = {"code": sorted(CODE), "program_folders": sorted({*PROGRAM_FOLDERS, "c++"}), "jvm": sorted(JVM)}
    return schema | {"names": names}


def filter_for(app: App, name: str) -> str:
    """Return a filter's source with the table of an app in it."""
    source = (files(__package__) / f"{name}.in").read_text("utf-8")
    table = json.dumps(table_of(app), separators=(",", ":"))
    # ASCII, so a text in the source of any of the languages; a quote and a backslash end none of them.
    return source.replace(_TABLE, json.dumps(table)[1:-1])
