"""How many instructions a hit costs from its bytes to its cells, counted by callgrind: seconds are noise.

Run as a program it takes hits and ends; the difference of two runs of different lengths is what the hits cost.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.growth import take
from bench.measured import Better, Measured
from bench.traffic import ordinary

_CROWD: Final = 60
"""People: their visits have begun in the shorter run, so that the difference is of visits that go on."""

_FEW: Final = 240
_MANY: Final = 1_200
BOUND: Final = 400_000
"""Instructions of one hit that a change may not bring it over: about a fifth more than were counted last."""


def measure_instructions(work: Path) -> list[Measured]:
    """Return the instructions of a hit of ordinary traffic; None where valgrind is missing."""
    unit = "instructions from bytes to cells"
    if shutil.which("valgrind") is None:
        return [Measured("hit", unit, None, Better.LESS, note="valgrind is missing: apt install valgrind")]
    few, many = _count(work, _FEW), _count(work, _MANY)
    return [Measured("hit", unit, (many - few) / (_MANY - _FEW), Better.LESS, floor=BOUND)]


def _count(work: Path, hits: int) -> int:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={work / 'callgrind'}", sys.executable, "-m",
         "bench.instructions", str(hits)],
        env={**os.environ, "PYTHONPATH": f"{root / 'tests'}:{root}", "PYTHONHASHSEED": "0"},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found is not None, done.stderr
    assert not done.returncode, done.stderr
    return int(found[1])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        # All of them are made in both runs: to make them costs more than to take them.
        asyncio.run(take(Path(folder), iter(ordinary(_MANY, _CROWD)), int(sys.argv[1])))
