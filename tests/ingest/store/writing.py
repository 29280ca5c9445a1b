"""A program that writes batches from a number on: `writing.py FOLDER FIRST SEED on`, until it is killed.

It says `open` when the store is open and then the number of each batch that the store or the spool has. With `last` in
the place of `on` it writes one burst, drains the spool, and says whether the tables hold each batch exactly once.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ingest.counters.ledger import Batch
from ingest.store.client import Connector, Target
from ingest.store.migrations import migrate
from ingest.store.spool import Spool
from ingest.store.writer import Writer
from store.failures import FailingStore
from store.lots import BURST, expected, kept, lot_of


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(folder: Path, first: int, seed: int, *, is_last: bool) -> None:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    connector = Connector(Target(path=folder / "data"), memory=1 << 30, scratch=scratch)
    connector.prepare()
    setup = connector.connect()
    migrate(setup)
    draw = random.Random(seed)
    # The store is away before one insert in twenty, so that some batches are half written and pass through the spool.
    flaky = FailingStore(connector, fails=lambda: draw.random() < 0.05)
    spool = Spool(folder / "spool", 1 << 20)
    writer = Writer(flaky, spool, "a", retry_after=0.005, deliver=lambda arrive: arrive())
    say("open")
    writer.start()
    for start in itertools.count(first, BURST):
        for sequence in range(start, start + BURST):
            writer.submit(Batch(sequence, lot_of(sequence), partial(say, sequence)))
        writer.wait(30)
        if is_last:
            break
    while len(spool):
        time.sleep(0.01)
    writer.stop()
    say("exact" if kept(setup) == expected(range(1, first + BURST)) else "wrong")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), is_last=sys.argv[4] == "last")
