"""How much one sender may send."""

from __future__ import annotations

from collections import Counter


class Rates:
    """Submissions of each sender in the running minute, forgotten with it."""

    def __init__(self, per_minute: int) -> None:
        """Take the most that one sender may send in a minute; 0 sets no limit."""
        self._most = per_minute
        self._minute = 0
        self._counts: Counter[bytes] = Counter()

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._most > 0

    def is_over(self, sender: bytes, now: float) -> bool:
        """Count a submission and return whether it is past the limit."""
        minute = int(now) // 60
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        self._counts[sender] += 1
        return self._counts[sender] > self._most
