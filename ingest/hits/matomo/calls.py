"""One HTTP request, parted into the tracking requests that it carries: one, or many as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from ingest.hits.matomo.parameters import Parameters
from ingest.hits.wire import MOST_AT_ONCE, WireError


@dataclass(frozen=True, slots=True)
class Call:
    """What came, in order: each tracking request, or what is wrong with it."""

    requests: list[Parameters | WireError]
    is_bulk: bool
    wants_content: bool  # an image, or figures as JSON; else 204


class _Bulk(msgspec.Struct):
    """The body of a bulk request: query strings, or objects of parameters."""

    requests: list[str | dict[str, msgspec.Raw]]
    send_image: msgspec.Raw = msgspec.Raw(b"1")
    token_auth: msgspec.Raw = msgspec.Raw(b"")


_BULK: Final = msgspec.json.Decoder(_Bulk)
_FALSE: Final = frozenset({b"0", b'"0"', b"false", b'""', b"null"})


def read_call(query: bytes, body: bytes) -> Call:
    """Read a query string and a body. Raises WireError.

    The body may be a query string too, whose parameters give way to those of the address; or JSON, whatever its
    media type says: matomo.js sends bulk requests as forms.
    """
    if body.lstrip().startswith(b"{"):
        return _read_bulk(body)
    given = Parameters.of_queries(body, query)
    return Call([given], is_bulk=False, wants_content=given.get("send_image") != "0")


def _read_bulk(body: bytes) -> Call:
    try:
        bulk = _BULK.decode(body)
    except msgspec.ValidationError:
        raise WireError("field requests is not an array of query strings or objects") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise WireError("not JSON") from None
    if not 0 < len(bulk.requests) <= MOST_AT_ONCE:
        raise WireError(f"an array of 1 to {MOST_AT_ONCE} requests is wanted")
    requests = [_read_request(request) for request in bulk.requests]
    if bytes(bulk.token_auth) not in {b"", *_FALSE}:
        for request in requests:
            if isinstance(request, Parameters):
                request.has_ids = True
    return Call(requests, is_bulk=True, wants_content=bytes(bulk.send_image) not in _FALSE)


def _read_request(request: str | dict[str, msgspec.Raw]) -> Parameters | WireError:
    try:
        if isinstance(request, str):
            query = request.partition("#")[0].partition("?")[2]
            return Parameters.of_queries(query.encode("utf-8", "replace"))
        return Parameters.of_object(request)
    except WireError as error:
        return error
