"""How much one sender sends."""

from __future__ import annotations

from collections import Counter


class Rates:
    """Submissions of each sender in the running minute, forgotten with it."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: Counter[bytes] = Counter()

    def count(self, sender: bytes, now: float) -> int:
        """Count a submission and return how many it makes."""
        minute = int(now) // 60
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        self._counts[sender] += 1
        return self._counts[sender]
