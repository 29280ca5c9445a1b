"""Edits of logless.toml, which keep what its owner wrote: order, comments, white space."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array

from collector.settings import Settings, SettingsError, read_settings


def add_section(path: Path, kind: str, values: Mapping[str, Any]) -> None:
    """Add a `[[site]]` or `[[app]]` to the end of its kind. Raises OSError."""
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    listed = document.get(kind)
    table = tomlkit.inline_table() if isinstance(listed, Array) else tomlkit.table()
    table.update(values)
    if listed is None:
        listed = tomlkit.aot()
        listed.append(table)
        document.append(kind, listed)
    else:
        listed.append(table)
    _replace(path, tomlkit.dumps(document))


def add_checked(path: Path, kind: str, values: Mapping[str, Any]) -> Settings:
    """Add a section and return the configuration with it. Raises SettingsError, OSError; the file is then as before."""
    before = path.read_bytes() if path.exists() else None
    add_section(path, kind, values)
    try:
        return read_settings(path)
    except SettingsError:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
        raise


def remove_section(path: Path, kind: str, given: str | int) -> bool:
    """Take a `[[site]]` or `[[app]]` out and return whether it was there. Raises OSError."""
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    listed = document.get(kind)
    if listed is None:
        return False
    for index, table in enumerate(listed):
        if table.get("id") == given:
            del listed[index]
            if not listed:
                document.remove(kind)
            _replace(path, tomlkit.dumps(document))
            return True
    return False


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    if path.exists():
        fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)
