"""A server set up so that everything that can tell an address does; run by test_airlock_hostile.

usage: hostile_server.py VARIANT PORT-FILE ENVELOPES   (VARIANT: airlock, truncate_first, copying or bare)
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import sentry_sdk
import uvicorn
from sentry_sdk.envelope import Envelope
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.transport import Transport
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.boundary.airlock import ADDRESS, Airlock
from ingest.boundary.proxies import TrustedProxies

VARIANT, PORT_FILE, ENVELOPES = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
PEER = "x-test-peer"


class FileTransport(Transport):
    """Writes every envelope to a file instead of sending it."""

    def capture_envelope(self, envelope: Envelope) -> None:
        with ENVELOPES.open("ab") as file:
            file.write(envelope.serialize() + b"\n")


class Socket:
    """Stands for a socket whose peer has a global address, which no test machine can offer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for header in list(scope.get("headers", ())):
            if header[0] == PEER.encode():
                scope["headers"].remove(header)
                scope["client"] = (header[1].decode(), 51820)
            del header
        await self.app(scope, receive, send)


class CopyingAirlock:
    """The leaky variant: hands a cleaned copy of the scope on, and leaves the server's own as it was."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [header for header in scope.get("headers", ()) if header[0] in {b"host", b"user-agent"}]
        await self.app({**scope, "client": None, "headers": headers}, receive, send)


async def tell(request: Request) -> PlainTextResponse:
    network = getattr(request.scope.get(ADDRESS), "network", "")
    logging.getLogger("app").warning("request %r from %s", dict(request.scope), request.client)
    return PlainTextResponse(f"{network}\n{request.scope!r}\n{request.headers!r}")


async def fail(request: Request) -> PlainTextResponse:
    kept: dict[str, Any] = {"scope": request.scope, "headers": dict(request.headers), "client": request.client}
    raise ValueError(f"{kept} {request.scope.get(ADDRESS)} {request.scope.get(ADDRESS)!r}")


def wrapped(app: ASGIApp) -> ASGIApp:
    trusted = TrustedProxies(["127.0.0.0/8"])
    match VARIANT:
        case "airlock":
            return Airlock(app, trusted)
        case "truncate_first":
            return Airlock(app, trusted, truncate_first=True)
        case "copying":
            return CopyingAirlock(app)
    return app


def main() -> None:
    sentry_sdk.init(
        dsn="http://key@127.0.0.1:9/1",
        transport=FileTransport,
        send_default_pii=True,
        include_local_variables=True,
        max_request_body_size="always",
        max_value_length=100_000,
        traces_sample_rate=1.0,
        enable_logs=True,
        disabled_integrations=[DedupeIntegration()],
    )
    app = Starlette(debug=True, routes=[Route("/tell", tell), Route("/fail", fail)])
    config = uvicorn.Config(
        Socket(wrapped(app)), port=0, access_log=True, proxy_headers=False, log_level="debug", http="httptools"
    )
    listener = config.bind_socket()
    PORT_FILE.write_text(str(listener.getsockname()[1]))
    uvicorn.Server(config).run(sockets=[listener])
    sentry_sdk.flush()


if __name__ == "__main__":
    main()
