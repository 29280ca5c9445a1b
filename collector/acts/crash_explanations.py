"""`logless explain crash`: what would become of crash reports, field by field. Nothing of it is counted.

Each report is taken as if nobody had sent anything before it, so nobody learns whether k is reached.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import re2
from starlette.types import Message, Scope

from collector.acts.act import Act, House
from collector.acts.explanations import printable, read_file, read_recording
from collector.control_socket import Progress, RefusedError
from collector.pipeline import crash_limits
from collector.replay import Line
from collector.settings import Settings
from dashboards.numbers import many
from dashboards.refusals import meaning_of
from ingest.app import App, Apps
from ingest.boundary.airlock import ADDRESS, Airlock
from ingest.boundary.proxies import TrustedProxies
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import CRASH as OF_CRASHES
from ingest.counters.cells import UNKNOWN_OWNER, Key, Refusal, metrics_of
from ingest.counters.growth import Growth
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Ledger
from ingest.crashes.endpoint import PATH, CrashEndpoint
from ingest.crashes.envelope import Envelope, read_envelope
from ingest.crashes.phrases import shipped
from ingest.crashes.rehearsal import Account, Rehearsal
from ingest.crashes.strings import ReleaseStrings
from ingest.crashes.submission import Route, open_submission
from ingest.crashes.tally import Tally
from ingest.store.control.strings import list_strings, releases_with_strings

_TOLD: Final = ("x-sentry-error", "x-sentry-rate-limits", "retry-after")
_MINIDUMP: Final = b"MDMP"
_PROJECT: Final = re2.compile(r"/(\d{1,10})/?$")


@dataclass(frozen=True, slots=True)
class Submission:
    """A request with a crash report, as recorded or as an SDK would have made it of a file."""

    at: float
    ip: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class CrashExplainer:
    """The real front door, opened anew for every report, and what is behind it."""

    def __init__(self, settings: Settings, apps: Mapping[int, App], strings: ReleaseStrings) -> None:
        self._apps = Apps()
        self._apps.replace(apps.values())
        self._settings = settings
        self._limits = crash_limits(settings)
        self._strings = strings
        self._phrases = shipped()
        self._rehearsal = Rehearsal(self._phrases, strings)

    async def explain(self, sent: Submission) -> dict[str, Any]:
        """Return what a client would be answered, and what becomes of each item and each field."""
        scope = _scope_of(sent)
        ledger = Ledger(Unjournaled(), lambda _: None, itertools.count(1))
        answer = await self._answer(scope, sent, ledger)
        match = PATH.search(scope["path"])
        app = self._apps.get(int(match.group(1))) if match is not None and match.group(1) else None
        owners = [UNKNOWN_OWNER, *([app.owner] if app is not None else [])]
        refused = [key[1] for owner in owners for _, key, _ in ledger.unwritten(owner) if key[0] == "refused"]
        told: dict[str, Any] = {
            "answer": answer,
            "app": app.id if app is not None else None,
            "refused": [{"reason": reason, "because": meaning_of(reason)} for reason in refused],
            "items": [],
            "cells": [],
        }
        envelope = None if app is None or match is None else self._open(scope, app, sent.body, Route(match.group(2)))
        if app is None or not isinstance(envelope, Envelope):
            return told
        of = app, scope[ADDRESS], envelope, sent.at
        told["items"] = [_item(app, account) for account in await self._rehearsal.accounts(*of)]
        if answer["status"] == 200:
            told["cells"] = [_cell(grown) for grown in await self._rehearsal.cells(*of)]
        return told

    async def _answer(self, scope: Scope, sent: Submission, ledger: Ledger) -> dict[str, Any]:
        """Knock at the front door. What it counts is in a ledger that nothing leaves."""
        tally = Tally(self._phrases, self._strings)
        door = CrashEndpoint(self._apps, ledger, DayKeys(), lambda: sent.at, self._limits, tally)
        truncates = self._settings.privacy.address == "truncate_first"
        airlock = Airlock(door, TrustedProxies(self._settings.server.trusted_proxies), truncate_first=truncates)
        heard: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": sent.body, "more_body": False}

        async def send(message: Message) -> None:
            heard.append(message)

        await airlock(scope, receive, send)
        ledger.settle()
        start, body = heard
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        kept = {name: headers[name] for name in _TOLD if name in headers}
        return {"status": start["status"], "headers": kept, "body": body["body"].decode("latin-1")}

    def _open(self, scope: Scope, app: App, body: bytes, route: Route) -> Envelope | Refusal:
        return open_submission(scope, app, body, self._limits, route, roomy=route is Route.ENVELOPE)


def _scope_of(sent: Submission) -> Scope:
    path, _, query = sent.path.partition("?")
    return {
        "type": "http",
        "method": sent.method.upper(),
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.headers.items()],
        "client": (sent.ip, 0),
    }


def _item(app: App, account: Account) -> dict[str, Any]:
    outcome, item = account.outcome, account.item
    told: dict[str, Any] = {"type": item.type, "bytes": len(item.payload), "refused": outcome}
    told["because"] = _because(app, item.type, outcome) if outcome is not None else ""
    if account.preview is not None:
        told |= {"event": account.preview, "fields": [asdict(field) for field in account.verdicts]}
    if account.grounds is not None:
        told["grouped"] = asdict(account.grounds)
    return told


def _because(app: App, kind: str, outcome: str) -> str:
    if outcome == Refusal.UNWANTED_ITEM and kind in {"session", "sessions", "client_report", "raw_security"}:
        return "such items bear no consent" if not app.takes_sessions and _needs_consent(app) else "off for this app"
    return meaning_of(outcome) or outcome


def _needs_consent(app: App) -> bool:
    return app.consent.value == "explicit"


def _cell(grown: Growth) -> dict[str, Any]:
    names = metrics_of(grown.key)
    amounts = {name: amount for name, amount in zip(names, grown.amounts, strict=True) if amount}
    of, values = _name(grown.key)
    return {"of": of, "values": values, "amounts": amounts, "waits": grown.waits}


def _name(key: Key) -> tuple[str, list[str]]:
    return (key[2], [key[3]]) if key[0] == OF_CRASHES else (key[0], list(key[1:]))


def read_crashes(path: Path, apps: Mapping[int, App], app: int | None, now: float) -> list[Submission]:
    """Read lines as `replay` takes them, or else the whole file as one report. Raises RefusedError."""
    content = read_file(path)
    lines = read_recording(content)
    if lines is not None:
        return [_recorded(line) for line in lines]
    of = _app_of(content, apps, app)
    form, headers = Route.STORE, {}
    if content.startswith(_MINIDUMP):
        form, headers = Route.MINIDUMP, {"content-type": "application/x-dmp"}
    elif isinstance(envelope := read_envelope(content), Envelope) and envelope.items:
        form = Route.ENVELOPE
    return [Submission(now, "", "POST", f"/api/{of.id}/{form.value}/?sentry_key={of.key}", headers, content)]


def _recorded(line: Line) -> Submission:
    return Submission(line.at.timestamp(), line.ip, line.method, line.path, line.headers, line.body.encode())


def _app_of(content: bytes, apps: Mapping[int, App], given: int | None) -> App:
    """Return the app that was named, else the one of the envelope's DSN, else the only one. Raises RefusedError."""
    if given is None:
        envelope = read_envelope(content)
        match = _PROJECT.search(envelope.dsn or "") if isinstance(envelope, Envelope) else None
        given = int(match.group(1)) if match is not None else None
    if given is None and len(apps) == 1:
        return next(iter(apps.values()))
    if given is None:
        raise RefusedError("say which app it is of: --app NUMBER, as `logless app list` has them")
    if given not in apps:
        raise RefusedError(f"app {given} is not configured: see `logless app list`")
    return apps[given]


def _explain_all(explainer: CrashExplainer, submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    async def explain() -> list[dict[str, Any]]:
        return [await explainer.explain(each) for each in submissions]

    return asyncio.run(explain())


async def _crash(house: House, arguments: Mapping[str, Any], _: Progress) -> list[dict[str, Any]]:
    submissions = read_crashes(Path(arguments["file"]), house.apps, arguments.get("app"), house.now())
    strings = ReleaseStrings(partial(list_strings, house.control), releases_with_strings(house.control))
    explainer = CrashExplainer(house.settings, house.apps, strings)
    # A loop of its own, in a thread: a server goes on serving meanwhile.
    return await asyncio.to_thread(_explain_all, explainer, submissions)


_GROUNDS: Final = {
    "fingerprint": "by its fingerprint, which the app declares",
    "message": "by logger and message; a message that waits takes part once it is shared",
    "failure": "by the class of its end: where it was noticed tells little",
    "stack": "by the chain of types and the frames that tell it from others",
    "types": "by the chain of types: it has no frames",
}


def write_crash_explanation(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield an explanation as lines for people."""
    answer = told["answer"]
    error = answer["headers"].get("x-sentry-error", "")
    yield f"answered {answer['status']}{': ' + error if error else ''}"
    for one in told["refused"]:
        yield f"  counted as refused, {one['reason']}: {one['because']}"
    for item in told["items"]:
        refused = f"not counted, {item['because']}" if item["refused"] is not None else "counted"
        yield f"  item {printable(item['type'])}, {item['bytes']} bytes: {refused}"
        if "event" in item:
            yield from _event_lines(item)
    for cell in told["cells"]:
        amounts = ", ".join(f"{name} {amount:+d}" for name, amount in cell["amounts"].items())
        waits = "  (named once it is shared)" if cell["waits"] else ""
        yield f"  adds  {cell['of']} {printable(' * '.join(cell['values']))}: {amounts}{waits}"


def _event_lines(item: Mapping[str, Any]) -> Iterator[str]:
    event, grouped = item["event"], item["grouped"]
    yield f"    consent: {event['consent']}"
    for field in item["fields"]:
        times = f" ({field['times']} times)" if field["times"] > 1 else ""
        detector = f" by the detector {field['detector']}" if field["detector"] else ""
        counted = f"; counted as {', '.join(field['counted'])}" if field["counted"] else ""
        yield printable(f"    {field['fate']:<9}  {field['field']}{times}{detector}: {field['why']}{counted}")
    left_out = f"; {many(grouped['left_out'], 'frame')} left out" if grouped["left_out"] else ""
    yield printable(f"    group {event['group']['title']}, {_GROUNDS[grouped['by']]}{left_out}:")
    for part in grouped["parts"]:
        yield printable(f"      {part}")
    message = event["message"]
    if message is not None:
        yield printable(f"    message, shown {message['shown']}: {message['as']}")


CRASH = Act(_crash)
