"""What the benchmark runs on, and whether anybody else works there too."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("uvicorn", "httptools", "uvloop", "starlette", "msgspec", "clickhouse-connect", "chdb-core")


def describe() -> dict[str, str]:
    """Return processor, system and versions. No name of a host and no path."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "processor": f"{os.cpu_count()} x {model}",
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def busy(seconds: float = 1.0) -> float:
    """Return what part of all cores others use now, between 0 and 1."""
    before, idle_before = _ticks()
    time.sleep(seconds)
    after, idle_after = _ticks()
    return 1 - (idle_after - idle_before) / max(after - before, 1)


def _ticks() -> tuple[int, int]:
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return sum(fields[:8]), fields[3] + fields[4]
