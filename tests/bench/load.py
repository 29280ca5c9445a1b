"""wrk, the generator of load: one thread on a core of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOAD_CORE: Final = "1"
_SCRIPT: Final = Path(__file__).parent / "load.lua"


class NoLoadError(Exception):
    """wrk cannot be had, or did not say what it did."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one stretch of load came to. Latencies in milliseconds."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p99: float
    p999: float
    longest: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        """Requests answered in a second."""
        return self.requests / self.seconds


def pack_requests(path: Path, requests: Sequence[bytes]) -> Path:
    """Write requests where the script finds them."""
    path.write_bytes(b"".join(b"%d\n%b" % (len(request), request) for request in requests))
    return path


def run_load(
    port: int,
    requests: Path,
    seconds: float,
    *,
    connections: int = 32,
    mark: str = "",
    first: int = 0,
) -> Load:
    """Send as fast as answers come, over so many connections at once.

    `mark` is what a running number takes the place of in each request, beginning after `first`. Raises NoLoadError.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise NoLoadError("wrk is missing: apt install wrk")
    environment = {**os.environ, "LOGLESS_REQUESTS": str(requests)}
    if mark:
        environment |= {"LOGLESS_MARK": mark, "LOGLESS_FIRST": str(first)}
    done = subprocess.run(
        ["taskset", "-c", LOAD_CORE, wrk, "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(_SCRIPT),
         f"http://127.0.0.1:{port}/"],
        capture_output=True, text=True, env=environment, check=False, timeout=seconds + 60,
    )  # fmt: skip
    told = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not told:
        raise NoLoadError(done.stderr or done.stdout)
    return Load(**json.loads(told[-1]))
