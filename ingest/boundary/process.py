"""What the process itself must not leave behind: core dumps, and memory that somebody writes to a disk."""

from __future__ import annotations

import ctypes
import re
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
"""Filesystems that have no disk under them."""

_PR_GET_DUMPABLE: Final = 3  # linux/prctl.h
_PR_SET_DUMPABLE: Final = 4
_ROOT: Final = Path("/")
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")  # the kernel's own, never a visitor's


@dataclass(frozen=True, slots=True)
class _Swap:
    """One line of /proc/swaps."""

    path: str
    kind: str


def harden(runtime_dir: Path, root: Path = _ROOT) -> list[str]:
    """Keep this process out of core dumps and debuggers; return a warning in words for all that stays open.

    Not to be undone: only a new program image (exec) starts afresh. `root` is where /proc and /sys are.
    """
    return [*_refuse_core_dumps(), *_refuse_dumping(), *_doubt_folder(runtime_dir, root), *_doubt_swap(root)]


def filesystem_of(path: Path, root: Path = _ROOT) -> str:
    """Return the type of the filesystem that holds `path` ("tmpfs", "ext4", …), or "" if unknown.

    The path need not exist yet: its nearest parent that does is asked about.
    """
    try:
        lines = (root / "proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    place = path.resolve()
    found, depth = "", -1
    for line in lines:
        # proc(5), mountinfo: (5) mount point, then optional fields up to "-", then (9) filesystem type
        before, _, after = line.partition(" - ")
        point = Path(_unescape(before.split(" ")[4]))
        # a later mount on the same point hides the earlier one
        if place.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = after.split(" ", 1)[0], len(point.parts)
    return found


def is_in_memory(path: Path, root: Path = _ROOT) -> bool:
    """Tell whether `path` is on tmpfs or ramfs."""
    return filesystem_of(path, root) in IN_MEMORY


def _refuse_core_dumps() -> Iterator[str]:
    """Set the size of core dumps to nothing."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        yield "core dumps could not be switched off: a crash may write visitors' addresses to a file"
        return
    if resource.getrlimit(resource.RLIMIT_CORE) != (0, 0):
        yield "core dumps are still on: a crash may write visitors' addresses to a file"


def _refuse_dumping() -> Iterator[str]:
    """Make the process not dumpable: core handlers behind a pipe obey no size limit, but they obey this."""
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        yield "this system has no prctl: other programs of the same user can read this process's memory"
        return
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0:
        yield "the process is still dumpable: other programs of the same user can read its memory"


def _doubt_folder(runtime_dir: Path, root: Path) -> Iterator[str]:
    """Warn when the runtime folder has a disk under it."""
    filesystem = filesystem_of(runtime_dir, root)
    if not filesystem:
        yield f"{runtime_dir}: this system cannot tell whether the runtime folder is in memory"
    elif filesystem not in IN_MEMORY:
        yield f"{runtime_dir}: the runtime folder is on {filesystem}, which is a disk; mount a tmpfs there"


def _doubt_swap(root: Path) -> Iterator[str]:
    """Warn when memory may be written to a disk in clear."""
    try:
        swaps = _read_swaps((root / "proc/swaps").read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        yield "this system cannot tell whether memory is swapped to a disk"
        return
    plain = [swap.path for swap in swaps if not _is_harmless(swap, root)]
    if plain and not _is_fenced_off(root):
        yield (
            f"memory may be swapped in clear to {', '.join(plain)}: encrypt it, use zram, "
            "or set MemorySwapMax=0 for this service"
        )


def _read_swaps(text: str) -> list[_Swap]:
    """Read /proc/swaps: a heading, then file name and type, size, used, priority."""
    fields = [line.split() for line in text.splitlines()[1:]]
    return [_Swap(_unescape(field[0]), field[1]) for field in fields if len(field) >= 2]


def _is_harmless(swap: _Swap, root: Path) -> bool:
    """Tell whether a swap is compressed memory without a disk, or an encrypted device."""
    device = (root / swap.path.lstrip("/")).resolve().name
    if device.startswith("zram"):
        return _read(root / "sys/block" / device / "backing_dev") in {"", "none"}
    # Documentation/ABI/testing/sysfs-block-dm: the uuid of a dm-crypt device begins with CRYPT-
    return _read(root / "sys/block" / device / "dm/uuid").startswith("CRYPT-")


def _is_fenced_off(root: Path) -> bool:
    """Tell whether a control group that this process is in may use no swap (systemd: MemorySwapMax=0)."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        # cgroups(7): version 2 is the entry "0::path"
        if line.startswith("0::/"):
            group = Path(line[4:])
            folders = [root / "sys/fs/cgroup" / folder for folder in (group, *group.parents)]
            return any(_read(folder / "memory.swap.max") == "0" for folder in folders)
    return False


def _read(path: Path) -> str:
    """Return a file of the kernel without its line end, or nothing when there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""


def _unescape(text: str) -> str:
    r"""Turn the kernel's octal escapes (a space is \040) into characters."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)
