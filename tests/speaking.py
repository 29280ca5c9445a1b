"""A client that writes requests byte by byte and keeps every byte of the answers."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """An answer as it came: status, head and body in bytes."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """Return the value of a header, empty if there is none."""
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            found, _, value = line.partition(":")
            if found.lower() == name:
                return value.strip()
        return ""


def written(method: str, target: str, headers: Headers = (), body: bytes = b"") -> bytes:
    """Return the bytes of a request. Nothing is checked: what is malformed stays so."""
    lines = [f"{method} {target} HTTP/1.1"]
    if not any(name.lower() == "host" for name, _ in headers):
        lines.append("Host: 127.0.0.1")
    lines += [f"{name}: {value}" for name, value in headers]
    if not any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


class Line:
    """One kept-alive connection; it is opened again when the server has closed it."""

    def __init__(self, port: int, timeout: float = 30.0) -> None:
        self._port = port
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""

    def ask(self, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Reply:
        """Send a request and return its answer. Raises OSError when there is none."""
        return self.speak(written(method, target, headers, body), bodiless=method == "HEAD")

    def speak(self, request: bytes, *, bodiless: bool = False) -> Reply:
        """Send bytes and return the answer. Raises OSError when there is none."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), self._timeout)
        # An answer may have been sent before everything was read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(request)
        try:
            reply = self._read(bodiless=bodiless)
        except OSError:
            self.close()
            raise
        if reply.header("connection").lower() == "close":
            self.close()
        return reply

    def _read(self, *, bodiless: bool) -> Reply:
        head = self._until(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        reply = Reply(status, head, b"")
        if bodiless or status in {204, 304}:
            return reply
        if reply.header("transfer-encoding") == "chunked":
            return Reply(status, head, self._chunks())
        return Reply(status, head, self._exactly(int(reply.header("content-length") or 0)))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _until(self, end: bytes) -> bytes:
        while end not in self._left:
            self._more()
        found, _, self._left = self._left.partition(end)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._left) < size:
            self._more()
        found, self._left = self._left[:size], self._left[size:]
        return found

    def _more(self) -> None:
        assert self._socket is not None
        part = self._socket.recv(1 << 16)
        if not part:
            raise ConnectionResetError("the server closed the connection before the answer was complete")
        self._left += part
