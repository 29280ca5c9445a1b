"""A planned restart: what is known in memory only goes from one process to the next, and touches no file system.

The old process settles, writes what memory knows into a memfd (memory that has a file descriptor and no name), and
becomes the new one by execve(2), which keeps the descriptor and the listening socket. Submissions that arrive
meanwhile wait in the socket's backlog. The counts themselves go by the journal, as after a crash; what is handed over
is what the journal may not hold: the keys of the day, visits, and the names and messages that are not shared enough.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final, NoReturn, Self

import msgspec

from collector.pipeline import Pipeline
from ingest.counters.remembered import Remembered
from ingest.crashes.runs import Heard
from ingest.crashes.watch import Underway
from ingest.hits.handover import Handover as VisitsHandover

_VARIABLE: Final = "LOGLESS_HANDED_OVER"
_FORM: Final = 2
"""Counted up whenever what is handed over changes: a process that does not know it begins as after a crash."""


class Handover(msgspec.Struct, array_like=True, frozen=True):
    """What memory knows at the end of a process."""

    form: int
    keys: list[tuple[str, int, bytes]]
    days: list[Remembered]
    visits: VisitsHandover
    heard: list[Heard]
    watched: list[Underway]

    @classmethod
    def of(cls, pipeline: Pipeline) -> Self:
        """Collect what a settled pipeline knows."""
        return cls(
            _FORM,
            pipeline.keys.hand_over(),
            pipeline.ledger.remember(),
            pipeline.visits.hand_over(),
            pipeline.crashes.runs.hand_over(),
            pipeline.watch.hand_over(),
        )


_DECODER: Final = msgspec.msgpack.Decoder(Handover)


def read_handover() -> tuple[int | None, Handover | None]:
    """Return the listening socket and what the process before handed over; None of each where there was none.

    What is found cannot be found a second time: its memory is given back.
    """
    found = os.environ.pop(_VARIABLE, "").split(",")
    if len(found) != 2 or not all(number.isdigit() for number in found):
        return None, None
    listening, memory = (int(number) for number in found)
    try:
        os.set_inheritable(listening, False)
        size = os.fstat(memory).st_size
        handed = _DECODER.decode(os.pread(memory, size, 0))
        os.close(memory)
    except (OSError, msgspec.DecodeError):
        return None, None
    return listening, handed if handed.form == _FORM else None


def write_memory(handover: Handover) -> int:
    """Write what memory knows into memory without a name and return its descriptor, which survives execve(2)."""
    memory = os.memfd_create("logless", 0)
    data = msgspec.msgpack.encode(handover)
    view = memoryview(data)
    while view:
        view = view[os.write(memory, view) :]
    return memory


def become_next(listening: int, memory: int) -> NoReturn:
    """Put a new Logless in the place of this process: same arguments, same number, same socket."""
    os.set_inheritable(listening, True)
    os.environ[_VARIABLE] = f"{listening},{memory}"
    # What is ignored stays ignored over execve: a second wish, or one to read the configuration, must not end it.
    for number in (signal.SIGUSR2, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.execv(  # noqa: S606  ourselves, with our own arguments
        sys.executable, [sys.executable, "-m", "collector", *sys.argv[1:]]
    )
