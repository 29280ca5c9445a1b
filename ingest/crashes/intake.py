"""What is counted of an opened envelope."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.app import App, Consent
from ingest.boundary.address import Address
from ingest.boundary.networks import Networks
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import LOSS, Refusal
from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.counters.ledger import Ledger
from ingest.crashes.answers import DENIED, Problem
from ingest.crashes.circumstances import installation_of
from ingest.crashes.client_reports import read_losses
from ingest.crashes.consent import Word, suffices, word_of
from ingest.crashes.envelope import Envelope, Item, read_uuid
from ingest.crashes.event import Report, is_transaction, open_event, read_report
from ingest.crashes.reader import Reading
from ingest.crashes.runs import Runs
from ingest.crashes.sections import MISSING, is_crowded, read_text
from ingest.crashes.security import RAW_SECURITY, Violation, event_of, read_violations
from ingest.crashes.sessions import MOST_ITEMS, Aggregate, Update, read_aggregates, read_update
from ingest.crashes.submission import EVENT
from ingest.crashes.tally import Tally
from ingest.rates import Rates

SESSION: Final = "session"
SESSIONS: Final = "sessions"
CLIENT_REPORT: Final = "client_report"
_BESIDE: Final = frozenset({SESSION, SESSIONS, CLIENT_REPORT, RAW_SECURITY})
"""Items that are counted, with or without an event."""
_MOST_BESIDE: Final = 100
"""Entries of all such items after which no further item is read: as many as one may have."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A submission that is answered with 200 and the id of its event, counted or discarded."""

    event_id: bytes


@dataclass(frozen=True, slots=True)
class _Sender:
    """Where an envelope came from, and the day that it belongs to."""

    app: App
    address: Address
    day: Day
    now: float


@dataclass(frozen=True, slots=True)
class _Read:
    """An event that may be counted: its id, if it has one, its report (None: it is a measurement), its installation."""

    event_id: bytes | None
    report: Report | None
    installation: str = field(repr=False)


Outcome = Taken | Refusal | Problem


def _read_event(payload: memoryview, app: App) -> _Read | Refusal | Problem:
    """Read an event, if its person agreed. Nothing is counted here, and no state is touched: a thread may do it."""
    if is_crowded(payload):
        return Refusal.TOO_LARGE
    event = open_event(payload)
    if isinstance(event, Refusal):
        return event
    word = word_of(event)
    if word is Word.DENIED:
        return DENIED
    if not suffices(word, app):
        return Refusal.NO_CONSENT
    event_id = read_uuid(read_text(event.get("event_id", MISSING)))
    report = None if is_transaction(event) else read_report(event, app)
    return _Read(event_id, report, installation_of(event))


class Intake:
    """Counts events, sessions, losses and violations of apps."""

    def __init__(
        self,
        ledger: Ledger,
        keys: DayKeys,
        clock: Callable[[], float],
        reading: Reading,
        tally: Tally,
        per_sender: int = 0,
        new_id: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Take where to count, the day's keys, the time, who reads, and what one may send in a minute (0: all)."""
        self._ledger = ledger
        self._keys = keys
        self._clock = clock
        self._reading = reading
        self._tally = tally
        self.runs = Runs(keys, tally.crowd)
        self._rates, self._per_sender = Rates(), per_sender
        self._exits: dict[tuple[str, ...], Networks] = {}
        self._new_id = new_id

    def forget(self, day: Day) -> None:
        """Let go of all that is remembered of a day that closed."""
        self.runs.forget(day)
        self._tally.forget(day)

    async def take(self, app: App, address: Address, envelope: Envelope) -> Outcome:
        """Count what is in an envelope.

        What its event says about consent holds for the whole envelope, and so does its id: with an event that is
        refused, or that was taken before, nothing else in it is counted.
        """
        if self._ledger.full:
            return Refusal.FULL
        events = [item for item in envelope.items if item.type == EVENT]
        beside = [item for item in envelope.items if item.type in _BESIDE]
        # https://develop.sentry.dev/sdk/foundations/transport/envelope-items/#event: "may occur at most once".
        if len(events) > 1:
            return Refusal.BAD_ENVELOPE
        if len(beside) > MOST_ITEMS:
            return Refusal.TOO_LARGE
        if events:
            read = await self._reading.run(len(events[0].payload), _read_event, events[0].payload, app)
            if not isinstance(read, _Read):
                return read
            return self._take_event(self._sender(app, address), read, beside, envelope.event_id)
        sender = self._sender(app, address)
        problem = self._take_beside(sender, beside) if beside else Refusal.UNWANTED_ITEM
        taken = Taken(envelope.event_id or self._new_id(16))
        if not envelope.items or problem is None:
            return taken
        if problem is not Refusal.UNWANTED_ITEM:
            return problem
        # Transactions, sessions that are not asked for, types that are not known: never looked into.
        self._refuse(sender, problem)
        return taken

    def _sender(self, app: App, address: Address) -> _Sender:
        now = self._clock()
        return _Sender(app, address, self._ledger.day(app, now), now)

    def _take_event(self, sender: _Sender, read: _Read, beside: Sequence[Item], sent_id: bytes | None) -> Outcome:
        # The event_id of the envelope wins over the payload's.
        event_id = sent_id or read.event_id or self._new_id(16)
        if read.report is None:
            self._refuse(sender, Refusal.UNWANTED_ITEM)
        else:
            who = self._who(sender, read.installation, read.report.model, read.report.system)
            # Before it is remembered as seen: what comes again after a 429 is no repetition.
            if self._is_over(sender, who, read.installation):
                return Refusal.OVER_RATE
            if self._ledger.has_seen(sender.app.owner, event_id, sender.now):
                self._refuse(sender, Refusal.DUPLICATE)
                return Taken(event_id)
            self._tally.count(sender.day, sender.app, read.report, who)
        problem = self._take_beside(sender, beside)
        if problem is not None and problem is not Refusal.UNWANTED_ITEM:
            self._refuse(sender, problem)
        return Taken(event_id)

    def _take_beside(self, sender: _Sender, items: Sequence[Item]) -> Refusal | None:
        """Count what needs no event; return the first reason for which an item was not, if none was."""
        problems: list[Refusal | None] = []
        left = _MOST_BESIDE
        for item in items:
            if left <= 0:
                # A hundred items of a hundred entries each, packed to a few kilobytes, would hold everybody up.
                self._refuse(sender, Refusal.TOO_LARGE)
                break
            problem, entries = self._take_item(sender, item)
            problems.append(problem)
            left -= entries
        return None if None in problems or not problems else problems[0]

    def _take_item(self, sender: _Sender, item: Item) -> tuple[Refusal | None, int]:
        """Count an item; return why it is not, if so, and how many entries it had that cost time."""
        app = sender.app
        # None of these items can say that somebody agreed.
        if app.consent is not Consent.OPT_OUT or (item.type in {SESSION, SESSIONS} and not app.takes_sessions):
            return Refusal.UNWANTED_ITEM, 0
        if item.type == SESSION:
            update = read_update(item.payload)
            return (update, 0) if isinstance(update, Refusal) else (self._take_runs(sender, [update]), 1)
        if item.type == SESSIONS:
            sums = read_aggregates(item.payload)
            return (sums, 0) if isinstance(sums, Refusal) else (self._take_runs(sender, sums), len(sums))
        if item.type == CLIENT_REPORT:
            return self._take_losses(sender, item), 0
        violations = read_violations(item.payload)
        if isinstance(violations, Refusal):
            return violations, 0
        return self._take_violations(sender, item, violations), len(violations)

    def _take_runs(self, sender: _Sender, everything: Sequence[Update | Aggregate]) -> Refusal | None:
        senders = [self._who(sender, runs.installation) for runs in everything]
        if senders and self._is_over(sender, senders[0], everything[0].installation):
            return Refusal.OVER_RATE
        for runs, who in zip(everything, senders, strict=True):
            if isinstance(runs, Update):
                self.runs.update(sender.day, runs, who)
            else:
                self.runs.add(sender.day, runs, who)
        return None

    def _take_losses(self, sender: _Sender, item: Item) -> Refusal | None:
        losses = read_losses(item.payload)
        if isinstance(losses, Refusal):
            return losses
        who = self._who(sender)
        if self._is_over(sender, who):
            return Refusal.OVER_RATE
        for (category, reason), lost in losses.items():
            sender.day.add((LOSS, category.value, reason.value), (lost,), who, free=True)
        return None

    def _take_violations(self, sender: _Sender, item: Item, violations: Sequence[Violation]) -> Refusal | None:
        who = self._who(sender)
        if self._is_over(sender, who):
            return Refusal.OVER_RATE
        for violation in violations:
            event = open_event(event_of(violation, item.release, item.environment))
            assert not isinstance(event, Refusal)
            report = read_report(event, sender.app)
            self._tally.count_violation(sender.day, sender.app, report, violation, who)
        return None if violations else Refusal.UNWANTED_ITEM

    def _who(self, sender: _Sender, installation: str = "", model: str = "", system: str = "") -> Who:
        """Return who sent something.

        All that the network of one of the operator's own exits tells is the exit: installations behind it count as
        of networks of their own, or hundreds of customers would never be the three networks that k asks for.
        """
        address, day = sender.address, sender.day
        digest = self._keys.crash_sender(day.owner, day.date, address, installation, model, system)
        return Who(digest, digest.hex() if installation and self._is_exit(sender) else address.network)

    def _is_over(self, sender: _Sender, who: Who, installation: str = "") -> bool:
        """Tell whether a sender is past the limit. Those whom only an exit's address tells apart have none."""
        if not self._per_sender or (not installation and self._is_exit(sender)):
            return False
        return self._rates.count(who.sender, sender.now) > self._per_sender

    def _is_exit(self, sender: _Sender) -> bool:
        exits = sender.app.own_exits
        return bool(exits) and sender.address.is_in(self._networks(exits))

    def _networks(self, cidrs: tuple[str, ...]) -> Networks:
        found = self._exits.get(cidrs)
        if found is None:
            found = self._exits[cidrs] = Networks(cidrs)
        return found

    def _refuse(self, sender: _Sender, reason: Refusal) -> None:
        self._ledger.refuse(sender.app.owner, reason, sender.now)
