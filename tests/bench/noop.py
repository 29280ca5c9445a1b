"""Servers that answer and do nothing else, set up as Logless sets itself up: what a ratio is to."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ingest.body import read_body
from ingest.hits.answers import ACCEPTED


async def raw(_: Scope, receive: Receive, send: Send) -> None:
    """Read the body and answer 202, without any framework."""
    await read_body(receive, 1 << 20)
    await ACCEPTED.send(send)


async def route(request: Request) -> Response:
    """Read the body and answer 202, as a function route of Starlette does."""
    await request.body()
    return Response(status_code=202)


def main(kind: str, port: int) -> None:
    """Serve until killed."""
    app = raw if kind == "raw" else Starlette(routes=[Route("/{path:path}", route, methods=["POST"])])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        http="httptools",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        log_level="warning",
        backlog=1024,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
