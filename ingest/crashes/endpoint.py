"""Where SDKs send crash reports: `/api/{app}/envelope/` and `/api/{app}/store/`, with or without the last slash."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import re2
from starlette.types import Receive, Scope, Send

from ingest.app import App, Apps
from ingest.body import DisconnectedError, read_body
from ingest.boundary.address import Address
from ingest.boundary.airlock import ADDRESS
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.disclosure import Who
from ingest.counters.ledger import Ledger
from ingest.crashes import answers
from ingest.crashes.circumstances import installation_of
from ingest.crashes.consent import Word, suffices, word_of
from ingest.crashes.encoding import Limits
from ingest.crashes.envelope import Envelope, read_uuid
from ingest.crashes.event import is_transaction, open_event, read_report
from ingest.crashes.sections import MISSING, Section, read_text
from ingest.crashes.submission import EVENT, open_submission
from ingest.crashes.tally import Tally

_PATH: Final = re2.compile(r"/api/(\d{1,10})/(envelope|store)/?$")


@dataclass(frozen=True, slots=True)
class _Taken:
    """A submission that is answered with 200 and the id of its event, counted or discarded."""

    app: App
    event_id: bytes


_Outcome = _Taken | Refusal | answers.Problem


class CrashEndpoint:
    """Takes crash reports: reads, groups and counts them, and answers when the count is in the journal."""

    def __init__(
        self,
        apps: Apps,
        ledger: Ledger,
        keys: DayKeys,
        clock: Callable[[], float],
        limits: Limits,
        tally: Tally | None = None,
        *,
        new_id: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Take the configured apps, where to count, the keys of the day, and the time in seconds since the epoch."""
        self._apps = apps
        self._ledger = ledger
        self._keys = keys
        self._clock = clock
        self._limits = limits
        self._tally = tally or Tally()
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Its scope has been through the airlock."""
        match = _PATH.search(scope["path"])
        if match is None:
            await answers.send_problem(send, None, answers.NOT_FOUND)
            return
        app = self._apps.get(int(match.group(1)))
        if scope["method"] == "OPTIONS":
            await answers.send_preflight(send, app)
        elif scope["method"] != "POST":
            await answers.send_problem(send, app, answers.WRONG_METHOD)
        else:
            await self._post(scope, receive, send, app, is_store=match.group(2) == "store")

    async def _post(self, scope: Scope, receive: Receive, send: Send, app: App | None, *, is_store: bool) -> None:
        # The body is read before anything is decided: a client that is still sending would not hear the answer.
        try:
            body = await read_body(receive, self._limits.compressed)
        except DisconnectedError:
            return
        outcome: _Outcome = Refusal.UNKNOWN_APP
        if app is not None:
            outcome = self._take(scope, app, body, is_store=is_store)
        if isinstance(outcome, Refusal):
            self._refuse(app, outcome)
        settled = await self._settle()
        if isinstance(outcome, _Taken) and settled:
            await answers.send_taken(send, outcome.app, outcome.event_id)
        elif isinstance(outcome, answers.Problem):
            await answers.send_problem(send, app, outcome)
        else:
            reason = outcome if isinstance(outcome, Refusal) else Refusal.FULL
            await answers.send_problem(send, app, answers.PROBLEMS[reason])

    def _take(self, scope: Scope, app: App, body: bytes | Refusal, *, is_store: bool) -> _Outcome:
        """Open a submission and count what is in it."""
        envelope = open_submission(scope, app, body, self._limits, is_store=is_store)
        if isinstance(envelope, Refusal):
            return envelope
        if self._ledger.full:
            return Refusal.FULL
        events = [item for item in envelope.items if item.type == EVENT]
        if len(events) > 1:
            # https://develop.sentry.dev/sdk/data-model/envelope-items/#event: at most one in an envelope.
            return Refusal.BAD_ENVELOPE
        if not events:
            # Sessions, client reports, transactions and types that are not known: skipped, never looked into.
            if envelope.items:
                self._refuse(app, Refusal.UNWANTED_ITEM)
            return _Taken(app, envelope.event_id or self._new_id(16))
        return self._take_event(app, scope[ADDRESS], events[0].payload, envelope)

    def _take_event(self, app: App, address: Address, payload: memoryview, envelope: Envelope) -> _Outcome:
        event = open_event(payload)
        if isinstance(event, Refusal):
            return event
        word = word_of(event)
        if word is Word.DENIED:
            return answers.DENIED
        if not suffices(word, app):
            return Refusal.NO_CONSENT
        # The event_id of the envelope wins over the payload's.
        event_id = envelope.event_id or read_uuid(read_text(event.get("event_id", MISSING))) or self._new_id(16)
        now = self._clock()
        if is_transaction(event):
            self._refuse(app, Refusal.UNWANTED_ITEM)
        elif self._ledger.has_seen(app.owner, event_id, now):
            self._refuse(app, Refusal.DUPLICATE)
        else:
            self._count(app, address, event, now)
        return _Taken(app, event_id)

    def _count(self, app: App, address: Address, event: Section, now: float) -> None:
        report = read_report(event, app)
        day = self._ledger.day(app, now)
        installation = installation_of(event)
        sender = self._keys.crash_sender(app.owner, day.date, address, installation, report.model, report.system)
        self._tally.count(day, app, report, Who(sender, address.network))

    def _refuse(self, app: App | None, reason: Refusal) -> None:
        owner = UNKNOWN_OWNER if app is None or reason is Refusal.WRONG_KEY else app.owner
        self._ledger.refuse(owner, reason, self._clock())

    async def _settle(self) -> bool:
        """Wait until what was counted is in the journal; tell whether it is."""
        try:
            await self._ledger.settled()
        except OSError:
            return False
        return True
