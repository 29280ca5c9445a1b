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

from crashes.door import EVENT_ID, EXPLICIT, LIMITS, OPT_OUT, Answer, Door
from ingest.counters.cells import Refusal
from ingest.crashes.dumps import open_dump
from ingest.crashes.envelope import Envelope
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


@given(
    st.binary(max_size=300),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=8),
    st.integers(0, 2000),
)
@settings(derandomize=True, max_examples=400)
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
