"""How long a hit waits at half load, with writes to the store going on and without.

Requests begin at times that were planned before, whether or not the ones before have been answered: so a pause of the
server is seen by everybody whom it would have kept waiting.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from bench.hits import Sending
from bench.load import LOAD_CORE, run_load
from bench.measured import Better, Measured
from bench.servers import PROFILE, serving
from bench.traffic import ordinary

_CONNECTIONS = 64
_SHARE = 0.5

_UNWRITTEN = PROFILE.replace("[[site]]", '[[site]]\nprofile = "strict"', 1)
"""The same site in the profile that is written once a day: nothing is written while it is measured."""


def measure_waiting(work: Path, seconds: float, tell: Callable[[str], None]) -> list[Measured]:
    """Return latencies at half load."""
    sending = Sending.of(work, "waiting", ordinary())
    told = {}
    rate = 0.0
    for name, sections in (("written", PROFILE), ("unwritten", _UNWRITTEN)):
        with serving(work / f"waiting-{name}", sections) as (_, process):
            full = run_load(process.port, sending.file, 5)
            rate = rate or full.rate * _SHARE
            told[name] = _ask(process.port, sending.file, rate, seconds)
            tell(f"waiting: {name}: {told[name]}")
    written, unwritten = told["written"], told["unwritten"]
    note = f"{rate:,.0f} hits a second; {written['p99']:.1f} ms with writes, {unwritten['p99']:.1f} ms without"
    return [
        Measured("p99 at half load with writes", "of the same without", written["p99"] / unwritten["p99"], Better.LESS,
                 floor=2.5, target=2, note=note),
        Measured("longest wait of one hit in that time", "ms", written["longest"], Better.LESS, target=20,
                 note=f"without writes {unwritten['longest']:.0f} ms; the machine's own pauses are in both"),
    ]  # fmt: skip


def _ask(port: int, requests: Path, rate: float, seconds: float) -> dict[str, float]:
    """Run this file as a program of its own on the core of the generator."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["taskset", "-c", LOAD_CORE, sys.executable, "-m", "bench.waiting", str(port), str(requests), str(rate),
         str(seconds)],
        env={**os.environ, "PYTHONPATH": f"{root / 'tests'}:{root}"}, capture_output=True, text=True, check=True,
        timeout=seconds + 60,
    )  # fmt: skip
    told: dict[str, float] = json.loads(done.stdout)
    return told


async def _send(port: int, requests: list[bytes], rate: float, seconds: float) -> list[float]:
    """Send requests at even times over connections that stay; return how long each waited from its planned time."""
    waits: list[float] = []
    start = time.perf_counter() + 0.2
    planned = iter(range(int(rate * seconds)))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in planned:
            due = start + number / rate
            ahead = due - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            writer.write(requests[number % len(requests)])
            await reader.readuntil(b"\r\n\r\n")
            waits.append(time.perf_counter() - due)
        writer.close()

    await asyncio.gather(*(one() for _ in range(_CONNECTIONS)))
    return waits


def _read(path: Path) -> list[bytes]:
    found, data, at = [], path.read_bytes(), 0
    while at < len(data):
        end = data.index(b"\n", at)
        length = int(data[at:end])
        found.append(data[end + 1 : end + 1 + length])
        at = end + 1 + length
    return found


def main(port: int, path: Path, rate: float, seconds: float) -> None:
    """Print latencies in milliseconds as JSON."""
    import uvloop  # noqa: PLC0415  for this program only

    requests = _read(path)
    waits = uvloop.run(_send(port, requests, rate, seconds))
    cuts = quantiles(waits, n=1000)
    print(json.dumps({"p50": cuts[499] * 1e3, "p99": cuts[989] * 1e3, "longest": max(waits) * 1e3}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
