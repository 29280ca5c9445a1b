"""Real Sentry SDKs, each run in a process of its own against a DSN.

Every program prints one JSON object as its last line. `python_program` and `node_program` return what a client's
developer would write; `run_python` and `run_node` run it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npm import install

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What a client printed about itself, and all of its output for a failing test to show."""

    said: dict[str, Any]
    output: str


def run_python(dsn: str, *, consent: str = "given", release: str = "shop@1.2.3") -> Outcome:
    """Raise an exception in a Python program that uses the real sentry-sdk."""
    return _run([sys.executable, str(PROGRAMS / "crash.py")], dsn, consent, release, {})


def run_node(dsn: str, modules: Path, *, consent: str = "given", release: str = "shop@1.2.3") -> Outcome:
    """Throw in a Node program that uses the real @sentry/node, found under `modules`."""
    program = modules / "crash.cjs"
    shutil.copyfile(PROGRAMS / "crash.cjs", program)
    return _run(["node", str(program)], dsn, consent, release, {})


def install_node(folder: Path, locked: str = "node") -> str:
    """Lay what a lock beside this file pins into a folder; return why it cannot be had, or nothing."""
    installed = install(HERE / locked, optional=False)
    if isinstance(installed, str):
        return installed
    # Modules are known by where they really are, so a program beside the link finds them, and they each other.
    (folder / "node_modules").symlink_to(installed / "node_modules")
    return ""


def _run(command: list[str], dsn: str, consent: str, release: str, extra: dict[str, str]) -> Outcome:
    # None of our own settings reach the client, and no proxy stands between it and loopback.
    own = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}}
    environment = {**own, "CRASH_DSN": dsn, "CRASH_CONSENT": consent, "CRASH_RELEASE": release, **extra}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=PROGRAMS
    )
    output = done.stdout + done.stderr
    lines = done.stdout.strip().splitlines()
    assert done.returncode == 0, output
    assert lines, output
    return Outcome(json.loads(lines[-1]), output)
