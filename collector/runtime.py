"""The runtime folder: in memory, so that what passes through it is never on a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from collector.settings import Settings, SettingsError
from ingest.boundary.process import is_in_memory


def runtime_folder(settings: Settings) -> Path:
    """Return this server's runtime folder, made if need be. Raises SettingsError when none is in memory.

    A configured folder is used as it is; in a default one, each store has a folder of its own, so that two servers
    on one machine do not meet.
    """
    if settings.runtime.dir:
        folder = Path(settings.runtime.dir)
        if not _make(folder):
            raise SettingsError(f'runtime.dir: "{folder}" cannot be written: choose a folder that this user owns')
        if not is_in_memory(folder):
            raise SettingsError(
                f'runtime.dir: "{folder}" is not in memory: choose one on tmpfs, such as /dev/shm/logless'
            )
        return folder
    own = blake2b(f"{settings.store.url}\0{settings.store.node}".encode(), digest_size=4).hexdigest()
    for candidate in _candidates():
        folder = candidate / own
        if _make(folder) and is_in_memory(folder):
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
        # Somebody else may have made it first, to read along.
        return folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK)
    except OSError:
        return False
