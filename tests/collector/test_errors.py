"""What leaves when Logless itself fails: the whole envelope is pinned, so that an upgrade of the SDK is read."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from starlette.types import Receive, Scope, Send

from collector.errors import Watched, doubt_host, reduce_event, watch
from ingest.boundary.airlock import Airlock
from ingest.boundary.proxies import TrustedProxies

CANARY = "203.0.113.77"
DSN = "https://0123456789abcdef0123456789abcdef@errors.example.org/7"


class Recorder(Transport):
    """Keeps what the SDK would have sent, as bytes."""

    def __init__(self) -> None:
        super().__init__({"dsn": DSN})
        self.sent: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize())


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    assert watch(DSN, "https://stats.example.org", recorder) == []
    yield recorder
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


class LeakyError(Exception):
    """An error whose message holds an address."""


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    address = CANARY
    nested = {"address": address, "headers": scope["headers"], "scope": scope}
    try:
        stumble(nested)
    except LeakyError as error:
        error.add_note(address)
        raise ValueError(address) from error


def stumble(over: dict[str, Any]) -> None:
    raise LeakyError(f"cannot count {over}")


SCOPE: dict[str, Any] = {
    "type": "http", "method": "POST", "path": f"/api/event/{CANARY}", "query_string": CANARY.encode(),
    "headers": [(b"x-forwarded-for", CANARY.encode()), (b"user-agent", CANARY.encode()), (b"cookie", CANARY.encode())],
    "client": (CANARY, 4711), "server": ("127.0.0.1", 80), "scheme": "http",
}  # fmt: skip


def run_into_it() -> None:
    app = Watched(Airlock(fail, TrustedProxies(["203.0.113.0/24"])))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": CANARY.encode()}

    async def send(_: object) -> None:
        raise AssertionError("nothing is answered")

    with pytest.raises(ValueError, match=CANARY):
        asyncio.run(app({**SCOPE, "headers": list(SCOPE["headers"])}, receive, send))


def test_the_whole_envelope_is_what_we_know_of(recorder: Recorder) -> None:
    run_into_it()
    (sent,) = recorder.sent
    header, item, payload = (json.loads(line) for line in sent.splitlines())
    release = f"logless@{importlib.metadata.version('logless')}"
    event_id = payload["event_id"]
    assert header == {"event_id": event_id, "sent_at": header["sent_at"]}
    assert {name: value for name, value in item.items() if name != "length"} == {
        "type": "event", "content_type": "application/json"
    }  # fmt: skip
    assert payload == {
        "event_id": event_id,
        "timestamp": payload["timestamp"],
        "platform": "python",
        "level": "error",
        "release": release,
        "exception": {"values": payload["exception"]["values"]},
    }
    chain = payload["exception"]["values"]
    assert [(value["type"], value["module"]) for value in chain] == [
        ("LeakyError", __name__), ("ValueError", None)
    ]  # fmt: skip
    for value in chain:
        assert set(value) == {"type", "module", "stacktrace"}
        assert set(value["stacktrace"]) == {"frames"}
        for frame in value["stacktrace"]["frames"]:
            assert set(frame) == {"filename", "function", "module", "lineno", "in_app"}
    functions = [frame["function"] for frame in chain[-1]["stacktrace"]["frames"]]
    assert functions == ["__call__", "__call__", "fail"]


def test_no_canary_leaves(recorder: Recorder) -> None:
    run_into_it()
    assert recorder.sent
    assert all(CANARY.encode() not in sent for sent in recorder.sent)


def test_nothing_is_even_gathered_that_the_new_event_would_drop(recorder: Recorder) -> None:
    options = sentry_sdk.get_client().options
    assert recorder.sent == []
    assert options["include_local_variables"] is False
    assert options["include_source_context"] is False
    assert options["max_request_body_size"] == "never"
    assert options["max_breadcrumbs"] == 0
    assert options["default_integrations"] is False
    assert options["auto_enabling_integrations"] is False
    assert not options["spotlight"]
    assert not sentry_sdk.get_client().integrations
    assert not sentry_sdk.get_client().should_send_default_pii()


def test_the_sdks_own_defaults_would_have_let_it_out() -> None:
    """The control: without our setting the same failure leaks, and this test would see it."""
    recorder = Recorder()
    sentry_sdk.init(DSN, transport=recorder, default_integrations=False, auto_enabling_integrations=False)
    try:
        run_into_it()
    finally:
        sentry_sdk.get_client().close()
        sentry_sdk.get_global_scope().set_client(None)
    assert any(CANARY.encode() in sent for sent in recorder.sent)


def test_messages_and_breadcrumbs_carry_nothing_either(recorder: Recorder) -> None:
    sentry_sdk.add_breadcrumb(message=CANARY)
    sentry_sdk.set_tag("address", CANARY)
    sentry_sdk.set_user({"ip_address": CANARY})
    sentry_sdk.capture_message(CANARY)
    run_into_it()
    assert len(recorder.sent) == 2
    assert all(CANARY.encode() not in sent for sent in recorder.sent)


names = st.text(max_size=12)
junk = st.recursive(st.text() | st.none() | st.just(CANARY), lambda inner: st.dictionaries(names, inner, max_size=3))


@given(
    st.dictionaries(st.sampled_from(["request", "user", "message", "breadcrumbs", "extra", "contexts", "tags"]), junk)
)
def test_a_field_that_is_not_listed_is_not_in_the_new_event(event: dict[str, Any]) -> None:
    frame = {"filename": "a.py", "vars": {"x": CANARY}, "context_line": CANARY, "abs_path": CANARY, "lineno": 3}
    value = {"type": "E", "value": CANARY, "mechanism": {"data": CANARY}, "stacktrace": {"frames": [frame]}}
    reduced = reduce_event({**event, "exception": {"values": [value]}}, {})  # type: ignore[typeddict-item]
    assert CANARY not in json.dumps(reduced, default=str)
    assert reduce_event({**event, "exception": None}, {})["exception"] == {"values": []}  # type: ignore[typeddict-item]


def test_without_a_dsn_nothing_begins() -> None:
    assert watch("", "https://stats.example.org") == []
    assert not sentry_sdk.get_client().is_active()


@pytest.mark.parametrize(
    ("dsn", "base_url"),
    [
        ("https://k@errors.example.org/1", "https://stats.example.org"),
        ("https://k@stats.example.org/1", "https://stats.example.org"),
        ("https://k@errors.example.co.uk/1", "https://stats.example.co.uk"),
        ("http://k@127.0.0.1:9000/1", "https://stats.example.org"),
        ("http://k@[::1]:9000/1", "https://stats.example.org"),
        ("http://k@192.0.2.7/1", "http://192.0.2.7:8000"),
        ("https://k@ERRORS.Example.org./1", "https://stats.example.org"),
        ("", "https://stats.example.org"),
    ],
)
def test_the_operators_own_host_raises_no_doubt(dsn: str, base_url: str) -> None:
    assert doubt_host(dsn, base_url) == ""


@pytest.mark.parametrize(
    ("dsn", "base_url"),
    [
        ("https://k@o1.ingest.sentry.io/1", "https://stats.example.org"),
        ("https://k@errors.elsewhere.co.uk/1", "https://stats.example.co.uk"),
        ("https://k@example.org.evil.example/1", "https://stats.example.org"),
        ("https://k@192.0.2.8/1", "http://192.0.2.7:8000"),
        ("https://k@10.0.2.7/1", "http://192.0.2.7:8000"),
        ("https://k@[2001:db8::2]/1", "http://[2001:db8::1]:8000"),
        ("https://k@errors.example.org/1", "http://127.0.0.1:8000"),
    ],
)
def test_another_host_is_doubted_in_words(dsn: str, base_url: str) -> None:
    assert doubt_host(dsn, base_url).startswith("errors.dsn names a host that is not yours")
