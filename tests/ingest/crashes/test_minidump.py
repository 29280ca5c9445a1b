from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from dumping import BASE, written_dump, written_form
from hypothesis import given, settings
from hypothesis import strategies as st

from crashes.door import EVENT_ID, EXPLICIT, KEY, LIMITS, OPT_OUT, Answer, Door
from ingest.counters.cells import Refusal
from ingest.crashes.dumps import ATTACHMENT, join_dump, open_dump
from ingest.crashes.encoding import Limits
from ingest.crashes.envelope import Envelope, Item, read_envelope
from ingest.crashes.event import Report, open_event, read_report
from ingest.crashes.minidump import Dump, Module, read_minidump
from ingest.crashes.multipart import read_parts

FORM = b"multipart/form-data; boundary=xyz-42"
CANARY = "qjanecanary"


def minidump(**fields: Any) -> bytes:
    return written_dump(lambda _place: CANARY, f"/home/{CANARY}/vpn/vpn-ui", **fields)


def form(*parts: tuple[str, bytes]) -> bytes:
    return written_form(lambda _place: CANARY, *parts)


SAID: dict[str, Any] = {
    "event_id": EVENT_ID,
    "release": "vpn-ui@3.14.2",
    "environment": "production",
    "tags": {"consent": "given", CANARY: CANARY},
    "user": {"id": CANARY, "email": CANARY},
    "extra": {CANARY: CANARY},
    "breadcrumbs": [{"message": CANARY}],
    "exception": {"values": [{"type": CANARY}]},
}


def send(door: Door, *parts: tuple[str, bytes], path: str = "/api/6/minidump/", **request: Any) -> Answer:
    headers = request.pop("headers", [(b"content-type", FORM)])
    return door.knock(path, form(*parts), headers=headers, **request)


def check_counted(door: Door) -> None:
    cells = {key[2:]: count for key, count in door.cells().items()}
    assert cells["release", "vpn-ui@3.14.2"] == 1
    assert cells["state", "crashed"] == 1
    assert cells["arch", "x86_64"] == 1
    assert cells["environment", "production"] == 1
    (exemplar,) = door.ledger.exemplars(EXPLICIT.owner).values()
    assert exemplar.type == "SIGSEGV"
    (thrown,) = json.loads(exemplar.stack)["exceptions"]
    assert [(frame["file"], frame["function"]) for frame in thrown["frames"]] == [("vpn-ui", "+0x1234")]
    held = repr((cells, exemplar, list(door.ledger.standing())))
    assert CANARY not in held
    assert not re.search(r"deadbeef|5581c|DEADBEEF", held)


@pytest.mark.parametrize("path", ["/api/6/minidump/", "/api/6/minidump"])
@pytest.mark.parametrize(
    "beside",
    [
        [("sentry", json.dumps(SAID).encode())],
        [("sentry__1", json.dumps(SAID).encode()[:50]), ("sentry__2", json.dumps(SAID).encode()[50:])],
        [("__sentry-event", msgspec.msgpack.encode(SAID)), ("__sentry-breadcrumb1", msgspec.msgpack.encode([CANARY]))],
        [
            ("sentry[release]", b"vpn-ui@3.14.2"),
            ("sentry[environment]", b"production"),
            ("sentry[tags][consent]", b"given"),
            ("sentry[event_id]", EVENT_ID.encode()),
            ("guid", CANARY.encode()),
            (CANARY, CANARY.encode()),
        ],
    ],
    ids=["sentry", "pieces", "msgpack", "fields"],
)
def test_a_dump_is_counted_by_reason_and_place(path: str, beside: list[tuple[str, bytes]]) -> None:
    door = Door()
    answer = send(door, *beside, ("upload_file_minidump", minidump()), path=path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.body.decode() == str(UUID(EVENT_ID))
    assert "86400:transaction" in answer.headers["x-sentry-rate-limits"]
    check_counted(door)


def test_a_form_that_is_packed_is_read_too() -> None:
    door = Door()
    body = gzip.compress(form(("sentry", json.dumps(SAID).encode()), ("upload_file_minidump", minidump())))
    headers = [(b"content-type", FORM), (b"content-encoding", b"gzip")]
    assert door.knock("/api/6/minidump/", body, headers=headers).status == 200
    check_counted(door)


def test_a_dump_alone_bears_no_consent() -> None:
    door = Door()
    headers = [(b"content-type", b"application/x-dmp")]
    answer = door.knock("/api/6/minidump/", minidump(), headers=headers)
    assert answer.status == 403
    assert door.refusals() == {"no_consent": 1}
    query = f"sentry_key={OPT_OUT.key}".encode()
    assert door.knock("/api/7/minidump/", minidump(), headers=headers, query=query).status == 200
    assert door.cells(OPT_OUT.owner)


def test_consent_duplicates_and_keys_are_as_everywhere() -> None:
    door = Door()
    dump = ("upload_file_minidump", minidump())
    denied = ("sentry", json.dumps(SAID | {"tags": {"consent": "denied"}}).encode())
    assert send(door, denied, dump).status == 403
    assert not door.counted()
    given = ("sentry", json.dumps(SAID).encode())
    assert [send(door, given, dump).status for _ in range(2)] == [200, 200]
    assert door.refusals() == {"duplicate": 1}
    assert send(door, given, dump, query=b"sentry_key=other").status == 403


def test_it_is_never_429() -> None:
    door = Door()
    door.is_full = True
    answer = send(door, ("sentry", json.dumps(SAID).encode()), ("upload_file_minidump", minidump()))
    assert answer.status == 200
    UUID(answer.body.decode())
    assert not door.cells()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", FORM, 400),
        (form(("upload_file_minidump", b"no dump")), FORM, 400),
        (form(("other", minidump())), FORM, 400),
        (form(("upload_file_minidump", minidump())), b"multipart/form-data", 400),
        (form(("upload_file_minidump", minidump())), b"text/plain", 400),
        (form(("upload_file_minidump", minidump()))[:-9], FORM, 400),
        (bytes(50_001), FORM, 413),
    ],
)
def test_what_is_malformed_or_too_large_is_refused_by_name(body: bytes, content_type: bytes, status: int) -> None:
    door = Door(limits=replace(LIMITS, minidump=50_000))
    answer = door.knock("/api/6/minidump/", body, headers=[(b"content-type", content_type)])
    assert answer.status == status
    assert answer.json == {"detail": answer.headers["x-sentry-error"]}


@pytest.mark.parametrize(
    ("platform", "code", "arch", "kind", "system", "version"),
    [
        (0x8201, 6, "x86_64", "SIGABRT", "Linux", "6.8"),
        (0x8203, 11, "arm64", "SIGSEGV", "Android", "6.8"),
        (0x8203, 7, "arm", "SIGBUS", "Android", "6.8"),
        (0x8101, 1, "arm64", "EXC_BAD_ACCESS", "macOS", "6.8"),
        (2, 0xC0000005, "x86_64", "EXCEPTION_ACCESS_VIOLATION", "Windows", "6.8.19045"),
        (2, 0xE06D7363, "x86", "CPP_EXCEPTION", "Windows", "6.8.19045"),
        (2, 0x12345678, "x86", "UNKNOWN_EXCEPTION", "Windows", "6.8.19045"),
        (0x9999, 11, "x86", "SIGSEGV", "", "6.8"),
    ],
)
def test_reason_and_system(platform: int, code: int, arch: str, kind: str, system: str, version: str) -> None:
    address, start = (BASE + 0x1234, BASE) if arch.endswith("64") else (0xFFFF_0000, 0)
    found = read_minidump(memoryview(minidump(code=code, arch=arch, platform=platform, address=address)))
    assert found is not None
    assert (found.type, found.system, found.version, found.arch, found.address) == (
        kind,
        system,
        version,
        arch,
        address,
    )
    assert found.module == (Module(BASE, 0x10000, f"/home/{CANARY}/vpn/vpn-ui") if start else None)


NATIVE: dict[str, Any] = {
    "event_id": EVENT_ID,
    "platform": "native",
    "level": "fatal",
    "release": "vpn-ui@3.14.2",
    "environment": "production",
    "tags": {"consent": "given", CANARY: CANARY},
    "user": {"id": CANARY, "email": CANARY},
    "contexts": {"os": {"name": "Linux", "version": "6.9.1", "kernel_version": CANARY}, CANARY: {CANARY: CANARY}},
    "extra": {CANARY: CANARY},
    "breadcrumbs": [{"message": CANARY}],
    "threads": {"values": [{"name": CANARY, "stacktrace": {"frames": [{"function": CANARY}]}}]},
    "debug_meta": {"images": [{"type": "elf", "image_addr": "0x0", "image_size": 9, "code_file": f"/home/{CANARY}/x"}]},
}
"""An event as sentry-native writes it beside a dump: what was thrown stands in the dump alone."""


def attached(dump: bytes, event: dict[str, Any] | None = NATIVE, *others: bytes, kind: str = "event.minidump") -> bytes:
    """Write the envelope of sentry-native's Breakpad backend, and of Electron."""
    lines = [json.dumps({"event_id": EVENT_ID, "sdk": {"name": CANARY}}).encode()]
    if event is not None:
        payload = json.dumps(event).encode()
        lines += [json.dumps({"type": "event", "length": len(payload)}).encode(), payload]
    header = {"type": "attachment", "length": len(dump), "filename": f"{CANARY}.dmp", "attachment_type": kind}
    for content in (dump, *others):
        lines += [json.dumps(header | {"length": len(content)}).encode(), content]
        header.pop("attachment_type", None)
    return b"\n".join(lines) + b"\n"


def test_a_dump_that_is_attached_to_its_event_says_what_was_thrown_and_where() -> None:
    door = Door()
    answer = door.knock(body=attached(minidump(), NATIVE, f"log of {CANARY}".encode()))
    assert (answer.status, answer.json) == (200, {"id": EVENT_ID})
    check_counted(door)
    everything = " ".join(repr(key) for _, key, _ in door.ledger.unwritten(EXPLICIT.owner))
    assert "SIGSEGV" not in everything
    assert CANARY not in everything
    assert door.refusals() == {}
    door.knock(body=attached(minidump()))
    assert door.refusals() == {"duplicate": 1}


def test_what_the_event_says_of_the_system_goes_before_what_the_dump_says() -> None:
    [event] = [item for item in opened(attached(minidump())).items if item.type == "event"]
    read = json.loads(bytes(event.payload))
    assert read["contexts"]["os"] == {"name": "Linux", "version": "6.9.1", "kernel_version": CANARY}
    assert read["contexts"]["device"] == {"arch": "x86_64"}
    [thrown] = read["exception"]["values"]
    assert thrown["type"] == "SIGSEGV"
    bare = opened(attached(minidump(), {**NATIVE, "contexts": {"os": CANARY}, "exception": CANARY}))
    read = json.loads(bytes(bare.items[0].payload))
    assert read["contexts"]["os"] == CANARY, "what has the wrong form stays for the schema to strip and to count"
    assert read["exception"]["values"][0]["type"] == "SIGSEGV"


def opened(body: bytes, limits: Limits = LIMITS) -> Envelope:
    envelope = read_envelope(body)
    assert isinstance(envelope, Envelope)
    joined = join_dump(envelope, len(body), limits)
    assert isinstance(joined, Envelope)
    return joined


def test_another_attachment_is_discarded_and_takes_nothing_along() -> None:
    door = Door()
    thrown = {"exception": {"values": [{"type": "TunnelError"}]}}
    assert door.knock(body=attached(minidump(), {**NATIVE, **thrown}, kind="event.attachment")).status == 200
    (exemplar,) = door.ledger.exemplars(EXPLICIT.owner).values()
    assert exemplar.type == "TunnelError"
    assert CANARY not in repr((door.cells(), exemplar))


@pytest.mark.parametrize(
    ("event", "status", "refusals"),
    [
        ({**NATIVE, "tags": {}}, 403, {"no_consent": 1}),
        ({**NATIVE, "tags": {"consent": "denied"}}, 403, {}),
        (None, 403, {"no_consent": 1}),
    ],
    ids=["silent", "denied", "no event"],
)
def test_an_attached_dump_needs_the_consent_of_its_event(
    event: dict[str, Any] | None, status: int, refusals: dict[str, int]
) -> None:
    door = Door()
    assert door.knock(body=attached(minidump(), event)).status == status
    assert (door.cells(), door.refusals()) == ({}, refusals)


def test_an_attached_dump_without_an_event_stands_for_one() -> None:
    door = Door()
    query = f"sentry_key={OPT_OUT.key}".encode()
    assert door.knock("/api/7/envelope/", attached(minidump(), None), query=query).status == 200
    (exemplar,) = door.ledger.exemplars(OPT_OUT.owner).values()
    assert exemplar.type == "SIGSEGV"


@pytest.mark.parametrize("coding", [b"", b"gzip"])
@pytest.mark.parametrize(
    ("dump", "beside", "status"),
    [
        (150_000, 0, 200),
        (150_000, LIMITS.decompressed - 3_000, 200),
        (150_000, LIMITS.decompressed, 413),
        (200_000, 0, 200),
        (200_001, 0, 413),
        (0, LIMITS.decompressed, 413),
    ],
)
def test_an_attached_dump_has_its_own_limit_and_everything_else_keeps_to_that_of_envelopes(
    coding: bytes, dump: int, beside: int, status: int
) -> None:
    door = Door(limits=replace(LIMITS, minidump=200_000))
    content = minidump().ljust(dump, b"\xff") if dump else b""
    body = attached(content, NATIVE, b"\xff" * beside) if dump else attached(b"\xff" * beside, kind="event.attachment")
    packed = gzip.compress(body) if coding else body
    headers = [(b"content-encoding", coding)] if coding else []
    answer = door.knock(body=packed, headers=headers)
    assert answer.status == status
    if status == 200:
        check_counted(door)
    else:
        assert door.refusals() == {"too_large": 1}


def test_only_who_shows_the_key_before_the_body_may_send_as_much_as_a_minidump_weighs() -> None:
    door = Door(limits=replace(LIMITS, minidump=200_000))
    dsn = {"dsn": f"https://{KEY}@crashes.example.org/6"}
    small, large = (
        json.dumps(dsn).encode() + attached(minidump().ljust(weight, b"\xff")).partition(b"}}")[2]
        for weight in (0, 150_000)
    )
    assert door.knock(body=small, query=b"").status == 200
    assert [door.knock(body=large, query=query).status for query in (b"", b"sentry_key=other")] == [403, 403]


def test_an_attachment_that_only_calls_itself_a_dump_is_malformed() -> None:
    door = Door()
    assert door.knock(body=attached(CANARY.encode())).status == 400
    assert door.refusals() == {"bad_envelope": 1}


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=8),
    st.integers(1, 2000),
    st.binary(max_size=80) | st.just(json.dumps(NATIVE).encode()),
)
@settings(derandomize=True, max_examples=150)
def test_hostile_attached_dumps_lead_to_an_event_or_a_refusal(
    flips: list[tuple[int, int]], cut: int, event: bytes
) -> None:
    damaged = bytearray(minidump())
    for place, value in flips:
        damaged[place % len(damaged)] = value
    items = (
        Item("event", memoryview(event)),
        Item("attachment", memoryview(bytes(damaged[:cut])), attachment=ATTACHMENT),
    )
    joined = join_dump(Envelope(None, None, items), cut + len(event), LIMITS)
    if isinstance(joined, Envelope):
        assert [item.type for item in joined.items] == ["event"]
        read = open_event(joined.items[0].payload)
        assert isinstance(read, Refusal) or isinstance(read_report(read, EXPLICIT), Report)
    else:
        assert joined is Refusal.BAD_ENVELOPE


@given(
    st.binary(max_size=300),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=8),
    st.integers(0, 2000),
)
@settings(derandomize=True, max_examples=200)
def test_hostile_dumps_never_raise(junk: bytes, flips: list[tuple[int, int]], cut: int) -> None:
    assert read_minidump(memoryview(junk)) is None
    assert read_minidump(memoryview(b"MDMP" + junk)) is None or isinstance(
        read_minidump(memoryview(b"MDMP" + junk)), Dump
    )
    damaged = bytearray(minidump())
    for place, value in flips:
        damaged[place % len(damaged)] = value
    found = read_minidump(memoryview(bytes(damaged[: cut or None])))
    assert found is None or isinstance(found, Dump)
    # Whatever the dump says, the event is one that the closed schema reads.
    opened = open_dump(form(("upload_file_minidump", bytes(damaged))), FORM)
    assert opened is Refusal.BAD_ENVELOPE or isinstance(opened, Envelope)


@given(st.lists(st.tuples(st.text("abc[]_", min_size=1, max_size=9), st.binary(max_size=60)), max_size=6))
@settings(derandomize=True, max_examples=200)
def test_parts_come_out_as_they_went_in(parts: list[tuple[str, bytes]]) -> None:
    parts = [(name, content) for name, content in parts if b"\r\n--xyz-42" not in content]
    found = read_parts(form(*parts), FORM)
    if parts:
        assert found is not None
        assert [(part.name.decode(), bytes(part.content)) for part in found] == parts


@given(st.binary(max_size=300), st.binary(max_size=60))
@settings(derandomize=True, max_examples=200)
def test_hostile_forms_never_raise(body: bytes, beside: bytes) -> None:
    for content_type in (FORM, beside, b"multipart/form-data; boundary=" + beside):
        read_parts(b"--xyz-42\r\n" + body, content_type)
        read_parts(body, content_type)


def test_a_form_of_more_parts_than_any_handler_sends_is_none() -> None:
    assert read_parts(form(*[("a", b"x")] * 256), FORM) is not None
    assert read_parts(form(*[("a", b"x")] * 257), FORM) is None
