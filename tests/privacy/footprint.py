"""Where a process writes, as the kernel tells it, and what it has left behind."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_LARGEST = 32 << 20


def written_files(pid: int) -> set[Path]:
    """Return the regular files that a process has open for writing."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            path = link.readlink()
            flags = int((link.parent.parent / "fdinfo" / link.name).read_text().split("flags:")[1].split()[0], 8)
        except (OSError, IndexError):  # closed in the meantime
            continue
        if flags & os.O_ACCMODE != os.O_RDONLY and path.is_absolute() and path.is_file():
            found.add(path)
    return found


def left_behind(since: float, folders: Iterable[Path]) -> Iterator[Path]:
    """Yield files of this user, at most two folders deep, that have been changed since a moment."""
    for folder in folders:
        for pattern in ("*", "*/*", "*/*/*"):
            for path in folder.glob(pattern):
                try:
                    facts = path.lstat()
                except OSError:
                    continue
                own = facts.st_uid == os.getuid() and facts.st_mtime >= since and facts.st_size < _LARGEST
                if own and path.is_file() and not path.is_symlink():
                    yield path


def cores(folders: Iterable[Path]) -> list[Path]:
    """Return the core files in folders."""
    return [path for folder in folders for path in folder.rglob("*core*") if path.is_file() and _is_core(path)]


def _is_core(path: Path) -> bool:
    """Tell a core file from a library: elf(5), e_type at byte 16 is ET_CORE, 4."""
    with path.open("rb") as file:
        head = file.read(18)
    return head[:4] == b"\x7fELF" and head[16:18] == b"\x04\x00"
