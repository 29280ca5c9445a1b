"""Reports about Logless itself, to the operator's own Sentry-compatible server. Off until a DSN is set.

The SDK's defaults would send the variables of every frame, and with them the request. So it runs with every
integration off, and what leaves is not its event but a new one, built from a closed list: types and places of code.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

import sentry_sdk
from sentry_sdk.types import Event, Hint
from starlette.types import ASGIApp, Receive, Scope, Send

P = ParamSpec("P")
T = TypeVar("T")

_SECOND: Final = frozenset({"co", "com", "org", "net", "gov", "ac", "edu", "or", "ne", "gob"})
_FRAME: Final = ("filename", "function", "module", "lineno", "in_app")


def watch(dsn: str, base_url: str, transport: Any = None) -> list[str]:
    """Begin to report errors of this program and return warnings in words. Without a DSN, do nothing."""
    if not dsn:
        return []
    sentry_sdk.init(
        dsn,
        transport=transport,
        release=f"logless@{importlib.metadata.version('logless')}",
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[],
        spotlight=False,  # else a variable of the environment sends all of it to another program
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        send_client_reports=False,
        auto_session_tracking=False,
        before_send=reduce_event,
    )
    doubt = doubt_host(dsn, base_url)
    return [doubt] if doubt else []


def doubt_host(dsn: str, base_url: str) -> str:
    """Return a warning when a DSN names a host that is not the operator's own, or nothing."""
    host = urlsplit(dsn).hostname or ""
    own = urlsplit(base_url).hostname or ""
    if host in {"", own, "localhost", "127.0.0.1", "::1"} or _domain(host) == _domain(own):
        return ""
    return "errors.dsn names a host that is not yours: types and places of errors leave for it"


def _domain(host: str) -> str:
    """Return what is registered of a host: its last two labels, or three below such as `co.uk`; all of an address."""
    labels = host.rstrip(".").split(".")
    if ":" in host or labels[-1].isdigit():
        return host
    return ".".join(labels[-3:] if len(labels[-1]) == 2 and labels[-2:-1] and labels[-2] in _SECOND else labels[-2:])


def reduce_event(event: Event, _: Hint) -> Event:
    """Return a new event that holds types and places of code, and nothing that was said or sent."""
    values = (event.get("exception") or {}).get("values") or []
    return {
        "event_id": event.get("event_id", ""),
        "timestamp": event.get("timestamp"),
        "platform": "python",
        "level": "error",
        "release": event.get("release", ""),
        "exception": {
            "values": [
                {
                    "type": value.get("type"),
                    "module": value.get("module"),
                    "stacktrace": {"frames": [_reduce_frame(frame) for frame in _frames(value)]},
                }
                for value in values
            ]
        },
    }


def _frames(value: dict[str, Any]) -> list[dict[str, Any]]:
    return (value.get("stacktrace") or {}).get("frames") or []


def _reduce_frame(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: frame[name] for name in _FRAME if name in frame}


def reported(call: Callable[P, T]) -> Callable[P, T]:
    """Return a function that reports what escapes it, and lets it go on."""

    def watched(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return call(*arguments, **named)
        except Exception as error:
            sentry_sdk.capture_exception(error)
            raise

    return watched


class Watched:
    """Reports what escapes the application, and lets it go on to the server's own answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            sentry_sdk.capture_exception(error)
            raise
