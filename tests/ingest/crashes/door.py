"""Drives a crash endpoint as a server would, with a real ledger behind it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ingest.app import App, Apps, Consent
from ingest.boundary.address import Address
from ingest.boundary.airlock import ADDRESS
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import REFUSED, UNKNOWN_OWNER, Key
from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.counters.exemplar import Exemplar
from ingest.counters.journal import Journal, Unjournaled
from ingest.counters.ledger import Ledger, rules_of
from ingest.crashes.encoding import Limits
from ingest.crashes.endpoint import CrashEndpoint

KEY = "0123456789abcdef0123456789abcdef"
EXPLICIT = App(6, "desktop", KEY)
OPT_OUT = App(7, "mobile", KEY[::-1], consent=Consent.OPT_OUT, sessions=True)
LIMITS = Limits(compressed=20_000, decompressed=60_000)
EVENT_ID = "12c2d058d58442709aa2eca08bf20986"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Door:
    """An endpoint with two apps; `now` may be moved, and the store may be full."""

    now: float = 1_795_262_400.0
    journal: Journal | Unjournaled = field(default_factory=Unjournaled)
    new_id: bytes = bytes(range(16))
    is_full: bool = False
    configured: tuple[App, ...] = (EXPLICIT, OPT_OUT)
    limits: Limits = LIMITS

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.journal, lambda _batch: None, itertools.count(1), is_full=lambda: self.is_full)
        apps = Apps()
        apps.replace(self.configured)
        self.endpoint = CrashEndpoint(
            apps, self.ledger, DayKeys(), lambda: self.now, self.limits, new_id=lambda _size: self.new_id
        )

    def knock(
        self,
        path: str = "/api/6/envelope/",
        body: bytes | Sequence[bytes] = b"",
        *,
        query: bytes | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
        method: str = "POST",
        address: str = "203.0.113.9",
    ) -> Answer:
        """Send one request; without a query, with the key of the explicit app."""
        chunks = [body] if isinstance(body, bytes) else list(body)
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": f"sentry_key={KEY}&sentry_version=7".encode() if query is None else query,
            "headers": list(headers),
            ADDRESS: Address.read(address),
        }
        return asyncio.run(self._knock(scope, chunks))

    async def _knock(self, scope: dict[str, Any], chunks: list[bytes]) -> Answer:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.endpoint(scope, receive, send)
        start, body = sent
        names = [name.decode() for name, _ in start["headers"]]
        assert len(names) == len(set(names)), "a header is sent twice"
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], headers, body["body"])

    def cells(self, owner: str = EXPLICIT.owner) -> dict[Key, int]:
        """Return what has been counted and may be named."""
        found: dict[Key, int] = {}
        for _, key, amounts in self.ledger.unwritten(owner):
            if key[0] != REFUSED:
                found[key] = found.get(key, 0) + amounts[0]
        return found

    def refusals(self, owner: str = EXPLICIT.owner) -> dict[str, int]:
        """Return how many submissions were refused, by reason."""
        return {key[1]: amounts[0] for _, key, amounts in self.ledger.unwritten(owner) if key[0] == REFUSED}

    def counted(self) -> bool:
        """Tell whether anything at all was counted, refusals included."""
        return any(list(self.ledger.unwritten(owner)) for owner in (EXPLICIT.owner, OPT_OUT.owner, UNKNOWN_OWNER))


class RecordingDay(Day):
    """A day that also remembers every key and stack that it was handed, named or not."""

    def __init__(self, app: App = EXPLICIT) -> None:
        rules = rules_of(app, 50_000)
        super().__init__(app.owner, date(1970, 1, 1), rules)
        self.keys: list[Key] = []
        self.stacks: list[Exemplar] = []

    def add(
        self, key: Key, amounts: Sequence[int], who: Who, *, free: bool = False, fallback: Key | None = None
    ) -> None:
        self.keys.append(key)
        super().add(key, amounts, who, free=free, fallback=fallback)

    def exemplar(self, group: str, exemplar: Exemplar) -> None:
        self.stacks.append(exemplar)
        super().exemplar(group, exemplar)


def envelope(*items: tuple[str, bytes], header: Mapping[str, object] | None = None) -> bytes:
    """Write an envelope of (type, payload)."""
    lines = [json.dumps(header or {}).encode()]
    for kind, payload in items:
        lines += [json.dumps({"type": kind, "length": len(payload)}).encode(), payload]
    return b"\n".join(lines) + b"\n"


def crash(**fields: object) -> dict[str, Any]:
    """Return an event of an exception with one frame, and consent."""
    frame = {"function": "connect", "module": "vpn.tunnel", "filename": "/home/bob/vpn/tunnel.py", "lineno": 7}
    event: dict[str, Any] = {
        "event_id": EVENT_ID,
        "platform": "python",
        "level": "error",
        "release": "vpn@2.14.0",
        "environment": "production",
        "tags": {"consent": "given"},
        "exception": {
            "values": [
                {
                    "type": "TunnelError",
                    "value": "no route for bob@example.org",
                    "mechanism": {"type": "generic", "handled": False},
                    "stacktrace": {"frames": [{**frame, "in_app": True}]},
                }
            ]
        },
    }
    return event | fields


def crash_envelope(**fields: object) -> bytes:
    """Return an envelope with one crash."""
    return envelope(("event", json.dumps(crash(**fields)).encode()))
