"""Packages from npm, pinned by a lock beside the tests that use them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def install(folder: Path, *, optional: bool = True) -> Path | str:
    """Return a folder with what a folder's lock pins, installed once for each lock; or why it cannot be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return f"npm and node are not installed: `apt install npm` installs what {folder.name} needs"
    lock = (folder / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "logless-tests"
    installed = cache / f"{folder.name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    if installed.exists():
        return installed
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as fresh:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, fresh)
        command = [npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
        command += [] if optional else ["--omit=optional"]
        done = subprocess.run(command, check=False, cwd=fresh, capture_output=True, text=True, timeout=240)
        if done.returncode:
            return f"npm could not install what {folder.name} needs: {done.stderr[-400:]}"
        # At once, so that a run that is broken off leaves no half of it.
        Path(fresh).rename(installed)
    return installed
