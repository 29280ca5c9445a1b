"""Files that pages need: kept in memory under names that change with their content."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is sent."""

    path: str
    type: str
    content: bytes


class Assets:
    """The files of `static` and `vendor`, each at `/static/<name>-<digest><ending>`, which may be kept for ever."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._by_name = {name: _asset(name, content) for name, content in contents.items()}
        self._ids = {name: _ids(content) for name, content in contents.items() if name.endswith(".svg")}
        self._by_path = {asset.path: asset for asset in self._by_name.values()}

    @classmethod
    def read(cls) -> Assets:
        """Read the files of `static`, which are ours, and of `vendor`, which others made."""
        folders = [files("dashboards").joinpath(name) for name in ("static", "vendor")]
        kept = [file for folder in folders for file in folder.iterdir() if file.name.endswith(tuple(TYPES))]
        return cls({file.name: file.read_bytes() for file in kept})

    def path_of(self, name: str) -> str:
        """Return the path of a file. Raises KeyError when there is none of that name."""
        return self._by_name[name].path

    def ids_of(self, name: str) -> frozenset[str]:
        """Return the ids of the shapes in an SVG file. Raises KeyError when there is none of that name."""
        return self._ids[name]

    def get(self, path: str) -> Asset | None:
        """Return the file at a path, or None."""
        return self._by_path.get(path)


def _ids(content: bytes) -> frozenset[str]:
    return frozenset(part.split('"', 1)[0] for part in content.decode().split(' id="')[1:])


def _asset(name: str, content: bytes) -> Asset:
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending
    kind = TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    path = f"/static/{stem}-{sha256(content).hexdigest()[:12]}{ending}"
    return Asset(path, kind, content)
