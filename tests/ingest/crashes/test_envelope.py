from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters.cells import Refusal
from ingest.crashes.envelope import Envelope, read_envelope, read_uuid

ID = "9ec79c33ec9942ab8353589fcb2e04dc"
DSN = "https://e12d836b15bb49d7bbf99e64295d995b:@sentry.io/42"


def opened(body: bytes) -> tuple[str | None, list[tuple[str, bytes]]]:
    envelope = read_envelope(body)
    assert isinstance(envelope, Envelope), envelope
    items = [(item.type, bytes(item.payload)) for item in envelope.items]
    return envelope.event_id.hex() if envelope.event_id else None, items


# The full examples of https://develop.sentry.dev/sdk/data-model/envelopes/#full-examples.
TWO = (
    b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","dsn":"https://e12d836b15bb49d7bbf99e64295d995b:@sentry.io/42"}\n'
    b'{"type":"attachment","length":10,"content_type":"text/plain","filename":"hello.txt"}\n'
    b"\xef\xbb\xbfHello\r\n\n"
    b'{"type":"event","length":41,"content_type":"application/json","filename":"application.log"}\n'
    b'{"message":"hello world","level":"error"}'
)
TWO_ITEMS = [("attachment", b"\xef\xbb\xbfHello\r\n"), ("event", b'{"message":"hello world","level":"error"}')]
EMPTY = (
    b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n'
    b'{"type":"attachment","length":0}\n\n{"type":"attachment","length":0}\n'
)
SESSION = b'{"started": "2020-02-07T14:16:00Z","attrs":{"release":"sentry-test@1.0.0"}}'


@pytest.mark.parametrize(
    ("body", "event_id", "items"),
    [
        (TWO + b"\n", ID, TWO_ITEMS),
        (TWO, ID, TWO_ITEMS),
        (EMPTY + b"\n", ID, [("attachment", b"")] * 2),
        (EMPTY, ID, [("attachment", b"")] * 2),
        (EMPTY.rstrip(b"\n"), ID, [("attachment", b"")] * 2),
        (b'{"event_id":"%s"}\n{"type":"attachment"}\nhelloworld\n' % ID.encode(), ID, [("attachment", b"helloworld")]),
        (b'{"event_id":"%s"}\n{"type":"attachment"}\nhelloworld' % ID.encode(), ID, [("attachment", b"helloworld")]),
        (b'{}\n{"type":"session"}\n' + SESSION, None, [("session", SESSION)]),
        (b"{}", None, []),
        (b"{}\n", None, []),
        (b"{}\n\n", None, []),
        (b'{"event_id":null}\n', None, []),
        (b'{"event_id":"12C2D058-d584-4270-9aa2-eca08bf20986"}', "12c2d058d58442709aa2eca08bf20986", []),
        (b'{"sent_at":"x","trace":{"a":[1]},"unknown":5}\n{"type":"event"}\n{}\r\n', None, [("event", b"{}\r")]),
        (b'{}\n{"type":"never heard of","length":3,"x":{}}\na\nb\n', None, [("never heard of", b"a\nb")]),
        (b'{}\n{"type":"a"}\n\n{"type":"b"}\n', None, [("a", b""), ("b", b"")]),
    ],
)
def test_well_formed_envelopes(body: bytes, event_id: str | None, items: list[tuple[str, bytes]]) -> None:
    assert opened(body) == (event_id, items)


def test_the_dsn_of_the_header_is_read() -> None:
    envelope = read_envelope(TWO)
    assert isinstance(envelope, Envelope)
    assert envelope.dsn == DSN


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"[]",
        b"null\n",
        b"{}\r\n",
        b" {}\n",
        b"{} \n",
        b"{\n}\n",
        b'{"event_id":"short"}\n',
        b'{"event_id":"9ec79c33-ec9942ab8353589fcb2e04dc"}\n',
        b'{"event_id":5}\n',
        b'{"dsn":5}\n',
        b'{"dsn":"\xff"}\n',
        b'{}\n{"length":1}\na\n',
        b'{}\n{"type":5}\na\n',
        b'{}\n{"type":"event","length":-1}\na\n',
        b'{}\n{"type":"event","length":1.5}\na\n',
        b'{}\n{"type":"event","length":3}\nab',
        b'{}\n{"type":"event","length":2}\nabc\n',
        b'{}\n{"type":"event","length":2}\nab \n',
        b'{}\n{"type":"event","length":2}\nab\r\n',
        b'{}\n{"type":"event","length":99999999999999999999}\nab\n',
        b'{}\n{"type":"event"}\n{}\n\n\n',
        b"{}\nnot an item\n",
        b"{" + b'"a":[' * 100_000,
        b'{"x":"' + b"x" * 9000 + b'"}\n',
        b'{"x":' + b"[" * 4000 + b"]" * 4000 + b"}\n",
    ],
)
def test_malformed_envelopes(body: bytes) -> None:
    assert read_envelope(body) is Refusal.BAD_ENVELOPE


def test_items_are_bounded() -> None:
    assert read_envelope(b"{}\n" + b'{"type":"x"}\n\n' * 1000) is not Refusal.TOO_LARGE
    assert read_envelope(b"{}\n" + b'{"type":"x"}\n\n' * 1001) is Refusal.TOO_LARGE


def test_payloads_are_views_that_cannot_be_written_to() -> None:
    envelope = read_envelope(TWO)
    assert isinstance(envelope, Envelope)
    assert envelope.items[1].payload.obj is TWO
    assert envelope.items[1].payload.readonly


@given(st.binary(max_size=200))
@settings(derandomize=True, max_examples=500)
def test_hostile_bytes_are_only_ever_refused(body: bytes) -> None:
    for whole in (body, b"{}\n" + body, b'{}\n{"type":"event"}\n' + body, b'{}\n{"type":"event","length":9}\n' + body):
        read = read_envelope(whole)
        assert read in {Refusal.BAD_ENVELOPE, Refusal.TOO_LARGE} or isinstance(read, Envelope)


@given(st.lists(st.tuples(st.text(max_size=10), st.binary(max_size=50), st.booleans()), max_size=8), st.booleans())
@settings(derandomize=True, max_examples=300)
def test_what_is_written_is_read(items: list[tuple[str, bytes, bool]], final_newline: bool) -> None:
    body = b"{}"
    expected = []
    for kind, content, has_length in items:
        payload = content if has_length else content.replace(b"\n", b"")
        header: dict[str, object] = {"type": kind} | ({"length": len(payload)} if has_length else {})
        body += b"\n" + json.dumps(header).encode() + b"\n" + payload
        expected.append((kind, payload))
    assert opened(body + b"\n" * final_newline) == (None, expected)


@pytest.mark.parametrize("text", [None, "", "x", "g" * 32, ID + "0", ID[:-1], f"{{{ID}}}", f"{ID}\n"])
def test_what_is_no_uuid_is_none(text: str | None) -> None:
    assert read_uuid(text) is None
