"""Ends of an app that are no exception of its code: it ran out of memory, or stopped answering.

Their stack shows who asked last, or where the main thread happened to be: it is not what went wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Failure(StrEnum):
    """A class of ends that are grouped by other rules than exceptions."""

    OUT_OF_MEMORY = "out of memory"
    ANR = "not responding"
    HANG = "hang"
    WATCHDOG = "ended by the system"


_BY_TYPE: Final[Mapping[str, Failure]] = {
    **dict.fromkeys(
        (
            *(
                "OutOfMemoryError",
                "OutOfMemoryException",
                "InsufficientMemoryException",
                "MemoryError",
                "NoMemoryError",
            ),
            *("NoMemoryError", "Out Of Memory", "OutOfMemory", "bad_alloc", "NSMallocException"),
        ),
        Failure.OUT_OF_MEMORY,
    ),
    **dict.fromkeys(("ApplicationNotResponding", "Background ANR", "ANR"), Failure.ANR),
    **dict.fromkeys(
        (
            *("App Hanging", "App Hang Fully Blocked", "App Hang Non Fully Blocked", "Fatal App Hang Fully Blocked"),
            *("Fatal App Hang Non Fully Blocked", "MXHangDiagnostic"),
        ),
        Failure.HANG,
    ),
    **dict.fromkeys(("Watchdog Termination", "WatchdogTermination"), Failure.WATCHDOG),
}
"""Types that SDKs and runtimes give, without their packages."""

_BY_MECHANISM: Final[Mapping[str, Failure]] = {
    "ANR": Failure.ANR,
    "AppExitInfo": Failure.ANR,
    "AppHang": Failure.HANG,
    "mx_hang_diagnostic": Failure.HANG,
    "watchdog_termination": Failure.WATCHDOG,
}


def failure_of(kind: str, mechanism: str) -> Failure | None:
    """Return the class of an end, by the type of what was thrown last and what noticed it, or None."""
    simple = kind.rpartition("::")[2].rpartition(".")[2]
    return _BY_TYPE.get(kind) or _BY_TYPE.get(simple) or _BY_MECHANISM.get(mechanism)
