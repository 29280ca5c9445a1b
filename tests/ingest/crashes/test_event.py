from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crashes.door import EXPLICIT, crash
from ingest.counters.cells import Refusal
from ingest.crashes.circumstances import Level, State
from ingest.crashes.event import Report, is_transaction, open_event, read_report
from ingest.crashes.frames import Frame
from ingest.crashes.sections import Section
from ingest.crashes.stack import Thrown
from ingest.crashes.stripped import Stripped

READ_OR_DROPPED = ["platform", "level", "release", "environment", "contexts", "exception", "logger", "tags", "user"]
READ_OR_DROPPED += ["debug_meta", "threads", "stacktrace", "event_id", "timestamp", "sdk", "type", "logentry"]


def opened(event: Any) -> Section:
    section = open_event(json.dumps(event).encode())
    assert isinstance(section, dict)
    return section


def read(event: Any) -> Report:
    return read_report(opened(event), EXPLICIT)


def test_a_report_is_built_field_by_field() -> None:
    contexts = {"os": {"name": "Android", "version": "14"}, "device": {"model": "Pixel 8", "arch": "arm64"}}
    assert read(crash(contexts=contexts, logger="vpn.tunnel")) == Report(
        platform="python",
        level=Level.ERROR,
        release="vpn@2.14.0",
        release_is_shared=False,
        environment="production",
        system="Android 14",
        model="Pixel 8",
        arch="arm64",
        state=State.UNHANDLED,
        logger="vpn.tunnel",
        chain=(Thrown("TunnelError", (Frame("connect", "vpn.tunnel", "tunnel.py", 7, True),)),),
        stripped=frozenset({Stripped.EXCEPTION_VALUE}),
        message="no route for <email>",
    )


def test_the_least_event_is_a_report() -> None:
    report = read({})
    assert report.chain == (Thrown("(none)", ()),)
    assert report.release == "(none)"
    assert not report.stripped


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("user", {"id": "x"}, "user"),
        ("request", {"url": "x"}, "request"),
        ("breadcrumbs", {"values": [{}]}, "breadcrumbs"),
        ("extra", {"a": 1}, "extra"),
        ("server_name", "laptop", "server_name"),
        ("transaction", "/x", "transaction"),
        ("transaction_info", {"source": "x"}, "transaction"),
        ("modules", {"a": "1"}, "modules"),
        ("fingerprint", ["x 5"], "fingerprint"),
        ("logentry", {"message": "x 5"}, "logentry"),
        ("message", "x 5", "logentry"),
        ("dist", "5", "dist"),
        ("culprit", "x", "culprit"),
        ("errors", [{}], "errors"),
        ("time_spent", 5, "time_spent"),
        ("debug_meta", {"images": [{}]}, "debug_meta"),
        ("threads", {"values": [{}]}, "threads"),
        ("stacktrace", {"frames": [{}]}, "stacktrace"),
        ("tags", {"consent": "given", "account": "x"}, "tags"),
        ("made up", 1, "unknown"),
        ("environment", "laptop of bob", "environment"),
        ("release", "bob@example.org", "release"),
        ("level", "very bad", "level"),
        ("platform", "bob", "platform"),
        ("logger", "a logger", "logger"),
        ("contexts", {"culture": {"timezone": "x"}}, "contexts.culture"),
        ("contexts", {"gpu": {"name": "x"}}, "contexts"),
    ],
)
def test_what_is_dropped_or_withheld_is_counted_by_its_name(field: str, value: object, name: str) -> None:
    assert read(crash(**{field: value})).stripped == {Stripped.EXCEPTION_VALUE, Stripped(name)}
    empties: tuple[object, ...] = (None, "", [], {})
    for empty in empties:
        if field not in {"tags", "made up"}:
            assert read(crash(**{field: empty})).stripped == {Stripped.EXCEPTION_VALUE}


@pytest.mark.parametrize("wrong", [5, 5.5, True, "x y", ["x"], {"x": "y"}, [[["x"]]], {"values": 5}, "\ud83d"])
@pytest.mark.parametrize("field", READ_OR_DROPPED)
def test_a_wrong_type_in_one_field_loses_nothing_else(field: str, wrong: object) -> None:
    right, report = read(crash()), read(crash(**{field: wrong}))
    changed = {own.name for own in fields(Report) if getattr(right, own.name) != getattr(report, own.name)}
    allowed = {"exception": "chain", "contexts": "system", "level": "state"}.get(field, field)
    assert changed <= {"stripped", field, allowed, *({"state", "message"} if field == "exception" else set())}


@pytest.mark.parametrize(
    ("release", "kept", "shared"),
    [
        ("vpn@2.14.0+45", "vpn@2.14.0+45", False),
        ("2.14.0.1", "2.14.0.1", False),
        ("net.ivpn.client (1.2.3)", "net.ivpn.client (1.2.3)", False),
        ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", True),
        ("bob@example.org", "(withheld)", False),
        ("12c2d058-d584-4270-9aa2-eca08bf20986", "(withheld)", False),
        ("1.2.3/home/bob;x", "(withheld)", False),
        ("x" * 65, "(withheld)", False),
        (5, "(withheld)", False),
        ("", "(none)", False),
        (None, "(none)", False),
    ],
)
def test_releases(release: object, kept: str, shared: bool) -> None:
    report = read(crash(release=release))
    assert (report.release, report.release_is_shared) == (kept, shared)


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("java.lang.IllegalStateException", "java.lang.IllegalStateException"),
        ("SIGSEGV / SEGV_MAPERR / 0x7fff0010", "SIGSEGV / SEGV_MAPERR"),
        ("App Hanging", "App Hanging"),
        ("Login of bob failed", "(withheld)"),
        ("bob@example.org", "(withheld)"),
        ("x" * 129, "(withheld)"),
        (5, "(withheld)"),
        (None, "(none)"),
        ("", "(none)"),
    ],
)
def test_types(kind: object, kept: str) -> None:
    report = read({"exception": [{"type": kind, "stacktrace": {"frames": [{"function": "f"}]}}]})
    assert report.chain == (Thrown(kept, (Frame("f", "", "", 0, False),)),)
    assert (Stripped.EXCEPTION_TYPE in report.stripped) is (kept == "(withheld)")


def test_exceptions_come_in_three_forms() -> None:
    one = {"type": "E"}
    for form in ({"values": [one]}, [one], one):
        assert read({"exception": form}).chain == (Thrown("E", ()),)


def test_a_long_chain_keeps_the_first_cause() -> None:
    chain = read({"exception": [{"type": f"E{number}"} for number in range(20)]}).chain
    assert [thrown.type for thrown in chain] == ["E0", *(f"E{number}" for number in range(13, 20))]


@pytest.mark.parametrize(
    ("threads", "function"),
    [
        (
            [
                {"stacktrace": {"frames": [{"function": "a"}]}},
                {"crashed": True, "stacktrace": {"frames": [{"function": "b"}]}},
            ],
            "b",
        ),
        ([{"current": True, "stacktrace": {"frames": [{"function": "a"}]}}, {"crashed": True}], "a"),
        ([{"stacktrace": {"frames": [{"function": "a"}]}}], "own"),
        (5, "own"),
    ],
)
def test_the_stack_of_a_thread_stands_in(threads: object, function: str) -> None:
    own = {"frames": [{"function": "own"}]}
    report = read({"exception": [{"type": "E"}], "threads": {"values": threads}, "stacktrace": own})
    assert [frame.function for frame in report.chain[-1].frames] == [function]


def test_all_stacks_of_a_chain_are_bounded_together() -> None:
    """No event keeps the loop busy for long: the last exception takes of the measure first."""
    frames = {"frames": [{"function": f"f{number}"} for number in range(200)]}
    chain = read({"exception": [{"type": "E", "stacktrace": frames} for _ in range(8)]}).chain
    assert [len(thrown.frames) for thrown in chain] == [0, 0, 0, 0, 0, 0, 56, 64]
    assert chain[-1].frames[-1].function == chain[-2].frames[-1].function == "f199"


def test_a_message_is_withheld() -> None:
    report = read({"logentry": {"message": "hello %s", "params": ["bob"], "formatted": "hello bob"}, "logger": "vpn"})
    assert report.chain == (Thrown("Message", ()),)
    assert report.logger == "vpn"
    assert report.stripped == {Stripped.LOGENTRY}


def test_half_a_surrogate_pair_in_a_text_that_is_dropped_loses_nothing() -> None:
    event = json.dumps(crash(message="cut \ud83d", breadcrumbs=[{"m": "\ud83d\ude00"}])).encode()
    assert b"\\ud83d" in event
    section = open_event(event)
    assert isinstance(section, dict)
    assert read_report(section, EXPLICIT).release == "vpn@2.14.0"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"a":nan}', b'{"a":"\\ud8"}', b"\xff", b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    assert open_event(body) is Refusal.BAD_JSON


@pytest.mark.parametrize(("kind", "is_one"), [("transaction", True), ("error", False), (5, False), (None, False)])
def test_transactions_are_recognised(kind: object, is_one: bool) -> None:
    assert is_transaction(opened({"type": kind})) is is_one


KEYS = ["exception", "values", "stacktrace", "frames", "type", "contexts", "os", "name", "device", "model", "mechanism"]
KEYS += ["handled", "tags", "threads", "crashed", "debug_meta", "images", "image_addr", "release", "level", "function"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), JSON, max_size=6))
@settings(derandomize=True, max_examples=200)
def test_any_object_gives_a_report(event: dict[str, Any]) -> None:
    report = read(event)
    assert report.chain
    assert all(type(field) is Stripped for field in report.stripped)
    assert type(report.state) is State


@given(st.binary(max_size=200))
@settings(derandomize=True, max_examples=400)
def test_hostile_bytes_are_only_ever_refused(body: bytes) -> None:
    for whole in (body, b'{"exception":' + body + b"}", b'{"contexts":{"os":' + body + b"}}"):
        section = open_event(whole)
        if section is not Refusal.BAD_JSON:
            assert isinstance(section, dict)
            read_report(section, EXPLICIT)
