"""The keys of the day, and the digests made with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import date
from hashlib import blake2b
from typing import Final, NoReturn, SupportsIndex

from ingest.boundary.address import Address, Begun, begin_digest

_KEY_SIZE: Final = 32  # bytes
_LINE_SIZE: Final = 8


class DayKeys:
    """One random key per owner (a site or an app) and local day, in memory and nowhere else.

    A digest under one key is unrelated to one under any other: nobody can be followed from site to site or
    from day to day, and once a key is dropped nobody can be tested for having been there.
    """

    __slots__ = ("_digests", "_keys", "_random_bytes")

    def __init__(self, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._random_bytes = random_bytes
        self._keys: dict[tuple[str, date], bytearray] = {}
        self._digests: dict[tuple[str, date], tuple[Begun, Begun]] = {}

    def visitor(self, owner: str, day: date, address: Address, agent: str) -> bytes:
        """Return 8 bytes for (owner, address, agent): one browser of one day."""
        return address.digest_with(self._begun(owner, day)[0], _bytes_of(agent))

    def sender(self, owner: str, day: date, address: Address) -> bytes:
        """Return 8 bytes for (owner, address): what k and the caps count."""
        return address.digest_with(self._begun(owner, day)[1])

    def line(self, owner: str, day: date, address: bytes, agent: bytes) -> bytes:
        """Return 8 bytes for what a log's line tells of a browser, as it stands there.

        Under it a day remembers what it made of the two: so no memory is keyed by an address.
        """
        message = b"line\0%b\0%b" % (address, agent)
        return blake2b(message, key=self._key(owner, day), digest_size=_LINE_SIZE).digest()

    def crash_sender(
        self, owner: str, day: date, address: Address, installation: str, model: str, system: str
    ) -> bytes:
        """Return 8 bytes for (owner, installation), else for (owner, address, model, system)."""
        key = self._key(owner, day)
        if installation:
            return Address().digest(key, b"installation", owner.encode(), _bytes_of(installation))
        return address.digest(key, b"device", owner.encode(), _bytes_of(model), _bytes_of(system))

    def session(self, owner: str, day: date, session: str) -> bytes:
        """Return 8 bytes for (owner, session): one run of an app, whose updates count once."""
        return Address().digest(self._key(owner, day), b"session", owner.encode(), _bytes_of(session))

    def drop(self, owner: str, day: date) -> None:
        """Overwrite and forget the key of a day that has closed."""
        self._digests.pop((owner, day), None)
        key = self._keys.pop((owner, day), None)
        if key is not None:
            key[:] = bytes(len(key))

    def hand_over(self) -> list[tuple[str, int, bytes]]:
        """Return owner, ordinal of the date, and key: for the next process' memory in a planned restart, only."""
        return [(owner, day.toordinal(), bytes(key)) for (owner, day), key in self._keys.items()]

    def take_over(self, keys: Iterable[tuple[str, int, bytes]]) -> None:
        """Go on with the keys that the process before has handed over."""
        for owner, day, key in keys:
            self._keys[owner, date.fromordinal(day)] = bytearray(key)
            self._digests.pop((owner, date.fromordinal(day)), None)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return "<day keys>"

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise TypeError("day keys cannot be pickled or copied")

    def __getstate__(self) -> NoReturn:
        raise TypeError("day keys cannot be pickled or copied")

    def _begun(self, owner: str, day: date) -> tuple[Begun, Begun]:
        """Return the digests of visitors and of senders, as far as they are the same for everybody."""
        begun = self._digests.get((owner, day))
        if begun is None:
            key, name = self._key(owner, day), owner.encode()
            begun = begin_digest(key, b"visitor", name), begin_digest(key, b"sender", name)
            self._digests[owner, day] = begun
        return begun

    def _key(self, owner: str, day: date) -> bytearray:
        """Return the key of a day, drawn when it is first asked for."""
        key = self._keys.get((owner, day))
        if key is None:
            key = self._keys[owner, day] = bytearray(self._random_bytes(_KEY_SIZE))
        return key


def _bytes_of(text: str) -> bytes:
    """Encode text from outside; a lone surrogate must not raise."""
    return text.encode("utf-8", "surrogatepass")
