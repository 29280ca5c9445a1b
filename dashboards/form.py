"""A posted form, bounded."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

LONGEST: Final = 16 * 1024


async def read_body(request: Request, longest: int) -> bytes:
    """Return the body of a request. Raises HTTPException 413 as soon as it is longer."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            raise HTTPException(413)
    return bytes(body)


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of `application/x-www-form-urlencoded`. Raises HTTPException 400, 413, 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = await read_body(request, LONGEST)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100, errors="strict"))
    except ValueError as error:
        raise HTTPException(400) from error
