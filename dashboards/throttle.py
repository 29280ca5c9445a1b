"""How often somebody may try a password: failures by keyed digest, in memory only."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Protocol

FREE: Final = 5
"""Failures before anybody waits."""

LONGEST: Final = 15 * 60
"""Seconds of the longest wait; a failure is forgotten after as long again."""

MOST: Final = 20_000
"""Entries that are remembered; the oldest goes first."""


class Sender(Protocol):
    """An address that can be asked for a digest and for nothing else."""

    def digest(self, key: bytes, *parts: bytes) -> bytes:
        """Return eight bytes that tell this sender from others as long as the key lives."""
        ...


@dataclass(slots=True)
class Failures:
    """Attempts that failed in a row, and the second from which another one is allowed."""

    count: int
    until: float
    latest: float


class Throttle:
    """Counts attempts by sender and by account. The key lives and ends with the process."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._failures: OrderedDict[bytes, Failures] = OrderedDict()

    def wait(self, name: str, sender: Sender | None, now: float) -> int:
        """Return the seconds after which another attempt is allowed; 0: now."""
        entries = (self._failures.get(digest) for digest in self._digests(name, sender))
        waits = [entry.until - now for entry in entries if entry is not None and not _is_forgotten(entry, now)]
        return max(0, *(int(-(-wait // 1)) for wait in waits)) if waits else 0

    def attempt(self, name: str, sender: Sender | None, now: float) -> None:
        """Count an attempt as failed until `succeed` says otherwise, so that many at once are no way round."""
        for digest in self._digests(name, sender):
            entry = self._failures.pop(digest, None)
            count = 1 if entry is None or _is_forgotten(entry, now) else entry.count + 1
            wait = 0 if count < FREE else min(LONGEST, 2 ** min(count - FREE, 20))
            self._failures[digest] = Failures(count, now + wait, now)
        while len(self._failures) > MOST:
            self._failures.popitem(last=False)

    def succeed(self, name: str, sender: Sender | None) -> None:
        """Forget the failures of an account and of the sender that got in."""
        for digest in self._digests(name, sender):
            self._failures.pop(digest, None)

    def _digests(self, name: str, sender: Sender | None) -> list[bytes]:
        account = blake2b(
            name.encode("utf-8", "surrogatepass")[:256], key=self._key, digest_size=8, person=b"account"
        ).digest()
        return [account] if sender is None else [account, sender.digest(self._key, b"login")]


def _is_forgotten(entry: Failures, now: float) -> bool:
    return now >= max(entry.until, entry.latest) + LONGEST
