"""Servers whose boundary leaks, to show that the search for markers finds what they leave. Run by test_canaries.

usage: leaky_server.py VARIANT --config FILE

    copying     hands a cleaned copy of the scope on, so that the server itself still has the address, and logs
    scrubbing   keeps each crash event after taking out what a list of bad keys names
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.app import Collector
from collector.settings import read_settings

BAD_KEYS = {"user", "email", "username", "ip_address", "password", "cookies", "headers", "env", "server_name", "data"}


def copying(collector: Collector) -> ASGIApp:
    """Return an application that leaves the server's own scope as it is."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await collector.app({**scope, "headers": list(scope["headers"])}, receive, send)

    return serve


def scrubbing(collector: Collector) -> ASGIApp:
    """Return an application that keeps what is left of events, compressed, in the store."""
    collector.connection.run(
        "CREATE TABLE IF NOT EXISTS scrubbed (event String CODEC(ZSTD), n UInt8) ENGINE MergeTree ORDER BY n"
    )

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        parts: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        await collector.app(scope, listen, send)
        for line in b"".join(parts).splitlines():
            if scope["path"].endswith("/envelope/") and line.startswith(b'{"event_id": "') and b'"level"' in line:
                with suppress(json.JSONDecodeError):  # of the malformed ones some break off within an event
                    kept = json.dumps(_scrub(json.loads(line)))
                    collector.connection.run("INSERT INTO scrubbed VALUES ({event:String}, 1)", {"event": kept})

    return serve


def _scrub(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _scrub(each) for key, each in value.items() if key.lower() not in BAD_KEYS}
    return [_scrub(each) for each in value] if isinstance(value, list) else value


async def main(variant: str, path: Path) -> None:
    logging.basicConfig(level=logging.INFO)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    settings = read_settings(path)
    async with Collector(path, settings) as collector:
        made = {"copying": copying, "scrubbing": scrubbing}[variant](collector)
        leaks = variant == "copying"
        config = uvicorn.Config(
            made,
            port=settings.server.port,
            lifespan="off",
            access_log=leaks,
            proxy_headers=leaks,
            forwarded_allow_ips="*",
            log_config=None,
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[3])))
