"""Takes envelopes of a test the whole way, into ledgers that nothing leaves.

Nothing of what others have sent is known there, so it can tell nobody whether k is reached.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from ingest.app import App
from ingest.boundary.address import Address
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import CRASH, REFUSED, Key, Refusal
from ingest.counters.growth import Growth
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Ledger
from ingest.crashes.envelope import Envelope, Item
from ingest.crashes.event import open_event, read_report
from ingest.crashes.grouping import Grounds, grounds_of
from ingest.crashes.intake import Intake, Outcome, Taken
from ingest.crashes.phrases import Phrases
from ingest.crashes.preview import preview_of
from ingest.crashes.reader import Reading
from ingest.crashes.sections import is_crowded
from ingest.crashes.strings import ReleaseStrings
from ingest.crashes.submission import EVENT
from ingest.crashes.tally import Tally
from ingest.crashes.verdicts import Told, verdicts_of


@dataclass(frozen=True, slots=True)
class Account:
    """What becomes of one item: `outcome` None if it is counted, else why not; of an event also what is made of it."""

    item: Item
    outcome: str | None
    preview: dict[str, Any] | None = None
    verdicts: tuple[Told, ...] = ()
    grounds: Grounds | None = None


class _Shared(App):
    """An app, were every value shared enough to be named at once."""

    @property
    def k(self) -> int:
        return 1


class Rehearsal:
    """Reads envelopes as the endpoint does, each as if nobody had sent anything before."""

    def __init__(self, phrases: Phrases, strings: ReleaseStrings) -> None:
        """Take the runtimes' own messages and uploaded texts, which no person sent."""
        self._phrases = phrases
        self._strings = strings
        self._reading = Reading()

    async def cells(self, app: App, address: Address, envelope: Envelope, now: float) -> list[Growth]:
        """Return what an envelope adds to."""
        _, kept = await self._take(app, address, envelope, now)
        shared = _Shared(**{field.name: getattr(app, field.name) for field in fields(app)})
        _, named = await self._take(shared, address, envelope, now)
        known = {_value(key) for key in kept}
        return [Growth(key, amounts, waits=False) for key, amounts in kept.items() if key[0] != REFUSED] + [
            Growth(key, amounts, waits=True) for key, amounts in named.items() if _value(key) not in known
        ]

    async def accounts(self, app: App, address: Address, envelope: Envelope, now: float) -> list[Account]:
        """Return what becomes of each item, by what would become of it alone.

        What an event says about consent holds for the whole envelope: once one is refused, no other item is read.
        """
        found, refused = [], ""
        for item in sorted(envelope.items, key=lambda item: item.type != EVENT):
            if refused:
                found.append(Account(item, refused))
                continue
            alone = Envelope(None, None, (item,))
            outcome, cells = await self._take(app, address, alone, now)
            reason = _reason(outcome, cells)
            if item.type == EVENT:
                refused = "the event that it came with was refused" if reason is not None else ""
                found.append(self._event(app, item, reason))
            else:
                found.append(Account(item, reason))
        return found

    def _event(self, app: App, item: Item, reason: str | None) -> Account:
        opened = Refusal.TOO_LARGE if is_crowded(item.payload) else open_event(item.payload)
        if isinstance(opened, Refusal):
            return Account(item, reason)
        tally = self._tally()
        report = read_report(opened, app)
        grounds = grounds_of(report, tally.words(app, report))
        return Account(item, reason, preview_of(opened, app, tally), tuple(verdicts_of(opened, app)), grounds)

    def _tally(self) -> Tally:
        # What the algorithm before makes of it is of nobody's interest here.
        return Tally(self._phrases, self._strings, changed=date.min)

    async def _take(
        self, app: App, address: Address, envelope: Envelope, now: float
    ) -> tuple[Outcome, dict[Key, tuple[int, ...]]]:
        ledger = Ledger(Unjournaled(), lambda _: None, itertools.count(1))
        intake = Intake(ledger, DayKeys(), lambda: now, self._reading, self._tally())
        outcome = await intake.take(app, address, envelope)
        ledger.settle()
        return outcome, {key: tuple(amounts) for _, key, amounts in ledger.unwritten(app.owner)}


def _value(key: Key) -> Key:
    """Return a cell's key without its group: a message or fingerprint that is shared makes another group of it."""
    return key[2:] if key[0] == CRASH else key


def _reason(outcome: Outcome, cells: Sequence[Key] | dict[Key, tuple[int, ...]]) -> str | None:
    """Return why an item is not counted, or None if it is."""
    if isinstance(outcome, Taken):
        return next((key[1] for key in cells if key[0] == REFUSED), None)
    return outcome.value if isinstance(outcome, Refusal) else outcome.detail
