"""The runtime folder: in memory, so that what passes through it is never on a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final

from collector.settings import Settings, SettingsError
from ingest.boundary.process import is_in_memory

_LONGEST: Final = 80
"""Bytes of a folder's name: the address of a socket in it has at most 108, see unix(7)."""


def runtime_folder(settings: Settings) -> Path:
    """Return this server's runtime folder, made if need be. Raises SettingsError when none is in memory.

    A configured folder is used as it is; in a default one, each store has a folder of its own, so that two servers
    on one machine do not meet.
    """
    if settings.runtime.dir:
        folder = Path(settings.runtime.dir)
        if len(os.fsencode(folder)) > _LONGEST:
            raise SettingsError(f"runtime.dir: longer than {_LONGEST} bytes: no socket fits in, choose a shorter one")
        if not _make(folder):
            raise SettingsError(
                f'runtime.dir: "{folder}" is not this user\'s alone to write: choose a folder of mode 0700'
            )
        if not is_in_memory(folder):
            raise SettingsError(
                f'runtime.dir: "{folder}" is not in memory: choose one on tmpfs, such as /dev/shm/logless'
            )
        return folder
    own = blake2b(f"{settings.store.url}\0{settings.store.node}".encode(), digest_size=4).hexdigest()
    for candidate in _candidates():
        folder = candidate / own
        # Whoever owns the folder above could put one of their own in this one's place.
        if _make(candidate) and _make(folder) and is_in_memory(folder):
            return folder
    raise SettingsError("runtime.dir: no folder in memory was found: mount a tmpfs and name it")


def _candidates() -> Iterator[Path]:
    yield Path("/run/logless")
    if "XDG_RUNTIME_DIR" in os.environ:
        yield Path(os.environ["XDG_RUNTIME_DIR"]) / "logless"
    yield Path(f"/dev/shm/logless-{os.getuid()}")  # noqa: S108  a folder of this user's, mode 0700, checked below


def _make(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Somebody else may have made it first, to read along, or a link in its place.
        found = folder.stat()
        return found.st_uid == os.getuid() and not found.st_mode & 0o022 and os.access(folder, os.W_OK)
    except OSError:
        return False
