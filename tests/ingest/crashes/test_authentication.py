from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.crashes.authentication import key_of_dsn, key_of_request

KEY = "0123456789abcdef0123456789abcdef"
BASIC = base64.b64encode(f"{KEY}:".encode())
BASIC_WITH_SECRET = base64.b64encode(f"{KEY}:secret".encode())


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (f"sentry_key={KEY}&sentry_version=7&sentry_client=sentry.javascript.browser%2F9".encode(), []),
        (f"sentry_version=7&sentry_key={KEY}&sentry_secret=x&other=1".encode(), []),
        (b"", [(b"x-sentry-auth", f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=x/1".encode())]),
        (b"", [(b"x-sentry-auth", f"Sentry sentry_version=7,sentry_client=cocoa/8,sentry_key={KEY}".encode())]),
        (b"", [(b"x-sentry-auth", f'sentry sentry_key="{KEY}",made_up=1'.encode())]),
        (b"", [(b"authorization", f"Sentry sentry_key={KEY}, sentry_secret=y".encode())]),
        (b"", [(b"authorization", b"Basic " + BASIC)]),
        (b"", [(b"authorization", b"basic  " + BASIC_WITH_SECRET)]),
        (b"other=1", [(b"user-agent", b"x"), (b"x-sentry-auth", f"Sentry sentry_key={KEY}".encode())]),
    ],
)
def test_every_form_gives_the_key(query: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    assert key_of_request(query, headers) == KEY


def test_the_first_form_counts() -> None:
    sentry = (b"x-sentry-auth", b"Sentry sentry_key=two")
    other = (b"authorization", b"Sentry sentry_key=three")
    assert key_of_request(b"sentry_key=one", [sentry, other]) == "one"
    assert key_of_request(b"", [other, sentry]) == "two"
    assert key_of_request(b"", [other]) == "three"


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (b"", []),
        (b"key=x", [(b"x-other", b"Sentry sentry_key=x")]),
        (b"sentry_key=", []),
        (b"", [(b"x-sentry-auth", b"")]),
        (b"", [(b"x-sentry-auth", b"sentry_key=x")]),
        (b"", [(b"x-sentry-auth", b"Sentry sentry_version=7")]),
        (b"", [(b"authorization", b"Bearer x")]),
        (b"", [(b"authorization", b"Basic %%%")]),
        (b"", [(b"authorization", b"Basic Og==")]),
        (b"&".join(b"a=1" for _ in range(100)), []),
        (b"sentry_key=" + b"x" * 5000, []),
    ],
)
def test_no_key_is_none(query: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    assert key_of_request(query, headers) is None


@pytest.mark.parametrize(
    ("dsn", "key"),
    [
        (f"https://{KEY}@crash.example.org/6", KEY),
        (f"https://{KEY}:secret@crash.example.org/prefix/6", KEY),
        (f"http://{KEY}:@127.0.0.1:8000/6", KEY),
        ("https://crash.example.org/6", None),
        ("http://[::1", None),
        ("", None),
        (None, None),
        ("https://" + "x" * 5000 + "@h/6", None),
    ],
)
def test_a_dsn_gives_its_key(dsn: str | None, key: str | None) -> None:
    assert key_of_dsn(dsn) == key


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from([b"", b"Sentry ", b"Basic "]), st.text())
@settings(derandomize=True, max_examples=400)
def test_hostile_bytes_never_raise(query: bytes, header: bytes, scheme: bytes, dsn: str) -> None:
    for name in (b"x-sentry-auth", b"authorization"):
        key = key_of_request(query, [(name, scheme + header)])
        assert key is None or key
    assert key_of_dsn(dsn) != ""
    assert key_of_dsn(f"https://{dsn}@host/6") != ""
