"""Where SDKs and browsers send crash reports: `/api/{app}/envelope/`, `/store/`, `/security/`, `/minidump`.

Each with or without its last slash, and behind any prefix: a DSN may have a path. Whatever else is below
`/api/{app}/` is answered with 404, and still says what SDKs need not collect.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

import re2
from starlette.types import Receive, Scope, Send

from ingest.app import App, Apps
from ingest.body import DisconnectedError, read_body
from ingest.boundary.airlock import ADDRESS
from ingest.boundary.consent import objects
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.day import Day
from ingest.counters.ledger import Ledger
from ingest.crashes import answers
from ingest.crashes.answers import Success
from ingest.crashes.authentication import key_of_request
from ingest.crashes.encoding import Limits
from ingest.crashes.envelope import Envelope
from ingest.crashes.intake import Intake, Outcome, Taken
from ingest.crashes.query import parameter_of
from ingest.crashes.reader import LONG, Reading
from ingest.crashes.runs import Runs
from ingest.crashes.submission import SECURITY_ROUTES, Route, has_key, is_same_key, open_submission
from ingest.crashes.tally import Tally

PATH: Final = re2.compile(r"/api/(?:(\d{1,10})/(envelope|store|security|csp-report|minidump)|store)/?$")


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
        self._clock = clock
        self._limits = limits
        self._reading = Reading()
        self._new_id = new_id
        self._intake = Intake(ledger, keys, clock, self._reading, tally or Tally(), limits.per_sender, new_id)

    @property
    def runs(self) -> Runs:
        """What is known of sessions that go on."""
        return self._intake.runs

    def forget(self, day: Day) -> None:
        """Let go of all that is remembered of a day that closed."""
        self._intake.forget(day)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Its scope has been through the airlock."""
        match = PATH.search(scope["path"])
        if match is None:
            await answers.send_problem(send, None, answers.NOT_FOUND)
            return
        route = Route(match.group(2) or Route.STORE)
        app = self._apps.get(int(match.group(1))) if match.group(1) else self._app_of_key(scope)
        if scope["method"] == "OPTIONS":
            await answers.send_preflight(send, app)
        elif scope["method"] == "POST":
            try:
                # The body is read before anything is decided: who is still sending would not hear the answer.
                body = await read_body(receive, self._room(scope, app, route).compressed)
            except DisconnectedError:
                return
            await self._answer(scope, send, app, body, route)
        elif scope["method"] == "GET" and route is Route.STORE:
            # raven-js, where it could do nothing else, had a browser load a picture of this address.
            await self._answer(scope, send, app, parameter_of(scope["query_string"], "sentry_data").encode(), route)
        else:
            await answers.send_problem(send, app, answers.WRONG_METHOD)

    def _app_of_key(self, scope: Scope) -> App | None:
        """Return the app whose key a request bears that names none in its path, as the oldest SDKs do."""
        key = key_of_request(scope["query_string"], scope["headers"])
        return next((app for app in self._apps if is_same_key(key, app)), None)

    async def _answer(self, scope: Scope, send: Send, app: App | None, body: bytes | Refusal, route: Route) -> None:
        if app is None:
            outcome: Outcome = Refusal.UNKNOWN_APP
        elif route in SECURITY_ROUTES and objects(scope["headers"]):
            # A browser sends these on its own account, and this one's person objects to being counted.
            outcome = Taken(b"")
        else:
            envelope = await self._open(scope, app, body, route)
            if isinstance(envelope, Refusal):
                outcome = envelope
            else:
                outcome = await self._intake.take(app, scope[ADDRESS], envelope)
        if isinstance(outcome, Refusal):
            self._refuse(app, outcome)
        settled = await self._settle()
        if route is Route.MINIDUMP and (not settled or outcome in {Refusal.FULL, Refusal.OVER_RATE}):
            # Crash handlers that are told 429 often send the same again, and again: it is let go of.
            outcome, settled = Taken(self._new_id(16)), True
        if isinstance(outcome, Taken) and app is not None and settled:
            await answers.send_taken(send, app, outcome.event_id, _success(scope, route))
        elif isinstance(outcome, answers.Problem):
            await answers.send_problem(send, app, outcome)
        else:
            reason = outcome if isinstance(outcome, Refusal) else Refusal.FULL
            await answers.send_problem(send, app, answers.PROBLEMS[reason])

    async def _open(self, scope: Scope, app: App, body: bytes | Refusal, route: Route) -> Envelope | Refusal:
        size = 0 if isinstance(body, Refusal) else len(body)
        envelope = await self._reading.run(size, open_submission, scope, app, body, self._limits, route)
        if envelope is not Refusal.TOO_LARGE or self._room(scope, app, route) != self._limits.with_minidump:
            return envelope
        # However small it is packed, in the thread: it may open to a minidump, or to nothing but zeros.
        roomy = partial(open_submission, roomy=True)
        return await self._reading.run(max(size, LONG), roomy, scope, app, body, self._limits, route)

    def _room(self, scope: Scope, app: App | None, route: Route) -> Limits:
        """Return the limits of a request: minidumps may only be as large as they are for whoever has the key."""
        if route not in {Route.MINIDUMP, Route.ENVELOPE} or app is None or not has_key(scope, app):
            return self._limits
        return self._limits.of_minidumps if route is Route.MINIDUMP else self._limits.with_minidump

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


def _success(scope: Scope, route: Route) -> Success:
    if route in SECURITY_ROUTES:
        return Success.EMPTY
    if route is Route.MINIDUMP:
        return Success.TEXT
    return Success.PIXEL if scope["method"] == "GET" else Success.ID
