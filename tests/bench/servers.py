"""The servers under load, each on the first core with all its threads."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.traffic import SITE
from running import KEY, Logless, free_port, wait_until

SERVER_CORE: Final = 0
APP: Final = 6
PROFILE: Final = f"""
[limits]
envelope = "1MiB"

[[site]]
id = "{SITE}"
hosts = ["{SITE}"]
pages = ["/", "/pricing", "/blog/*"]
matomo_id = 1

[[app]]
id = {APP}
name = "desktop"
key = "{KEY}"
consent = "opt-out"
"""
"""A site and an app in the standard profile: what users have."""

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that serves."""

    port: int
    pid: int

    @property
    def seconds(self) -> float:
        """Processor time that it has used, all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def memory(self) -> int:
        """Bytes that it holds."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Let what is started meanwhile run on one core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def doing_nothing(kind: str) -> Iterator[Process]:
    """Start a server that answers and does nothing else: `raw` or `route`."""
    port = free_port()
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root / 'tests'}:{root}"}
    with on_core(SERVER_CORE):
        process = subprocess.Popen([sys.executable, "-m", "bench.noop", kind, str(port)], env=environment)
    try:
        wait_until(lambda: _listens(port))
        yield Process(port, process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def serving(folder: Path, sections: str = PROFILE) -> Iterator[tuple[Logless, Process]]:
    """Start a Logless in an empty folder."""
    root = Path(__file__).parents[2]
    folder.mkdir(parents=True, exist_ok=True)
    logless = Logless(folder, sections, environment={"PYTHONPATH": str(root)})
    try:
        with on_core(SERVER_CORE):
            logless.start()
        assert logless.process is not None
        yield logless, Process(logless.port, logless.process.pid)
    finally:
        logless.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
