"""The questions that are put to the store: SQL files, each named for what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ingest.store.reader import Reader


def read_questions() -> dict[str, str]:
    """Return the text of every file in `queries`, by name. Raises ValueError for a file that does not begin so."""
    found = {}
    for file in files("dashboards").joinpath("queries").iterdir():
        if not file.name.endswith(".sql"):
            continue
        name, text = file.name.removesuffix(".sql"), file.read_text()
        if not text.startswith(f"-- {name}: "):
            raise ValueError(f"dashboards/queries/{name}.sql must begin with `-- {name}: ` and what it answers")
        found[name] = text
    return found


class Questions:
    """Puts questions to the store. Parameters travel beside the SQL and are never part of it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._texts = read_questions()

    async def ask(self, name: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Return the rows that answer a question. Raises StoreError; KeyError when there is no such file."""
        return await self._reader.rows(self._texts[name], parameters)
