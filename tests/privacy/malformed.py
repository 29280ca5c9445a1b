"""Submissions that are wrong in some way, full of markers: none may be echoed, kept, or end the process."""

from __future__ import annotations

import json
from collections.abc import Callable

from marked_crashes import CODINGS, envelope
from marked_hits import PLAIN, STANDARD, headers, hit, target
from markers import Markers
from running import KEY
from speaking import Headers, written

RETURNED = ("event id", "page", "page query", "next")
"""What goes back to whoever sent it: the id of an event, as the protocol has it, and the address of a page that has
moved or asks for a sign-in first. No file may hold them."""


def malformed(draw: Markers) -> bytes:
    """Draw the bytes of a malformed request."""
    return draw.random.choice(_FORMS)(draw)


def _post(draw: Markers, path: str, body: bytes, extra: Headers = ()) -> bytes:
    return written("POST", target(draw, path), [*headers(draw), *extra], body)


def _hit(draw: Markers) -> bytes:
    return json.dumps(hit(draw, draw.random.choice([PLAIN, STANDARD]))).encode()


def _torn_json(draw: Markers) -> bytes:
    return _post(draw, "/api/event", _hit(draw)[:-9])


def _wrong_type(draw: Markers) -> bytes:
    body = hit(draw, PLAIN)
    body[draw.random.choice(["n", "d", "u", "r", "e", "sd", "w", "p"])] = [draw.draw("field of a wrong type")]
    return _post(draw, "/api/event", json.dumps(body).encode())


def _too_long(draw: Markers) -> bytes:
    body = hit(draw, PLAIN) | {"n": draw.draw("event name that is too long") * 20}
    return _post(draw, "/api/event", json.dumps(body).encode())


def _unknown_site(draw: Markers) -> bytes:
    body = hit(draw, PLAIN) | {"d": f"{draw.draw('unknown site')}.example"}
    return _post(draw, "/api/event", json.dumps(body).encode())


def _foreign_host(draw: Markers) -> bytes:
    body = hit(draw, PLAIN) | {"u": f"https://{draw.draw('foreign host')}.example/{draw.draw('foreign path')}"}
    return _post(draw, "/api/event", json.dumps(body).encode())


def _nested(draw: Markers) -> bytes:
    return _post(draw, "/api/event", b'{"n":' + b"[" * 5000 + json.dumps(draw.draw("nested deep")).encode())


def _no_text(draw: Markers) -> bytes:
    return _post(draw, "/api/event", b'{"n":"\xff\xfe' + draw.draw("invalid UTF-8").encode() + b'"}')


def _content_type(draw: Markers) -> bytes:
    return _post(draw, "/api/event", _hit(draw), [("Content-Type", f"application/{draw.draw('content type')}")])


def _method(draw: Markers) -> bytes:
    return written(draw.random.choice(["PUT", "DELETE", "PATCH", "OPTIONS"]), target(draw), headers(draw), _hit(draw))


def _late(draw: Markers) -> bytes:
    return _post(draw, "/api/event", json.dumps(hit(draw, PLAIN) | {"n": "engagement", "e": 5000}).encode())


def _objecting(draw: Markers) -> bytes:
    extra = draw.random.choice([("Sec-GPC", "1"), ("DNT", "1"), ("Cookie", "logless_opt_out=1")])
    return _post(draw, "/api/event", _hit(draw), [extra])


def _bot(draw: Markers) -> bytes:
    kept = [(name, value) for name, value in headers(draw) if name != "User-Agent"]
    return written("POST", target(draw), [*kept, ("User-Agent", f"Googlebot/2.1 {draw.draw('bot')}")], _hit(draw))


def _unknown_page(draw: Markers) -> bytes:
    """Ask for a page. Where it has moved or wants a sign-in, its own path and query come back: `RETURNED`."""
    give = draw.give
    paths = (
        f"/{give('page')}/{give('page')}",
        f"/sites/{give('page')}",
        f"/sites/{PLAIN}/{give('page')}",
        f"/apps/6/crashes/{give('page')}",
        f"/login/{draw.draw('wrong link')}",
        f"/static/{draw.draw('unknown file')}",
        f"/api/{draw.draw('unknown app')}/envelope/",
        f"/js/logless.js/{draw.draw('below the beacon')}",
        "/privacy/",
        "/login/",
        f"/%{draw.draw('percent')}",
    )
    path = draw.random.choice(paths)
    return written("GET", f"{path}?{give('page query')}={give('page query')}", headers(draw))


def _form(draw: Markers) -> bytes:
    body = f"name={draw.draw('user name')}&password={draw.draw('password')}&next=/{draw.give('next')}".encode()
    extra = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", "http://127.0.0.1")]
    return written("POST", "/login", [*(h for h in headers(draw) if h[0] != "Origin"), *extra], body)


def _question(draw: Markers) -> bytes:
    body = {"site_id": draw.draw("site asked for"), "metrics": [draw.draw("metric")], draw.draw("key asked"): 1}
    extra = [("Authorization", f"Bearer {draw.draw('token')}")]
    return _post(draw, "/api/v2/query", json.dumps(body).encode(), extra)


def _host(draw: Markers) -> bytes:
    return written("GET", "/privacy/", [*headers(draw), ("Host", f"{draw.draw('Host')}.example")])


def _garbage(draw: Markers) -> bytes:
    return f"{draw.draw('garbage')} {draw.draw('garbage')}\r\n{draw.draw('garbage')}\r\n\r\n".encode()


def _content_length(draw: Markers) -> bytes:
    return written("POST", target(draw), [*headers(draw), ("Content-Length", draw.draw("content length"))], b"")


def crash_headers(draw: Markers, key: str = KEY) -> list[tuple[str, str]]:
    """Draw the headers of an SDK."""
    auth = f"Sentry sentry_key={key}, sentry_version=7, sentry_client={draw.draw('sentry_client')}/1"
    return [*headers(draw), ("X-Sentry-Auth", f"{auth}, {draw.draw('auth key')}={draw.draw('auth value')}")]


def _crash(draw: Markers, path: str, body: bytes, extra: Headers = (), key: str = KEY) -> bytes:
    return written("POST", target(draw, path), [*crash_headers(draw, key), *extra], body)


def _torn_envelope(draw: Markers) -> bytes:
    body = envelope(draw, 6)
    return _crash(draw, "/api/6/envelope/", body[: draw.random.randrange(20, len(body) - 20)])


def _unknown_app(draw: Markers) -> bytes:
    return _crash(draw, "/api/4711/envelope/", envelope(draw, 6))


def _wrong_key(draw: Markers) -> bytes:
    return _crash(draw, "/api/6/envelope/", envelope(draw, 6), key=draw.draw("wrong key"))


def _no_consent(draw: Markers) -> bytes:
    body = envelope(draw, 6).replace(b'"consent": "given"', f'"consent": "{draw.draw("consent")}"'.encode())
    return _crash(draw, "/api/6/envelope/", body)


def _denied(draw: Markers) -> bytes:
    body = envelope(draw, 6).replace(b'"given"', b'"denied"')
    return _crash(draw, "/api/6/envelope/", body)


def _not_an_event(draw: Markers) -> bytes:
    body = b'{}\n{"type":"event"}\n' + json.dumps([draw.draw("not an event")]).encode()
    return _crash(draw, "/api/6/envelope/", body)


def _wrong_coding(draw: Markers) -> bytes:
    coding = draw.random.choice([*filter(None, CODINGS), draw.draw("content coding")])
    return _crash(draw, "/api/6/envelope/", envelope(draw, 6), [("Content-Encoding", coding)])


def _store(draw: Markers) -> bytes:
    return _crash(draw, "/api/6/store/", draw.draw("not JSON").encode())


_FORMS: tuple[Callable[[Markers], bytes], ...] = (
    *(_torn_json, _wrong_type, _too_long, _unknown_site, _foreign_host, _nested, _no_text, _content_type, _method),
    *(_late, _objecting, _bot, _unknown_page, _unknown_page, _form, _question, _host, _garbage, _content_length),
    *(_torn_envelope, _unknown_app, _wrong_key, _no_consent, _denied, _not_an_event, _wrong_coding, _store),
)
