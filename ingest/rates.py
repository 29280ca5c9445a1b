"""How much one sender sends."""

from __future__ import annotations


class Rates:
    """Submissions of each sender in the running minute, forgotten with it."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[bytes, int] = {}

    def count(self, sender: bytes, now: float) -> int:
        """Count a submission and return how many it makes."""
        minute = int(now) // 60
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        count = self._counts[sender] = self._counts.get(sender, 0) + 1
        return count
