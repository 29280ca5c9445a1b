"""`logless import` beside GoAccess: the same log, the same core, one after the other.

GoAccess parses the log and writes one report of it. Logless counts visits instead of requests, under keyed digests,
with countries, sources and disclosure, and writes into a database; starting the engine and syncing it count too. In
every round what was counted is compared with what was generated.

usage: python -m bench.imports [LINES [ROUNDS]]
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.log_lines import Made, write_log

CORE: Final = "0"
_ROOT: Final = Path(__file__).parents[2]


class WrongCountError(Exception):
    """What was counted is not what was generated: the time that it took means nothing."""


def measure_import(work: Path, lines: int, rounds: int) -> dict[str, Any]:
    """Import a log of that many lines in turns with GoAccess and return lines a second: medians, and their ratio.

    Without GoAccess there is no ratio. Raises WrongCountError.
    """
    log = work / "access.log"
    made = write_log(log, lines)
    ours: list[float] = []
    theirs: list[float] = []
    goaccess = shutil.which("goaccess")
    for number in range(rounds):
        ours.append(_import(work / f"round-{number}", log, made))
        if goaccess is not None:
            theirs.append(_goaccess(goaccess, work, log, made))
    rate = made.lines / statistics.median(ours)
    peer = made.lines / statistics.median(theirs) if theirs else None
    return {
        "lines": made.lines,
        "pageviews": made.pageviews.total(),
        "bytes": log.stat().st_size,
        "seconds": [round(each, 2) for each in ours],
        "goaccess_seconds": [round(each, 2) for each in theirs],
        "lines_per_second": round(rate),
        "goaccess_lines_per_second": round(peer) if peer is not None else None,
        "ratio": round(rate / peer, 3) if peer is not None else None,
    }


def _timed(command: Sequence[str], environment: dict[str, str]) -> tuple[float, str]:
    pinned = ["taskset", "-c", CORE, *command] if shutil.which("taskset") else list(command)
    begun = time.perf_counter()
    done = subprocess.run(pinned, capture_output=True, text=True, check=True, env=os.environ | environment)
    return time.perf_counter() - begun, done.stdout


def _import(folder: Path, log: Path, made: Made) -> float:
    folder.mkdir()
    # The name of a socket is short, and a journal lies in memory.
    with tempfile.TemporaryDirectory(prefix="logless-bench-", dir="/dev/shm") as runtime:
        config = folder / "logless.toml"
        config.write_text(
            f'[store]\nurl = "chdb://{folder}/data"\n[runtime]\ndir = "{runtime}"\n[[site]]\nid = "example.org"\n'
        )
        command = [sys.executable, "-m", "collector", "import", str(log), "--site", "example.org", "--json"]
        environment = {"LOGLESS_CONFIG": str(config), "PYTHONPATH": str(_ROOT)}
        seconds, told = _timed(command, environment)
        _check_told(json.loads(told), made)
        _check_store(config, runtime, environment, made)
    shutil.rmtree(folder)
    return seconds


def _check_told(told: dict[str, Any], made: Made) -> None:
    found = {
        "lines": told["lines"],
        "pageviews": told["pageviews"],
        "days": told["days"],
        "missing": told["missing"],
        "refused": told["refused"],
        "passed_over": told["passed_over"],
    }
    others = made.others
    wanted = {
        "lines": made.lines,
        "pageviews": made.pageviews.total(),
        "days": sorted(made.pageviews),
        "missing": others["missing"],
        "refused": {"bot": others["bot"]},
        "passed_over": {name: others[name] for name in ("asset", "stray", "method", "status") if others[name]},
    }
    _compare(found, wanted)


def _check_store(config: Path, runtime: str, environment: dict[str, str], made: Made) -> None:
    """Ask the store itself, in a process of its own: an engine takes one folder."""
    program = (
        "import json, sys\nfrom pathlib import Path\nfrom ingest.store.client import Connector, Target\n"
        "c = Connector(Target.read(sys.argv[1]), memory=1 << 30, scratch=Path(sys.argv[2]))\nc.prepare()\n"
        "rows = c.connect().rows('SELECT toString(day), sum(visitors), sum(visits), sum(pageviews) FROM hours "
        "WHERE node = {node:String} GROUP BY day', {'node': ''})\nprint(json.dumps(rows))"
    )
    url = f"chdb://{config.parent}/data"
    done = subprocess.run(
        [sys.executable, "-c", program, url, runtime],
        capture_output=True, text=True, check=True, env=os.environ | environment,
    )  # fmt: skip
    found = {day: counts for day, *counts in json.loads(done.stdout)}
    _compare(found, {day: [made.visitors[day], made.visits[day], made.pageviews[day]] for day in made.pageviews})


def _goaccess(program: str, work: Path, log: Path, made: Made) -> float:
    report = work / "goaccess.json"
    command = [program, str(log), "--log-format=COMBINED", "--anonymize-ip", "--no-progress", "-o", str(report)]
    seconds, _ = _timed(command, {})
    _compare(json.loads(report.read_text())["general"]["total_requests"], made.lines)
    return seconds


def _compare(found: Any, wanted: Any) -> None:
    if found != wanted:
        raise WrongCountError(f"counted {found}, generated {wanted}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = [int(text) for text in sys.argv[1:3]]
        lines, rounds = [*given, *(1_000_000, 3)[len(given) :]]
        sys.stdout.write(json.dumps(measure_import(Path(folder), lines, rounds), indent=2) + "\n")
