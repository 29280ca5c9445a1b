"""Caddy's access log: one JSON object a line, as of Caddy 2.

It tells the request's headers and the media type of the answer, so hits from it are read as live ones are.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ingest.hits.logs.told import Headers, Told

_Values = dict[str, list[str]]


class _Request(msgspec.Struct):
    method: str
    uri: str
    host: str = ""
    client_ip: str = ""  # behind Caddy's trusted proxies, who stands before them
    remote_ip: str = ""
    remote_addr: str = ""  # before 2.5, with the port
    headers: _Values = {}
    tls: Any = None


class _Entry(msgspec.Struct):
    ts: float | str
    status: int
    request: _Request
    resp_headers: _Values = {}


_DECODER: Final = msgspec.json.Decoder(_Entry)


def read_caddy(line: bytes) -> Told | None:
    """Return what a line tells, or None when it is none."""
    try:
        entry = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    request = entry.request
    headers = _headers(request.headers)
    known = dict(headers)
    stamp = entry.ts if isinstance(entry.ts, str) else f"{entry.ts:f}"
    return Told(
        address=_bytes(request.client_ip or request.remote_ip or request.remote_addr),
        stamp=_bytes(stamp),
        method=_bytes(request.method),
        target=_bytes(request.uri),
        status=b"%d" % entry.status,
        referrer=known.get(b"referer", b""),
        agent=known.get(b"user-agent", b""),
        host=_bytes(request.host),
        content=dict(_headers(entry.resp_headers)).get(b"content-type", b""),
        headers=headers,
        is_secure=request.tls is not None,
    )


def _headers(values: _Values) -> Headers:
    return tuple((_bytes(name.lower()), _bytes(told[0])) for name, told in values.items() if told)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
