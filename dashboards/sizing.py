"""What a machine has to have for so many visits a day, from the figures of `make bench`.

The figures are those of docs/bench/report.json, rounded to the careful side; a test holds them against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HITS_PER_SECOND: Final = 4_000
"""Hits that one core takes in a second, whoever sends them one by one."""

VISITS_PER_SECOND: Final = 1_500
"""Visits that can begin in a second on one core, when nobody shares page or referrer with anybody."""

BASE_MEMORY: Final = 450 << 20
"""Bytes that a server holds with the embedded engine before anybody comes."""

VISITOR_MEMORY: Final = 14_000
"""Bytes of a visitor of today in the worst case: nobody shares page or referrer with anybody."""

ROW_BYTES: Final = 60
"""Bytes of a row at rest."""

HITS_PER_VISIT: Final = 6
"""Page views, and what is told of each when it is left."""

_PEAK: Final = 4
"""How many times the average of the day its busiest minutes have."""

_ROWS_PER_DAY: Final = 3_000
_MOST_ROWS: Final = 100_000
"""Rows that a day leaves behind, which grow with what people share, and are at least and at most so many."""

_DAY: Final = 24 * 3600
_VISITS: Final = (1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Size:
    """What so many visits a day come to."""

    visits: int
    cores: float  # at the peak
    memory: int  # MiB, at the end of the day
    disk: float  # GiB in two years

    @property
    def advice(self) -> str:
        """What to do about it."""
        if self.cores > 0.7:
            return "several nodes behind a balancer, one ClickHouse server for all of them"
        if self.memory > 4096 or self.disk > 20:
            return "one node, with a ClickHouse server beside it"
        return "one small machine, with the embedded engine"


def sizes() -> list[Size]:
    """Return what a site of a thousand, and up to a million visits a day needs."""
    return [_size(visits) for visits in _VISITS]


def _size(visits: int) -> Size:
    peak = visits * _PEAK / _DAY
    cores = peak * HITS_PER_VISIT / HITS_PER_SECOND + peak / VISITS_PER_SECOND
    rows = min(max(_ROWS_PER_DAY, visits // 10), _MOST_ROWS)
    return Size(visits, cores, (BASE_MEMORY + visits * VISITOR_MEMORY) >> 20, 731 * rows * ROW_BYTES / (1 << 30))
