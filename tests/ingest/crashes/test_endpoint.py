from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
import zlib
from collections.abc import Sequence
from typing import Any

import brotli
import pytest
from backports import zstd

from crashes.door import EVENT_ID, EXPLICIT, KEY, LIMITS, OPT_OUT, Answer, Door, crash, crash_envelope, envelope
from ingest.counters.cells import UNKNOWN_OWNER
from ingest.counters.journal import Entry, Unjournaled
from ingest.crashes.grouping import ALGORITHM

STORED = json.dumps(crash()).encode()
DSN = f"https://{KEY}@crash.example.org/6"
OPT_OUT_QUERY = f"sentry_key={OPT_OUT.key}".encode()


def without_consent(**fields: Any) -> bytes:
    return crash_envelope(tags={}, **fields)


def group_of(door: Door, owner: str = EXPLICIT.owner) -> str:
    (group,) = {key[1] for key in door.cells(owner)}
    return group


def test_a_crash_becomes_cells_and_an_exemplar() -> None:
    door = Door()
    contexts = {"os": {"name": "Android", "version": "14"}, "device": {"model": "Pixel 8", "arch": "arm64"}}
    answer = door.knock(body=crash_envelope(contexts=contexts, user={"id": "bob"}))
    assert (answer.status, answer.json) == (200, {"id": EVENT_ID})
    group = group_of(door)
    assert door.cells() == {
        ("crash", group, "release", "vpn@2.14.0"): 1,
        ("crash", group, "state", "unhandled"): 1,
        ("crash", group, "arch", "arm64"): 1,
        ("crash", group, "environment", "production"): 1,
        ("crash", group, "stripped", "exception.value"): 1,
        ("crash", group, "stripped", "user"): 1,
        ("crash", group, "former", "be10ff9678199e58"): 1,
    }
    exemplar = door.ledger.exemplars(EXPLICIT.owner)[group]
    assert (exemplar.algorithm, exemplar.type, exemplar.function) == (ALGORITHM, "TunnelError", "connect")
    assert json.loads(exemplar.stack)["exceptions"][0]["frames"][0]["file"] == "tunnel.py"
    assert door.refusals() == {}


def test_models_and_systems_wait_for_five_installations_on_three_networks() -> None:
    door = Door()
    contexts = {"os": {"name": "Android", "version": "14"}, "device": {"model": "Pixel 8"}}
    for number in range(5):
        named = {key[2:] for key in door.cells()}
        assert ("model", "Pixel 8") not in named
        door.knock(
            body=crash_envelope(contexts=contexts, event_id=f"{number:032x}", user={"id": number}),
            address=f"203.{number}.113.9",
        )
    cells = {key[2:]: reports for key, reports in door.cells().items()}
    assert cells["model", "Pixel 8"] == 5
    assert cells["system_version", "Android 14"] == 5


def test_one_installation_is_one_sender_wherever_it_is() -> None:
    door = Door()
    contexts = {"device": {"model": "Pixel 8", "id": "the same"}}
    for number in range(10):
        door.knock(body=crash_envelope(contexts=contexts, event_id=f"{number:032x}"), address=f"203.{number}.113.9")
    assert ("model", "Pixel 8") not in {key[2:] for key in door.cells()}


def test_a_release_that_may_be_a_digest_waits_too() -> None:
    door = Door()
    release = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
    for number in range(5):
        assert ("release", release) not in {key[2:] for key in door.cells()}
        door.knock(
            body=crash_envelope(release=release, event_id=f"{number:032x}", user={"id": number}),
            address=f"203.{number}.113.9",
        )
    assert {key[2:]: count for key, count in door.cells().items()}["release", release] == 5


@pytest.mark.parametrize("path", ["/api/6/envelope/", "/api/6/envelope", "/prefix/api/6/envelope/"])
def test_the_envelope_path(path: str) -> None:
    assert Door().knock(path, crash_envelope()).status == 200


@pytest.mark.parametrize("path", ["/api/6/store/", "/api/6/store"])
@pytest.mark.parametrize("body", [STORED, base64.b64encode(zlib.compress(STORED))])
def test_the_store_path(path: str, body: bytes) -> None:
    door = Door()
    assert door.knock(path, body).json == {"id": EVENT_ID}
    assert door.cells()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstd.compress),
        ("identity", bytes),
    ],
)
def test_every_coding(coding: str, pack: Any) -> None:
    door = Door()
    assert door.knock(body=pack(crash_envelope()), headers=[(b"content-encoding", coding.encode())]).status == 200
    assert door.cells()


@pytest.mark.parametrize(
    ("query", "headers", "header"),
    [
        (f"sentry_key={KEY}".encode(), [], {}),
        (b"", [(b"x-sentry-auth", f"Sentry sentry_key={KEY}, sentry_version=7".encode())], {}),
        (b"", [(b"authorization", f"Sentry sentry_key={KEY}".encode())], {}),
        (b"", [(b"authorization", b"Basic " + base64.b64encode(f"{KEY}:".encode()))], {}),
        (b"", [], {"dsn": DSN}),
        (f"sentry_key={KEY}".encode(), [(b"x-sentry-auth", b"Sentry sentry_key=other")], {"dsn": "https://other@h/6"}),
    ],
)
def test_every_form_of_authentication(query: bytes, headers: list[tuple[bytes, bytes]], header: dict[str, str]) -> None:
    door = Door()
    body = envelope(("event", STORED), header=header)
    assert door.knock(body=body, query=query, headers=headers).status == 200
    assert door.cells()


def test_the_event_id_of_the_envelope_wins_and_a_missing_one_is_drawn() -> None:
    own = "00112233-4455-6677-8899-aabbccddeeff"
    door = Door()
    assert door.knock(body=envelope(("event", STORED), header={"event_id": own})).json == {"id": own.replace("-", "")}
    for bad in (None, 5, "not an id", "x" * 32):
        door.new_id = bytes([len(str(bad))] * 16)
        assert door.knock(body=crash_envelope(event_id=bad)).json == {"id": door.new_id.hex()}
    assert sum(count for key, count in door.cells().items() if key[2] == "release") == 5


@pytest.mark.parametrize(
    "body",
    [
        b"{}\n",
        envelope(("session", b'{"sid":"x"}')),
        envelope(("sessions", b"{}"), ("client_report", b'{"discarded_events":[]}')),
        envelope(("transaction", b"{}")),
        envelope(("never heard of", b"\xff\xfe")),
        envelope(("event", json.dumps(crash(type="transaction")).encode())),
    ],
)
def test_what_is_not_wanted_is_discarded_with_200(body: bytes) -> None:
    door = Door()
    answer = door.knock(body=body)
    assert answer.status == 200
    assert re.fullmatch("[0-9a-f]{32}", answer.json["id"])
    assert not door.cells()
    assert door.refusals() == ({} if body == b"{}\n" else {"unwanted_item": 1})


def test_attachments_beside_an_event_are_skipped() -> None:
    door = Door()
    assert (
        door.knock(body=envelope(("attachment", b"secret"), ("event", STORED), ("view_hierarchy", b"{"))).status == 200
    )
    assert door.cells()
    assert door.refusals() == {}


def test_a_duplicate_is_answered_and_not_counted_again() -> None:
    door = Door()
    for _ in range(3):
        assert door.knock(body=crash_envelope()).json == {"id": EVENT_ID}
    assert set(door.cells().values()) == {1}
    assert door.refusals() == {"duplicate": 2}
    door.now += 3 * 3600
    door.knock(body=crash_envelope())
    assert set(door.cells().values()) == {2}


def test_consent_is_needed_where_it_is_explicit() -> None:
    door = Door()
    unwilling: tuple[object, ...] = ({}, None, [], {"other": "x"}, {"consent": "yes"}, {"consent": True})
    for tags in unwilling:
        answer = door.knock(body=crash_envelope(tags=tags))
        assert answer.status == 403
        assert "set_tag('consent', 'given')" in answer.headers["x-sentry-error"]
        assert answer.json == {"detail": answer.headers["x-sentry-error"]}
    assert not door.cells()
    assert door.refusals() == {"no_consent": 6}
    assert door.knock(body=crash_envelope(tags=[["consent", "given"]])).status == 200


def test_an_opt_out_app_takes_what_says_nothing() -> None:
    door = Door()
    assert door.knock("/api/7/envelope/", without_consent(), query=OPT_OUT_QUERY).status == 200
    assert door.cells(OPT_OUT.owner)


@pytest.mark.parametrize(("path", "query"), [("/api/6/envelope/", None), ("/api/7/envelope/", OPT_OUT_QUERY)])
def test_denied_consent_is_refused_and_counted_nowhere(path: str, query: bytes | None) -> None:
    door = Door()
    for tags in ({"consent": "denied"}, [["consent", "denied"]], [["consent", "given"], ["consent", "Denied"]]):
        answer = door.knock(path, crash_envelope(tags=tags), query=query)
        assert answer.status == 403
        assert answer.headers["x-sentry-error"]
    assert not door.counted()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/8/envelope/", None),
        ("/api/9999999999/envelope/", None),
        ("/api/8/store/", None),
    ],
)
def test_an_unknown_app_is_403(path: str, query: bytes | None) -> None:
    door = Door()
    assert door.knock(path, crash_envelope(), query=query).status == 403
    assert door.refusals(UNKNOWN_OWNER) == {"unknown_app": 1}


@pytest.mark.parametrize("query", [b"", b"sentry_key=", b"sentry_key=other", b"sentry_key=\xff", OPT_OUT_QUERY])
@pytest.mark.parametrize("body", [crash_envelope(), b"", b"nonsense", b"x" * 21_000])
def test_a_key_that_is_missing_or_not_the_apps_is_403(query: bytes, body: bytes) -> None:
    door = Door()
    assert door.knock(body=body, query=query).status == 403
    assert door.refusals(UNKNOWN_OWNER) == {"wrong_key": 1}
    assert not door.cells()


# Without a time in it, which would stand in the names of the tests.
TWICE = gzip.compress(gzip.compress(b"{}\n", mtime=0), mtime=0)


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        (b"", [], 400, "bad_envelope"),
        (b"not json\n", [], 400, "bad_envelope"),
        (envelope(("event", STORED), ("event", STORED)), [], 400, "bad_envelope"),
        (envelope(("event", b"[]")), [], 400, "bad_json"),
        (envelope(("event", b"{")), [], 400, "bad_json"),
        (envelope(("event", b'{"a":' * 2500)), [], 400, "bad_json"),
        (crash_envelope(), [(b"content-encoding", b"gzip")], 400, "bad_encoding"),
        (crash_envelope(), [(b"content-encoding", b"lzma")], 400, "bad_encoding"),
        (
            gzip.compress(gzip.compress(b"{}\n", mtime=0), mtime=0),
            [(b"content-encoding", b"gzip")] * 2,
            400,
            "bad_encoding",
        ),
        (gzip.compress(bytes(10_000_000), mtime=0), [(b"content-encoding", b"gzip")], 413, "too_large"),
        (b"x" * 20_001, [], 413, "too_large"),
        (b"{}\n" + b'{"type":"x"}\n\n' * 1200, [], 413, "too_large"),
    ],
)
def test_bad_input_is_refused_by_name_and_counted(
    body: bytes, headers: list[tuple[bytes, bytes]], status: int, reason: str
) -> None:
    door = Door()
    answer = door.knock(body=body, headers=headers)
    assert answer.status == status
    assert answer.json == {"detail": answer.headers["x-sentry-error"]}
    assert door.refusals() == {reason: 1}
    assert not door.cells()
    assert door.knock(body=crash_envelope()).status == 200, "it lives"


def test_a_body_in_many_parts_is_bounded_too() -> None:
    door = Door()
    parts = [b"x" * 1000] * 500
    assert door.knock(body=parts).status == 413
    assert door.knock(body=[bytes([byte]) for byte in crash_envelope()]).status == 200


def test_what_goes_on_being_sent_is_not_read_for_ever() -> None:
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 10_000
        return {"type": "http.request", "body": bytes(10_000), "more_body": True}

    async def send(message: Any) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": "/api/6/envelope/", "query_string": b"", "headers": []}
    asyncio.run(Door().endpoint(scope, receive, send))
    assert read < 5 * LIMITS.compressed


def test_a_client_that_goes_away_is_not_answered() -> None:
    door = Door()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/6/envelope/", "query_string": b"", "headers": []}
    asyncio.run(door.endpoint(scope, receive, send))
    assert not sent
    assert not door.counted()


def test_full_is_429_with_the_time_to_wait() -> None:
    door = Door()
    door.is_full = True
    answer = door.knock(body=crash_envelope())
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0
    assert re.match(r"\d+:default;error;", answer.headers["x-sentry-rate-limits"])
    assert not door.cells()


class FullJournal(Unjournaled):
    full = True

    def append(self, entries: Sequence[Entry]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        super().append(entries)


def test_what_cannot_be_journaled_is_not_acknowledged() -> None:
    journal = FullJournal()
    door = Door(journal=journal)
    assert door.knock(body=crash_envelope()).status == 429
    assert door.ledger.full
    journal.full = False
    door.knock(body=crash_envelope())
    assert door.knock(body=crash_envelope(event_id="f" * 32)).status == 200


ANSWERS = [
    {"body": crash_envelope()},
    {"body": without_consent()},
    {"body": crash_envelope(tags={"consent": "denied"})},
    {"body": b""},
    {"body": b"x" * 30_000},
    {"body": b"", "query": b""},
    {"body": b"", "path": "/api/9/envelope/"},
    {"body": b"", "path": "/api/6/other/"},
    {"body": b"", "path": "/api/x/envelope/"},
    {"body": b"", "method": "GET"},
    {"body": b"", "method": "OPTIONS"},
]


@pytest.mark.parametrize("request_", ANSWERS)
def test_every_answer_has_cors_and_rate_limits(request_: dict[str, Any]) -> None:
    answer = Door().knock(**request_)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "x-sentry-error, x-sentry-rate-limits, retry-after"
    assert "86400:transaction;span;" in answer.headers["x-sentry-rate-limits"]
    assert answer.headers["content-length"] == str(len(answer.body))


def test_the_preflight_of_a_browser() -> None:
    answer = Door().knock(method="OPTIONS")
    assert answer.status == 200
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-max-age"] == "3600"
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"x-sentry-auth", "content-type", "content-encoding", "authorization"} <= set(allowed)


def test_other_methods_and_paths() -> None:
    assert Door().knock(method="GET").headers["allow"] == "POST, OPTIONS"
    assert Door().knock(method="GET").status == 405
    assert Door().knock("/api/6/minidumps/").status == 404
    assert Door().knock("/api/6/envelope/more").status == 404


def test_sessions_are_asked_for_only_where_they_are_wanted() -> None:
    def limits(answer: Answer) -> list[str]:
        return answer.headers["x-sentry-rate-limits"].split(":")[1].split(";")

    assert "session" in limits(Door().knock(body=b"{}\n"))
    assert "session" not in limits(Door().knock("/api/7/envelope/", b"{}\n", query=OPT_OUT_QUERY))


def test_nothing_that_came_in_goes_out() -> None:
    marker = "canary7f3a"
    bodies = [
        marker.encode(),
        json.dumps({"event_id": marker}).encode(),
        envelope((marker, b"x")),
        envelope(("event", marker.encode())),
        crash_envelope(event_id=marker, release=marker, tags={"consent": marker}),
        crash_envelope(event_id=marker, release=marker),
    ]
    for body in bodies:
        for query in (None, f"sentry_key={marker}".encode(), f"sentry_key={KEY}&{marker}={marker}".encode()):
            for coding in (b"", marker.encode()):
                answer = Door().knock(body=body, query=query, headers=[(b"content-encoding", coding)])
                assert marker not in repr(answer)
    assert marker not in repr(Door().knock(f"/api/6/{marker}/"))
    control = Door().knock(body=crash_envelope(event_id="0123456789abcdef" * 2))
    assert "0123456789abcdef" * 2 in repr(control), "the id of an event is the one thing that goes back"
