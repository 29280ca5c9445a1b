"""Passwords: argon2id, off the event loop and two at a time."""

from __future__ import annotations

from typing import Final

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ingest.store.control.database import Control
from ingest.store.control.users import User, password_of, set_password

SHORTEST: Final = 12
LONGEST: Final = 256
AT_ONCE: Final = 2
"""Verifications at a time: each takes 64 MiB and a sixth of a second, by RFC 9106's second choice."""


class Passwords:
    """Sets and verifies passwords."""

    def __init__(self, control: Control, hasher: PasswordHasher) -> None:
        self._control = control
        self._hasher = hasher
        self._limiter: CapacityLimiter | None = None
        self._decoy = ""

    async def verify(self, name: str, password: str) -> User | None:
        """Return the user of that name and password, or None; nobody takes as long as somebody."""
        return await to_thread.run_sync(self._verify, name, password[: LONGEST + 1], limiter=self._limit())

    async def set(self, user: int, password: str) -> None:
        """Give a user a password of SHORTEST to LONGEST characters."""
        await to_thread.run_sync(self._set, user, password, limiter=self._limit())

    async def seal(self, password: str) -> str:
        """Return the argon2 text of a password that belongs to no user."""
        return await to_thread.run_sync(self._hasher.hash, password, limiter=self._limit())

    async def opens(self, encoded: str, password: str) -> bool:
        """Return whether a password is the one of an argon2 text."""
        return await to_thread.run_sync(self._matches, encoded, password[: LONGEST + 1], limiter=self._limit())

    def _limit(self) -> CapacityLimiter:
        # It belongs to the event loop that first uses it, so it cannot be made before one runs.
        if self._limiter is None:
            self._limiter = CapacityLimiter(AT_ONCE)
        return self._limiter

    def _set(self, user: int, password: str) -> None:
        set_password(self._control, user, self._hasher.hash(password))

    def _verify(self, name: str, password: str) -> User | None:
        decoy = self._decoy_hash()  # made by whoever comes first, known or not, so that its making tells nothing
        found = password_of(self._control, name)
        encoded = found[1] if found else decoy
        if not self._matches(encoded, password) or found is None:
            return None
        if self._hasher.check_needs_rehash(encoded):
            self._set(found[0].id, password)
        return found[0]

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    def _decoy_hash(self) -> str:
        if not self._decoy:
            self._decoy = self._hasher.hash("nobody's password")
        return self._decoy
