"""Translates what every hit goes through to C, with mypyc, in a copy of the tree: `make compiled`.

The source stays what is read, tested and served from; the copy is the same program, and about half as long under way
with a hit. It is built whole each time, so that no half of it is ever older than the other.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = (
    "collector", "dashboards", "docs", "ingest", "tests", "CHANGELOG.md", "LICENSE", "Makefile", "README.md",
    "pyproject.toml", "requirements.lock", "requirements-dev.lock",
)  # fmt: skip

HOT: Final = {
    "ingest": "body rates site",
    "ingest/boundary": "airlock consent detectors identifiers proxies visitor",
    "ingest/counters": "amounts cells day disclosure exemplar firsts ledger local_hour rules segment slot window",
    "ingest/hits": "agents answers campaigns channels details domains endpoint headers location names paths recent "
                   "sources steps traffic versions visit visits",
    "ingest/hits/attributes": "*",
    "ingest/hits/logs": "browsers calendar combined formats intake moments pages pattern targets",
}  # fmt: skip
"""What hits go through, live and from a log.

Not the address: what Python hides of it, a compiled class would show. Not the reading of crashes: Python takes turns
between threads, and C does not.
"""


class NotCompilableError(Exception):
    """Something is missing; the message names the remedy."""


def choose(root: Path) -> list[str]:
    """Return the modules to compile, by their paths below `root`. Raises NotCompilableError."""
    patterns = [f"{folder}/{name}.py" for folder, names in HOT.items() for name in names.split()]
    found = sorted(path for pattern in patterns for path in root.glob(pattern) if path.name != "__init__.py")
    for path in found:
        if name := find_altered(path.read_text()):
            raise NotCompilableError(f"{path.name}: compiled, class {name} would mean something else")
    return [path.relative_to(root).as_posix() for path in found]


def find_altered(text: str) -> str:
    """Return the first class that would mean something else: mypyc drops what msgspec makes of one, and is silent."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if node.keywords or "Struct" in bases:
                return node.name
    return ""


def build(into: Path, root: Path = ROOT) -> None:
    """Compile into an empty folder. Raises NotCompilableError."""
    if shutil.which("cc") is None or not Path(sysconfig.get_path("include"), "Python.h").exists():
        raise NotCompilableError("a C compiler and the headers of Python are missing: apt install gcc python3-dev")
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    _copy(root, into, COPIED)
    # Of a project the build would want more than of files.
    (into / "pyproject.toml").rename(into / "held.toml")
    modules = choose(into)
    mypyc = Path(sys.executable).with_name("mypyc")
    environment = {**os.environ, "PYTHONPATH": str(into), "MYPYC_OPT_LEVEL": "2", "MYPYC_DEBUG_LEVEL": "0"}
    done = subprocess.run(
        [mypyc, "--config-file", "held.toml", *modules],
        cwd=into, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise NotCompilableError(f"mypyc failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    (into / "held.toml").rename(into / "pyproject.toml")
    shutil.rmtree(into / "build")
    source = list(find_source(into))
    if source:
        raise NotCompilableError(f"these run from source: {', '.join(source)}")


def find_source(tree: Path) -> Iterator[str]:
    """Yield the chosen modules of a tree that Python would run from source."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    yield from (name for name in choose(tree) if not (tree / name).with_suffix(suffix).exists())


def _copy(root: Path, into: Path, names: tuple[str, ...]) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "*.so")
    for name in names:
        if (root / name).is_dir():
            shutil.copytree(root / name, into / name, ignore=ignored)
        else:
            shutil.copy(root / name, into / name)


def write_command(tree: Path) -> Path:
    """Put a command beside `logless` that runs the tree."""
    command = Path(sys.executable).with_name("logless-compiled")
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{tree}" PYTHONSAFEPATH=1 exec "{sys.executable}" -m collector "$@"\n')
    command.chmod(0o755)
    return command


if __name__ == "__main__":
    try:
        build(ROOT / ".compiled")
    except NotCompilableError as error:
        sys.exit(str(error))
    sys.stdout.write(f"compiled: {write_command(ROOT / '.compiled').relative_to(ROOT)} is logless\n")
