"""Crash envelopes in which every header, key, value and address bears a marker of its own."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import brotli
from backports import zstd
from dumping import written_dump, written_form
from markers import Markers
from running import KEY

KEPT = (
    "type of an exception",
    "module of a frame",
    "function of a frame",
    "basename of a frame's file",
    "basename of a frame's binary",
    "release",
    "logger of a message, which stands for the function where there is no stack",
)
"""Where the closed schema keeps names of code. Nothing else of a crash may be found."""

TYPE, MODULE, FUNCTION, FILE, BINARY, RELEASE, LOGGER = KEPT

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def envelope(draw: Markers, app: int) -> bytes:
    """Draw an envelope: an event among items that are not wanted."""
    mark = draw.draw
    event_id = draw.event_id()
    header = {
        "event_id": event_id,
        "dsn": f"https://{KEY}@{mark('dsn host')}.example/{mark('dsn path')}/{app}",
        "sent_at": mark("sent_at"),
        "sdk": {"name": mark("sdk name"), "version": mark("sdk version")},
        "trace": {"trace_id": mark("trace_id"), "public_key": KEY, "user_segment": mark("user_segment")},
        mark("envelope key"): {mark("envelope nested key"): mark("envelope value")},
    }
    made = event(draw, event_id)
    items = [_item(draw, "event", json.dumps(made).encode())]
    if draw.random.random() < 0.1:
        _give_up(draw, made)
        items.append(_item(draw, "attachment", _dump(draw), attachment_type="event.minidump"))
    for kind in ("attachment", "session", "client_report", "user_report", "transaction", mark("item type")):
        if draw.random.random() < 0.2:
            payload = {mark("item key"): mark("item value"), "attrs": {"ip_address": draw.address("item address")}}
            items.append(_item(draw, kind, json.dumps(payload).encode()))
    draw.random.shuffle(items)
    return json.dumps(header).encode() + b"\n" + b"".join(items)


def launches(draw: Markers) -> bytes:
    """Draw an envelope without an event: sessions, summed sessions and what the SDK lost, every field filled."""
    mark = draw.draw
    attributes = {
        "release": draw.keep(RELEASE),
        "environment": mark("session environment"),
        "ip_address": draw.address("session ip_address"),
        "user_agent": mark("session user_agent"),
        mark("session attribute key"): mark("session attribute"),
    }
    session = {
        "sid": mark("sid"),
        "did": mark("did"),
        "init": True,
        "seq": draw.number("seq"),
        "timestamp": mark("session timestamp"),
        "started": mark("session started"),
        "duration": draw.number("session duration"),
        "status": draw.random.choice(["ok", "crashed", "abnormal", mark("session status")]),
        "errors": draw.random.randrange(2),
        "abnormal_mechanism": mark("abnormal_mechanism"),
        "attrs": attributes,
        mark("session key"): mark("session value"),
    }
    bucket = {"started": mark("bucket started"), "did": mark("bucket did"), "exited": 3, mark("bucket key"): 1}
    sums = {"aggregates": [bucket], "attrs": attributes, mark("sums key"): mark("sums value")}
    lost = {"reason": mark("lost reason"), "category": "error", "quantity": 2, mark("lost key"): mark("lost value")}
    report = {"timestamp": mark("client report timestamp"), "discarded_events": [lost]}
    payloads = {"session": session, "sessions": sums, "client_report": report}
    items = [_item(draw, kind, json.dumps(payload).encode()) for kind, payload in payloads.items()]
    return json.dumps({"sent_at": mark("sent_at")}).encode() + b"\n" + b"".join(items)


def violation(draw: Markers) -> bytes:
    """Draw a report of a browser about a security policy, every field of it filled."""
    mark = draw.draw
    policy = {
        "document-uri": f"https://{mark('document host')}.example/{mark('document path')}?{mark('document query')}",
        "referrer": f"https://{mark('csp referrer')}.example/{mark('csp referrer')}",
        "violated-directive": f"script-src {mark('violated-directive')}",
        "effective-directive": draw.random.choice(["script-src", mark("effective-directive")]),
        "original-policy": f"script-src {mark('original-policy')}",
        "blocked-uri": f"https://{mark('blocked host')}.example/{mark('blocked path')}",
        "source-file": f"https://{mark('source host')}.example/{mark('source folder')}/{draw.keep(FILE)}.js",
        "line-number": draw.number("csp line"),
        "script-sample": mark("script-sample"),
        mark("policy key"): mark("policy value"),
    }
    return json.dumps({"csp-report": policy, mark("report key"): mark("report value")}).encode()


def dump(draw: Markers) -> bytes:
    """Draw a form with a minidump and what native code says beside it."""
    said = event(draw, draw.event_id()) | {"tags": {"consent": "given", draw.draw("dump tag"): draw.draw("dump tag")}}
    said["release"] = draw.keep(RELEASE)
    _give_up(draw, said)
    parts = [("sentry", json.dumps(said).encode()), ("upload_file_minidump", _dump(draw))]
    return written_form(draw.draw, *parts, (draw.draw("part name"), draw.draw("part").encode()))


def _dump(draw: Markers) -> bytes:
    return written_dump(draw.draw, f"/home/{draw.draw('module folder')}/{draw.keep(BINARY)}.so")


def _give_up(draw: Markers, said: dict[str, Any]) -> None:
    """Forbid what an event says beside a dump and is not kept there: its names of code may be found nowhere."""
    text = json.dumps(said)
    for marker in [marker for marker in draw.kept if marker in text and marker not in said["release"]]:
        draw.forbidden[marker] = draw.kept.pop(marker)


def _item(draw: Markers, kind: str, payload: bytes, **more: str) -> bytes:
    header = {
        **more,
        "type": kind,
        "length": len(payload),
        "filename": draw.draw("item filename"),
        "content_type": f"text/{draw.draw('item content_type')}",
        draw.draw("item header key"): draw.draw("item header value"),
    }
    return json.dumps(header).encode() + b"\n" + payload + b"\n"


def event(draw: Markers, event_id: str) -> dict[str, Any]:
    """Draw an event of the public schema, every field of it filled."""
    mark = draw.draw
    made: dict[str, Any] = {
        "event_id": event_id,
        "timestamp": mark("timestamp"),
        "platform": draw.random.choice(["python", "javascript", "native", mark("platform")]),
        "level": draw.random.choice(["error", "fatal", mark("level")]),
        "logger": mark("logger of an event with a stack"),
        "transaction": f"/{mark('transaction')}/{mark('transaction')}",
        "server_name": mark("server_name"),
        "release": draw.random.choice(
            [draw.keep(RELEASE), f"{draw.keep(RELEASE)}@1.2.3", f"no release: {mark('release')}"]
        ),
        "dist": mark("dist"),
        "tags": {"consent": "given", mark("tag key"): mark("tag value"), "url": f"https://{mark('tag url')}.example/"},
        "environment": draw.random.choice(["production", mark("environment")]),
        "modules": {mark("modules key"): mark("modules value")},
        "extra": junk(draw, "extra"),
        "fingerprint": [mark("fingerprint"), "{{ default }}"],
        "errors": [{"type": mark("errors type"), "name": mark("errors name"), "value": mark("errors value")}],
        "culprit": mark("culprit"),
        "message": f"{mark('message')} could not open {mark('message')}",
        "logentry": {"message": mark("logentry"), "formatted": mark("formatted"), "params": [mark("params")]},
        "user": {
            "id": mark("user.id"),
            "email": f"{mark('user.email')}@{mark('user.email host')}.example",
            "username": mark("user.username"),
            "ip_address": draw.address("user.ip_address"),
            "geo": {"city": mark("user.geo")},
            mark("user key"): mark("user value"),
        },
        "request": {
            "url": f"https://{mark('request host')}.example/{mark('request path')}",
            "method": mark("request method"),
            "query_string": f"{mark('query_string key')}={mark('query_string')}",
            "cookies": {mark("request cookie key"): mark("request cookie")},
            "headers": {
                "X-Forwarded-For": draw.address("request.headers"),
                mark("request header"): mark("request header"),
            },
            "env": {"REMOTE_ADDR": draw.address("request.env"), mark("env key"): mark("env value")},
            "data": junk(draw, "request.data"),
        },
        "breadcrumbs": {
            "values": [
                {"category": mark("crumb category"), "message": mark("crumb message"), "data": junk(draw, "crumb data")}
            ]
        },
        "contexts": _contexts(draw),
        "sdk": {
            "name": mark("event sdk"),
            "version": mark("event sdk version"),
            "packages": [{"name": mark("package")}],
        },
        "debug_meta": {
            "images": [
                {
                    "type": "elf",
                    "image_addr": hex(draw.number("image_addr")),
                    "image_size": 4096,
                    "code_file": f"/home/{mark('code_file folder')}/{mark('code_file')}",
                    "debug_id": mark("debug_id"),
                }
            ]
        },
        "threads": {
            "values": [{"id": draw.number("thread id"), "name": mark("thread name"), "stacktrace": _stack(draw)}]
        },
        "spans": [{"op": mark("span op"), "description": mark("span description")}],
        "exception": {"values": [_exception(draw) for _ in range(draw.random.randrange(1, 4))]},
        "_meta": {mark("_meta"): {"": {"rem": [[mark("_meta rule"), "s"]]}}},
        mark("unknown event key"): junk(draw, "unknown event value"),
    }
    if draw.random.random() < 0.1:
        # A message without a stack: what it says is withheld, and who logged it names the group.
        del made["exception"], made["threads"]
        made["logger"] = draw.keep(LOGGER)
    return made


def junk(draw: Markers, place: str, depth: int = 3) -> Any:
    """Draw any JSON with a marker in every place and key."""
    shape = draw.random.random()
    if depth == 0 or shape < 0.4:
        return draw.number(place) if draw.random.random() < 0.2 else draw.draw(place)
    if shape < 0.6:
        return [junk(draw, place, depth - 1) for _ in range(2)]
    return {draw.draw(f"{place} key"): junk(draw, place, depth - 1) for _ in range(2)}


def _contexts(draw: Markers) -> dict[str, Any]:
    mark = draw.draw
    return {
        "os": {
            "name": draw.random.choice(["Android", "Windows", mark("os.name")]),
            "version": mark("os.version"),
            "build": mark("os.build"),
            "kernel_version": mark("os.kernel_version"),
            mark("os key"): mark("os value"),
        },
        "device": {
            "name": mark("device.name"),
            "model": mark("device.model"),
            "model_id": mark("device.model_id"),
            "id": mark("device.id"),
            "device_unique_identifier": mark("device_unique_identifier"),
            "arch": draw.random.choice(["arm64", mark("device.arch")]),
            "boot_time": mark("device.boot_time"),
            "timezone": mark("device.timezone"),
            mark("device key"): junk(draw, "device value"),
        },
        "app": {
            "in_foreground": True,
            "app_start_time": mark("app_start_time"),
            "device_app_hash": mark("device_app_hash"),
        },
        "culture": {"locale": mark("culture.locale"), "timezone": mark("culture.timezone")},
        "trace": {"trace_id": mark("trace.trace_id"), "data": junk(draw, "trace.data")},
        mark("context key"): junk(draw, "context value"),
    }


def _exception(draw: Markers) -> dict[str, Any]:
    mark = draw.draw
    kind = draw.random.choice(
        [draw.keep(TYPE), f"{draw.keep(TYPE)}<{mark('type argument')}>", f"a sentence with {mark('type that is none')}"]
    )
    return {
        "type": kind,
        "value": f"{mark('exception value')}: {mark('exception value')}",
        "module": mark("module of an exception"),
        "thread_id": draw.number("thread_id"),
        "mechanism": {
            "type": mark("mechanism type"),
            "handled": False,
            "description": mark("mechanism description"),
            "data": junk(draw, "mechanism data"),
            "meta": {"errno": {"name": mark("errno")}},
        },
        "stacktrace": _stack(draw),
        mark("exception key"): mark("unknown value of an exception"),
    }


def _stack(draw: Markers) -> dict[str, Any]:
    return {
        "frames": [_frame(draw) for _ in range(draw.random.randrange(4))],
        "registers": {"rip": hex(draw.number("register")), draw.draw("register key"): draw.draw("register")},
        draw.draw("stacktrace key"): draw.draw("stacktrace value"),
    }


def _frame(draw: Markers) -> dict[str, Any]:
    mark = draw.draw
    function, module = draw.keep(FUNCTION), draw.keep(MODULE)
    file, binary = draw.keep(FILE), draw.keep(BINARY)
    return {
        "function": draw.random.choice(
            [
                function,
                f"{function}({mark('argument type')} {mark('argument')})",
                f"{function}<{mark('type argument')}>",
            ]
        ),
        "raw_function": mark("raw_function"),
        "module": draw.random.choice([module, f"/home/{mark('module that is a path')}/x"]),
        "filename": draw.random.choice(
            [
                f"/home/{mark('home folder')}/{file}.py",
                f"C:\\Users\\{mark('home folder')}\\{file}.cs",
                f"https://{mark('file host')}.example/{mark('file folder')}/{file}.js?{mark('file query')}#{mark('x')}",
                f"https://{mark('file host')}.example/{mark('page, not a file')}",
            ]
        ),
        "package": f"/data/app/~~{mark('package folder')}==/{binary}.so",
        "abs_path": f"/home/{mark('abs_path')}/{mark('abs_path')}.py",
        "lineno": draw.random.choice([7, draw.number("lineno")]),
        "colno": draw.number("colno"),
        "context_line": mark("context_line"),
        "pre_context": [mark("pre_context")],
        "post_context": [mark("post_context")],
        "vars": junk(draw, "vars"),
        "instruction_addr": hex(draw.number("instruction_addr")),
        "symbol_addr": hex(draw.number("symbol_addr")),
        "in_app": draw.random.random() < 0.5,
        "lock": {"address": mark("lock address"), "class_name": mark("lock class")},
        mark("frame key"): junk(draw, "frame value"),
    }
