"""Lines of each format, sound and hostile: a line is read, or it is none, and nothing else happens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hits_door import read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.hits.logs.formats import NAMES, format_of, recognise
from ingest.hits.logs.pattern import PatternError
from ingest.hits.logs.told import Told

NGINX = (
    '$host $remote_addr - ${remote_user} [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" rt=$request_time "$http_dnt"'
)
APACHE = '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i" %D'
READERS = {name: format_of(name) for name in NAMES} | {"nginx": format_of(NGINX), "apache": format_of(APACHE)}


@dataclass(frozen=True)
class Case:
    """A line and what it tells; without an address it tells nothing."""

    name: str
    form: str
    line: str
    address: str = ""
    stamp: str = ""
    method: str = "GET"
    target: str = "/"
    status: str = "200"
    referrer: str = ""
    agent: str = ""
    host: str = ""
    content: str = ""
    headers: tuple[list[str], ...] = ()
    is_secure: bool = True


CASES = read_cases("log_lines.toml", Case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_line_is_read(case: Case) -> None:
    told = READERS[case.form].read(case.line.encode("latin-1"))
    if not case.address:
        assert told is None
        return
    assert told is not None
    fields = {name: getattr(told, name) for name in Told.__struct_fields__}
    texts = {
        name: getattr(case, name).encode("latin-1")
        for name in ("address", "stamp", "method", "target", "status", "referrer", "agent", "host", "content")
    }
    headers = tuple((name.encode(), value.encode()) for name, value in case.headers)
    assert fields == {**texts, "headers": headers, "is_secure": case.is_secure}


def test_a_line_shows_nothing_of_itself() -> None:
    told = READERS["combined"].read(CASES[0].line.encode())
    assert told is not None
    assert repr(told) == str(told) == "<line>"


@pytest.mark.parametrize("name", NAMES)
def test_a_format_is_recognised(name: str) -> None:
    lines = [case.line.encode("latin-1") for case in CASES if case.form == name and case.address]
    found = recognise([b"rubbish", *lines])
    assert found is not None
    assert found.name == name


def test_torn_lines_do_not_make_a_format_that_tells_less() -> None:
    line = b'81.2.3.4 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 5 "-" "x"'
    found = recognise([*[line] * 5, *[line[:-6]] * 4])
    assert found is not None
    assert found.name == "combined"


def test_rubbish_is_in_no_format() -> None:
    assert recognise([b"", b"rubbish", b"\xff\xfe", b"{}"]) is None
    assert recognise([]) is None


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("nonsense", "say combined, vhost_combined, common, vhost_common, caddy, or copy the log_format"),
        ("$remote_addr", "--format tells no time, no status, no request: copy"),
        ('%t "%r" %>s', "--format tells no address: copy"),
        ("$remote_addr $msec $status", "--format tells no request: copy"),
    ],
)  # fmt: skip
def test_a_pattern_that_tells_too_little_is_refused(pattern: str, says: str) -> None:
    with pytest.raises(PatternError, match=says.replace("$", r"\$")):
        format_of(pattern)


pieces = st.lists(
    st.sampled_from(
        [b'"', b"\\", b"\\x22", b'\\"', b"[", b"] ", b" ", b"-", b"GET / HTTP/1.1", b"200", b"\0", b"\xff", b"{"]
    )
    | st.binary(max_size=6),
    max_size=30,
)


@settings(max_examples=60)
@given(st.sampled_from(sorted(READERS)), pieces.map(b"".join) | st.sampled_from(CASES).map(lambda c: c.line.encode()))
def test_no_line_raises(form: str, line: bytes) -> None:
    for end in {len(line), len(line) // 2, len(line) - 1}:
        told = READERS[form].read(line[: max(end, 0)])
        assert told is None or all(isinstance(text, bytes) for text in (told.address, told.target, told.agent))


@settings(max_examples=40)
@given(st.text(max_size=40), st.text(max_size=40).filter(lambda text: text not in {"", "-"}))
def test_what_apache_escapes_comes_back(referrer: str, agent: str) -> None:
    def escaped(text: str) -> bytes:
        plain = set(range(0x20, 0x7F)) - set(b'"\\')
        return b"".join(
            bytes([byte]) if byte in plain else b"\\x%02x" % byte for byte in text.encode("utf-8", "replace")
        )

    line = b'81.2.3.4 - - [10/Oct/2026:13:55:36 -0700] "GET / HTTP/2.0" 200 5 "%b" "%b"' % (
        escaped(referrer),
        escaped(agent),
    )
    told = READERS["combined"].read(line)
    assert told is not None
    assert told.agent == agent.encode("utf-8", "replace")
    assert told.referrer == (b"" if referrer == "-" else referrer.encode("utf-8", "replace"))


def test_caddys_own_line_is_read() -> None:
    """As Caddy 2.8 writes it, with the fields that nobody asks for."""
    entry: dict[str, Any] = {
        "level": "info", "ts": 1793541336.5, "logger": "http.log.access.log0", "msg": "handled request",
        "request": {
            "remote_ip": "10.0.0.1", "remote_port": "5", "client_ip": "81.2.3.4", "proto": "HTTP/3.0", "method": "GET",
            "host": "example.org", "uri": "/a?b=1", "headers": {"User-Agent": ["x"], "Sec-Gpc": ["1"]},
            "tls": {"resumed": False},
        },
        "bytes_read": 0, "user_id": "", "duration": 0.1, "size": 5, "status": 200,
        "resp_headers": {"Content-Type": ["text/html; charset=utf-8"]},
    }  # fmt: skip
    told = READERS["caddy"].read(json.dumps(entry).encode())
    assert told is not None
    assert (told.address, told.host, told.content) == (b"81.2.3.4", b"example.org", b"text/html; charset=utf-8")
    assert (b"sec-gpc", b"1") in told.headers
