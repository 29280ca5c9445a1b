"""The short way of hits answers byte for byte what uvicorn's own way answers, and counts the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import uvicorn
from hits_door import FIREFOX, SITE, Door
from hypothesis import given, settings
from hypothesis import strategies as st
from running import wait_until

from collector.hit_protocol import HitProtocol
from ingest.boundary.airlock import ADDRESS
from ingest.hits.answers import Answer

VIEW = {"n": "pageview", "d": SITE.id, "u": "https://example.org/pricing"}


@dataclass
class Line:
    """A server on loopback, and what went which way in it."""

    short: bool
    door: Door = field(default_factory=Door)
    port: int = 0
    taken: int = 0
    scopes: list[Any] = field(default_factory=list)
    breaks: Exception | None = None
    jammed: bool = False

    def __repr__(self) -> str:
        return "short" if self.short else "long"

    def take(self, scope: Any, body: bytes) -> Answer | None:
        self.scopes.append(scope)
        if self.breaks is not None:
            raise self.breaks
        answer = self.door.pipeline.answer(scope, body)
        self.taken += answer is not None
        return answer

    def when_settled(self, done: Callable[[BaseException | None], None]) -> None:
        failure = OSError("no room") if self.jammed else None
        self.door.ledger.when_settled(lambda _: done(failure))

    def ask(self, chunks: Sequence[bytes], *, leaves: bool = False) -> bytes:
        """Send chunks, each by itself; return all that comes until the server closes, or until who asks has left."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            parts = []
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                for chunk in chunks:
                    line.sendall(chunk)
                if leaves:
                    line.shutdown(socket.SHUT_WR)
                while part := line.recv(1 << 16):
                    parts.append(part)
            return b"".join(parts)

    def counted(self) -> dict[Any, Any]:
        self.door.ledger.settle()
        return {key: tuple(amounts) for _, key, amounts in self.door.ledger.unwritten(SITE.owner) if any(amounts)}


@contextmanager
def serving(*, short: bool) -> Iterator[Line]:
    line = Line(short)
    way: Any = partial(HitProtocol, take=line.take, when_settled=line.when_settled) if short else "httptools"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line.port = listening.getsockname()[1]
        config = uvicorn.Config(
            line.door.pipeline.app, http=way, loop="uvloop", lifespan="off", access_log=False, proxy_headers=False,
            server_header=False, date_header=False, log_level="critical", ws="none", timeout_keep_alive=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        try:
            yield line
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def short() -> Iterator[Line]:
    with serving(short=True) as line:
        yield line


@pytest.fixture(scope="module")
def alone() -> Iterator[Line]:
    """One more that takes the short way, for what is not asked of both: those two have counted the same throughout."""
    with serving(short=True) as line:
        yield line


@pytest.fixture(scope="module")
def long() -> Iterator[Line]:
    with serving(short=False) as line:
        yield line


def request(
    body: bytes,
    *,
    method: str = "POST",
    path: str = "/api/event",
    version: str = "1.1",
    length: int | None = None,
    close: bool = False,
    **headers: str,
) -> bytes:
    told = {"host": "x", "user-agent": FIREFOX, "content-type": "text/plain", **headers}
    if close:
        told["connection"] = "close"
    if length is None or length >= 0:
        told["content-length"] = str(len(body) if length is None else length)
    lines = [f"{method} {path} HTTP/{version}", *(f"{name.replace('_', '-')}: {text}" for name, text in told.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


VIEWED = json.dumps(VIEW).encode()
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(VIEWED), VIEWED)
CASES: dict[str, list[bytes]] = {
    "a view": [request(VIEWED, close=True)],
    "kept alive": [request(VIEWED), request(VIEWED), request(VIEWED, close=True)],
    "pipelined with pages between": [
        request(VIEWED), request(b"", method="GET", path="/livez"), request(VIEWED), request(VIEWED, close=True),
    ],
    "in halves": [request(VIEWED, close=True)[:90], request(VIEWED, close=True)[90:]],
    "body later": [request(b"", length=len(VIEWED), close=True), VIEWED],
    "objects": [request(VIEWED, sec_gpc="1", close=True)],
    "not JSON": [request(b"{", close=True)],
    "an unknown site": [request(b'{"n":"pageview","d":"nobody","u":"https://nobody/"}', close=True)],
    "another type": [request(VIEWED, content_type="image/png", close=True)],
    "preflight": [request(b"", method="OPTIONS", close=True)],
    "no such method": [request(b"", method="GET", close=True)],
    "head": [request(b"", method="HEAD", close=True)],
    "HTTP/1.0": [request(VIEWED, version="1.0")],
    "chunked": [request(CHUNKED, length=-1, transfer_encoding="chunked", close=True)],
    "expects to go on": [request(VIEWED, expect="100-continue", close=True)],
    "too large": [request(VIEWED + b" " * 70_000, close=True)],
    "far too large": [request(VIEWED + b" " * 700_000, close=True)],
    "another path": [request(VIEWED, path="/api/event/", close=True)],
    "encoded path": [request(VIEWED, path="/api/%65vent", close=True)],
    "a query": [request(VIEWED, path="/api/event?x=1", close=True)],
    "no HTTP": [b"HELO example.org\r\n\r\n"],
    "behind an answer that closes": [request(VIEWED, close=True), request(VIEWED)],
}  # fmt: skip


CLOSING = {"HTTP/1.0", "no HTTP", "behind an answer that closes", "far too large"}
GOING_ON = {
    name: b"".join(parts).replace(b"connection: close\r\n", b"") for name, parts in CASES.items() if name not in CLOSING
}
"""Of whoever sends on into a connection that is being closed, it is chance what they still hear."""


@pytest.mark.parametrize("name", CASES)
def test_both_ways_answer_alike(short: Line, long: Line, name: str) -> None:
    answer = short.ask(CASES[name])
    assert answer == long.ask(CASES[name])
    assert answer.startswith(b"HTTP/1.1 ")
    assert short.counted() == long.counted()


def test_nobody_who_left_in_the_middle_is_counted(short: Line, long: Line) -> None:
    half = [request(VIEWED, length=len(VIEWED) + 40)]
    assert short.ask(half, leaves=True) == long.ask(half, leaves=True) == b""
    assert short.counted() == long.counted()


def test_and_hits_went_the_short_way(short: Line, long: Line) -> None:
    before = short.taken
    answer = short.ask(CASES["kept alive"])
    assert answer == long.ask(CASES["kept alive"])
    assert answer.count(b"HTTP/1.1 202 Accepted\r\n") == 3
    assert short.taken == before + 3


@settings(max_examples=60)
@given(
    names=st.lists(st.sampled_from(sorted(GOING_ON)), min_size=1, max_size=4),
    seed=st.integers(0, 1 << 30),
)
def test_however_requests_are_cut_into_pieces(short: Line, long: Line, names: list[str], seed: int) -> None:
    sent = b"".join(GOING_ON[name] for name in names) + request(VIEWED, close=True)
    cuts = sorted(random.Random(seed).sample(range(len(sent)), min(3, len(sent))))
    chunks = [sent[first:last] for first, last in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert short.ask(chunks) == long.ask(chunks)
    assert short.counted() == long.counted()


def test_nothing_of_the_address_is_left_in_the_scope(alone: Line) -> None:
    before = len(alone.scopes)
    alone.ask([request(VIEWED, x_forwarded_for="93.184.216.34", close=True)])
    (scope,) = alone.scopes[before:]
    assert scope["client"] is None
    assert repr(scope[ADDRESS]) == "<address>"
    assert not any(b"93.184" in value for _, value in scope["headers"])


def test_what_breaks_is_answered_as_the_server_answers_it(alone: Line) -> None:
    alone.breaks = ValueError("a fault")
    try:
        assert alone.ask([request(VIEWED)]).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    finally:
        alone.breaks = None
    assert alone.ask([request(VIEWED, close=True)]).startswith(b"HTTP/1.1 202 ")


def test_what_is_not_in_the_journal_was_not_taken(alone: Line) -> None:
    alone.jammed = True
    try:
        assert alone.ask([request(VIEWED, close=True)]).startswith(b"HTTP/1.1 503 ")
        assert alone.ask([request(b"{", close=True)]).startswith(b"HTTP/1.1 400 ")
    finally:
        alone.jammed = False


def send_forever(line: socket.socket, part: bytes) -> None:
    sent = 0
    while sent < 200 << 20:
        sent += line.send(part)


def test_whoever_does_not_read_answers_is_not_read(alone: Line) -> None:
    """Answers of one connection are bounded by what its sockets hold: past it, the server reads no more."""
    before = alone.taken
    hits = request(VIEWED) * 2_000
    with socket.create_connection(("127.0.0.1", alone.port)) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.settimeout(0.3)
        with pytest.raises(TimeoutError):
            send_forever(line, hits)
        stalled = alone.taken
        assert stalled > before
    # It goes on with others.
    assert alone.ask([request(VIEWED, close=True)]).startswith(b"HTTP/1.1 202 ")
