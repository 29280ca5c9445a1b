"""`logless send-test`: one submission of each kind, through the real front door."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError

_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


async def _send_test(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    request = _hit(house, arguments) if arguments["kind"] == "hit" else _crash(house, arguments)
    status, text = await asyncio.to_thread(_post, request)
    return {"url": request.full_url, "status": status, "answer": text}


def _hit(house: House, arguments: Mapping[str, Any]) -> urllib.request.Request:
    site = house.sites.get(arguments["id"]) if arguments.get("id") else next(iter(house.sites.values()), None)
    if site is None:
        raise RefusedError("no such site is configured: see `logless site list`")
    body = {"n": "pageview", "d": site.id, "u": f"http://{site.hosts[0]}/", "w": 1280, "l": "en"}
    server = house.settings.server
    return _request(f"{server.url}{server.event_path}", json.dumps(body), {"content-type": "text/plain"})


def _crash(house: House, arguments: Mapping[str, Any]) -> urllib.request.Request:
    given = arguments.get("id") or ""
    app = next((app for app in house.apps.values() if given in {"", str(app.id)}), None)
    if app is None:
        raise RefusedError("no such app is configured: see `logless app list`")
    frame = {"function": "send_test", "module": "logless", "filename": "logless.py", "lineno": 1, "in_app": True}
    event = {
        "event_id": uuid.uuid4().hex,
        "platform": "python",
        "release": "logless-test@1.0.0",
        "tags": {"consent": "given"},
        "exception": {"values": [{"type": "LoglessTestError", "stacktrace": {"frames": [frame]}}]},
    }
    body = f"{{}}\n{json.dumps({'type': 'event'})}\n{json.dumps(event)}\n"
    headers = {"content-type": "application/x-sentry-envelope", "x-sentry-auth": f"Sentry sentry_key={app.key}"}
    return _request(f"{house.settings.server.url}/api/{app.id}/envelope/", body, headers)


def _request(url: str, body: str, headers: dict[str, str]) -> urllib.request.Request:
    return urllib.request.Request(url, body.encode(), {"user-agent": _AGENT, **headers}, method="POST")  # noqa: S310


def _post(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  our own address, from the settings
            return answer.status, answer.read(4096).decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read(4096).decode()
    except OSError as error:
        raise RefusedError(f"{request.full_url} does not answer: is the server running? ({error})") from None


SEND_TEST = Act(_send_test)
