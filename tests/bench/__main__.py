"""Runs the benchmark, prints its table, and writes the report when asked to."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.crashes import measure_crashes
from bench.growth import Curve, measure_growth
from bench.hits import UncountedError, measure_hits
from bench.imports import WrongCountError, measure_import
from bench.instructions import measure_instructions
from bench.load import NoLoadError
from bench.machine import busy, describe
from bench.measured import Measured
from bench.memory import measure_memory, measure_start
from bench.pages import measure_pages
from bench.report import table, write_report
from bench.waiting import measure_waiting

_QUIET: Final = 0.15
"""What part of the machine others may use before a run is said to be noisy."""


def main() -> int:
    """Return 0 when every floor holds, 1 when one does not, 2 when the run means nothing."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="of each round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the log that is imported")
    parser.add_argument(
        "--only", nargs="*", default=[], help="parts: hits crashes waiting memory imports pages growth count"
    )
    parser.add_argument("--write", action="store_true", help="put the report into docs/bench")
    asked = parser.parse_args()
    others = busy()
    if others > _QUIET:
        _tell(f"others use {others:.0%} of this machine: ratios by processor time hold, waits may not")
    # In memory: the speed of a disk is another question.
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="logless-bench-") as folder:
        try:
            measured, curves = _measure(Path(folder), asked)
        except (NoLoadError, UncountedError, WrongCountError) as error:
            _tell(f"no result: {error}")
            return 2
    sys.stdout.write("\n".join(table(measured)) + "\n")
    if asked.write:
        write_report(describe(), datetime.now(UTC).date().isoformat(), measured, curves)
    missed = [one.name for one in measured if not one.holds]
    sys.stdout.write(f"floors: {'all hold' if not missed else 'not held by ' + ', '.join(missed)}\n")
    return 1 if missed else 0


def _measure(work: Path, asked: argparse.Namespace) -> tuple[list[Measured], list[Curve]]:
    wanted = set(asked.only) or {"hits", "crashes", "waiting", "memory", "imports", "pages", "growth", "count"}
    measured: list[Measured] = []
    curves: list[Curve] = []
    if "hits" in wanted:
        measured += measure_hits(work, asked.seconds, asked.rounds, _tell)
    if "crashes" in wanted:
        measured += measure_crashes(work, asked.seconds, asked.rounds, _tell)
    if "waiting" in wanted:
        measured += measure_waiting(work, 5 * asked.seconds, _tell)
    if "memory" in wanted:
        measured += measure_memory(work, 60 if asked.seconds >= 4 else 20, _tell) + measure_start(work)
    if "imports" in wanted:
        measured.append(_import(work, asked.lines))
    if "pages" in wanted:
        for rows in asked.rows:
            measured += measure_pages(work, rows, _tell)
    if "count" in wanted:
        measured += measure_instructions(work)
    if "growth" in wanted:
        curves = measure_growth(work)
    return measured, curves


def _import(work: Path, lines: int) -> Measured:
    """Import a log beside GoAccess. A short one says less: starting takes seconds."""
    found = measure_import(work, lines, 1)
    note = f"{found['lines']:,} lines, {found['lines_per_second']:,} a second with the start of the engine"
    unit = "of GoAccess' lines a second"
    if found["ratio"] is None:
        return Measured("import of a log", unit, None, floor=0.3, note="goaccess is missing: apt install goaccess")
    return Measured("import of a log", unit, found["ratio"], floor=0.3, target=0.5, note=note)


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
