from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from crashes.door import EXPLICIT, LIMITS, OPT_OUT, crash, crash_envelope
from ingest.app import Apps
from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.counters.ledger import rules_of
from ingest.crashes.device import FILTERS, filter_for
from ingest.crashes.event import open_event, read_report
from ingest.crashes.reading import CrashReading
from ingest.crashes.tally import Tally


@dataclass
class Desk:
    tally: Tally = field(default_factory=Tally)

    def ask(
        self, path: str, body: bytes = b"", *, method: str = "GET", token: str = "", **headers: str
    ) -> tuple[int, Any]:
        sent: list[Any] = []
        apps = Apps()
        apps.replace([EXPLICIT, OPT_OUT])

        async def may(secret: str, app: int) -> bool:
            return (secret, app) == ("logless_x", 6)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        if token:
            headers["authorization"] = f"Bearer {token}"
        lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": lines, "query_string": b""}
        asyncio.run(CrashReading(apps, self.tally, LIMITS, may)(scope, receive, send))
        is_json = dict(sent[0]["headers"])[b"content-type"] == b"application/json"
        return sent[0]["status"], json.loads(sent[1]["body"]) if is_json else sent[1]["body"].decode()

    def preview(self, event: dict[str, Any], token: str = "logless_x", app: int = 6) -> tuple[int, Any]:
        return self.ask(f"/api/{app}/preview/", json.dumps(event).encode(), method="POST", token=token)


def test_anybody_may_read_the_schema() -> None:
    status, schema = Desk().ask("/api/6/schema.json")
    assert status == 200
    assert (schema["app"], schema["consent"], schema["version"]) == (6, "explicit", 1)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/9/schema.json", "GET", 404),
        ("/api/6/schema.json", "POST", 405),
        ("/api/6/preview/", "GET", 405),
        ("/api/9/preview/", "POST", 404),
        ("/api/6/other", "GET", 404),
        ("/api/6/filter/other.js", "GET", 404),
        ("/api/6/filter/logless-filter.js", "POST", 405),
    ],
)
def test_what_is_not_there(path: str, method: str, status: int) -> None:
    assert Desk().ask(path, method=method)[0] == status


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_anybody_may_read_the_filters(name: str) -> None:
    status, source = Desk().ask(f"/api/6/filter/{name}")
    assert (status, source) == (200, filter_for(EXPLICIT, name))


@pytest.mark.parametrize(("token", "app", "status"), [("", 6, 401), ("other", 6, 401), ("logless_x", 7, 401)])
def test_a_preview_needs_a_token_of_that_app(token: str, app: int, status: int) -> None:
    assert Desk().preview(crash(), token, app)[0] == status


def test_a_preview_says_what_would_be_kept_and_what_would_not() -> None:
    contexts = {"device": {"model": "Pixel 8", "memory_size": 1 << 33}, "culture": {"locale": "de-DE"}}
    status, said = Desk().preview(crash(contexts=contexts, user={"id": "bob"}, logger="x"))
    assert status == 200
    assert said["consent"] == "given"
    group = {"title": "TunnelError in connect", "type": "TunnelError", "function": "connect", "algorithm": 2}
    assert said["group"] == group
    assert said["kept"] == {
        "platform": "python",
        "release": "vpn@2.14.0",
        "state": "unhandled",
        "environment": "production",
    }
    frame = {"function": "connect", "module": "vpn.tunnel", "file": "tunnel.py", "line": 7}
    assert said["exceptions"] == [{"type": "TunnelError", "frames": [frame]}]
    assert said["message"] == {"shown": "once 5 people have sent it within a week", "as": "no route for <email>"}
    assert said["waits"] == {
        "until": "5 people share it",
        "for": {"model": "Pixel 8", "language": "de", "memory": "8 to 16 GB"},
    }
    assert said["stripped"] == ["exception.value", "user"]
    assert "bob" not in json.dumps(said)


def test_a_known_message_is_previewed_as_it_is_shown() -> None:
    event = crash()
    event["exception"]["values"][0]["value"] = "division by zero"
    assert Desk().preview(event)[1]["message"] == {"shown": "at once", "as": "division by zero"}


def test_what_is_withheld_is_named_with_its_detector() -> None:
    said = Desk().preview(crash(exception=[{"type": "U_12c2d058_d584_4270_9aa2_eca08bf20986"}]))[1]
    assert said["withheld"] == [{"field": "exception.type", "detector": "uuid"}]


def test_a_preview_counts_nothing_and_never_tells_whether_k_is_reached() -> None:
    desk = Desk()
    before = desk.preview(crash())
    section = open_event(json.dumps(crash()).encode())
    assert isinstance(section, dict)
    day = Day(EXPLICIT.owner, date(1970, 1, 1), rules_of(EXPLICIT, 100))
    for number in range(20):
        desk.tally.count(day, EXPLICIT, read_report(section, EXPLICIT), Who(bytes([number]), f"198.{number}"))
    day.settle()
    assert any("no route for <email>" in key for change in day.standing() for key in change.cells)
    held = repr(desk.tally.watch._places)
    assert desk.preview(crash()) == before
    assert repr(desk.tally.watch._places) == held


def test_an_event_may_come_in_an_envelope_and_packed() -> None:
    headers = {"content_type": "application/x-sentry-envelope", "content_encoding": "gzip"}
    body = gzip.compress(crash_envelope(), mtime=0)
    status, said = Desk().ask("/api/6/preview", body, method="POST", token="logless_x", **headers)
    assert (status, said["group"]["type"]) == (200, "TunnelError")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[]", {}, 400),
        (b"{", {}, 400),
        (b"x" * 20_001, {}, 413),
        (b"{}", {"content_encoding": "gzip"}, 400),
        (b"{}", {"content_type": "application/x-sentry-envelope"}, 400),
        (b"x", {"content_type": "application/x-sentry-envelope"}, 400),
    ],
)
def test_what_cannot_be_read_is_refused_and_never_echoed(body: bytes, headers: dict[str, str], status: int) -> None:
    answer = Desk().ask("/api/6/preview/", body, method="POST", token="logless_x", **headers)
    assert answer[0] == status
    assert "x" * 9 not in answer[1]["detail"]
