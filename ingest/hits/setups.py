"""Setup tokens: whoever opens a page with one sees what becomes of the hits that carry it.

A token is `logless-setup-` and 22 characters, as the value of `ref`, which every beacon sends on. What carries a
token that is in force is counted nowhere, refusals included: it is rehearsed, and told to the member who made it.
Tokens and what they were told live in memory, for half an hour.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import re2

from ingest.hits.rehearsal import Rehearsal
from ingest.hits.trace import Trace

MARK: Final = b"logless-setup-"
LIFE: Final = 30 * 60
"""Seconds for which a token is in force."""

TOLD: Final = 20
"""Submissions that a token remembers."""

_MOST: Final = 100
_TOKEN: Final = re2.compile(rb"logless-setup-[A-Za-z0-9_-]{22}")


@dataclass(slots=True)
class Setup:
    """A member's test of one site."""

    site: str
    member: int
    token: str = field(repr=False)
    expires: float
    rehearsal: Rehearsal
    traces: deque[Trace] = field(default_factory=lambda: deque(maxlen=TOLD))
    arrived: int = 0

    def tell(self, trace: Trace) -> None:
        """Remember what became of a submission, in the place of the oldest."""
        self.traces.append(trace)
        self.arrived += 1


class Setups:
    """The tests that are under way."""

    def __init__(self, rehearse: Callable[[], Rehearsal]) -> None:
        """Take how to begin a rehearsal."""
        self._rehearse = rehearse
        self._by_token: dict[bytes, Setup] = {}

    def begin(self, site: str, member: int, now: float) -> Setup:
        """Begin a test, in the place of the member's earlier one of that site."""
        present = {
            token: setup
            for token, setup in self._by_token.items()
            if setup.expires > now and (setup.site, setup.member) != (site, member)
        }
        while len(present) >= _MOST:
            del present[next(iter(present))]
        token = MARK + secrets.token_urlsafe(16).encode()
        setup = present[token] = Setup(site, member, token.decode(), now + LIFE, self._rehearse())
        self._by_token = present
        return setup

    def of(self, site: str, member: int, now: float) -> Setup | None:
        """Return a member's test of a site, or None."""
        for setup in self._by_token.values():
            if (setup.site, setup.member) == (site, member) and setup.expires > now:
                return setup
        return None

    def pick(self, body: bytes, now: float) -> tuple[Setup | None, bytes]:
        """Return the test that a body belongs to, if any, and the body without its tokens.

        A token that is no longer in force is cut out too: its page is counted as it is without.
        """
        if MARK not in body:
            return None, body
        found = (self._by_token.get(token) for token in _TOKEN.findall(body))
        setup = next((setup for setup in found if setup is not None and setup.expires > now), None)
        return setup, _TOKEN.sub(b"", body)
