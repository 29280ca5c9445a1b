"""`logless explain crash`: items, fields, group, cells and the answer, of envelopes, events, dumps and recordings."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dumping import written_dump
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from collector.acts.crash_explanations import CrashExplainer, Submission, read_crashes, write_crash_explanation
from collector.command import main
from collector.control_socket import RefusedError
from collector.settings import Settings
from ingest.app import App, Consent
from ingest.crashes.strings import ReleaseStrings

KEY = "0123456789abcdef0123456789abcdef"
APP = App(6, "desktop", KEY, fingerprints=frozenset({"login"}))
MOBILE = App(7, "mobile", KEY[::-1], consent=Consent.OPT_OUT, sessions=True)
APPS = {app.id: app for app in (APP, MOBILE)}
NOW = 1_795_262_400.0
MARK = "zqxjkvbpygfwmark"


def crash(**fields: Any) -> dict[str, Any]:
    frames = [
        {"function": "_run", "module": "asyncio.events", "filename": "events.py", "in_app": False},
        {"function": "connect", "module": "vpn.tunnel", "filename": "/home/bob/tunnel.py", "in_app": True},
    ]
    thrown = {"type": "TunnelError", "value": "no route for bob@example.org", "stacktrace": {"frames": frames}}
    event = {"platform": "python", "release": "vpn@2.14.0", "tags": {"consent": "given"}, "user": {"id": MARK}}
    return {"event_id": "1" * 32, **event, "exception": {"values": [thrown]}, **fields}


def envelope(*items: tuple[str, Any], dsn: str = "") -> bytes:
    lines = [json.dumps({"dsn": dsn} if dsn else {}).encode()]
    for kind, payload in items:
        content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        lines += [json.dumps({"type": kind, "length": len(content)}).encode(), content]
    return b"\n".join(lines) + b"\n"


@pytest.fixture(scope="module")
def explainer() -> CrashExplainer:
    return CrashExplainer(Settings(), APPS, ReleaseStrings(lambda *_: ["the tunnel broke"], [(6, "vpn@2.14.0")]))


def explain(explainer: CrashExplainer, body: bytes, app: App = APP, form: str = "envelope") -> dict[str, Any]:
    path = f"/api/{app.id}/{form}/?sentry_key={app.key}"
    return asyncio.run(explainer.explain(Submission(NOW, "81.2.3.4", "POST", path, {}, body)))


def test_each_field_the_group_the_cells_and_the_answer(explainer: CrashExplainer) -> None:
    told = explain(explainer, envelope(("event", crash(contexts={"device": {"model": "Pixel 8"}}))))
    assert told["answer"]["status"] == 200
    assert json.loads(told["answer"]["body"]) == {"id": "1" * 32}
    (item,) = told["items"]
    fates = {field["field"]: field["fate"] for field in item["fields"]}
    assert (fates["release"], fates["user"], fates["exception.values[].value"]) == ("kept", "dropped", "coarsened")
    assert item["grouped"] == {"by": "stack", "parts": ("TunnelError", "vpn.tunnel connect"), "left_out": 1}
    assert item["event"]["group"]["title"] == "TunnelError in connect"
    cells = {(cell["of"], *cell["values"]): cell["waits"] for cell in told["cells"]}
    assert cells["release", "vpn@2.14.0"] is False
    assert cells["model", "Pixel 8"] is cells["message", "no route for <email>"] is True
    text = "\n".join(write_crash_explanation(told))
    assert "answered 200" in text
    assert "group TunnelError in connect, by the chain of types and the frames" in text
    assert "1 frame left out" in text
    assert "adds  model Pixel 8: reports +1  (named once it is shared)" in text
    assert MARK not in text
    assert "bob" not in text
    assert "81.2" not in json.dumps(told)


def test_it_counts_nothing_and_never_tells_whether_k_is_reached(explainer: CrashExplainer) -> None:
    body = envelope(("event", crash()))
    first = explain(explainer, body)
    for number in range(1, 9):
        path = f"/api/6/envelope/?sentry_key={KEY}"
        asyncio.run(explainer.explain(Submission(NOW, f"81.{number}.3.4", "POST", path, {}, body)))
    assert explain(explainer, body) == first, "neither a repetition nor a fifth sender is told"


@pytest.mark.parametrize(
    ("event", "grouped"),
    [
        (crash(fingerprint=["login"]), {"by": "fingerprint", "parts": ("login",), "left_out": 0}),
        (crash(fingerprint=["of bob"]), {"by": "stack", "parts": ("TunnelError", "vpn.tunnel connect"), "left_out": 1}),
        (crash(exception={"values": [{"type": "MemoryError"}]}),
         {"by": "failure", "parts": ("out of memory",), "left_out": 0}),
        (crash(exception={"values": [{"type": "OSError"}]}), {"by": "types", "parts": ("OSError",), "left_out": 0}),
        (crash(exception=None, logger="vpn", logentry={"message": "the tunnel broke"}),
         {"by": "message", "parts": ("python", "vpn", "the tunnel broke"), "left_out": 0}),
        (crash(exception=None, logger="vpn", logentry={"message": "of bob"}),
         {"by": "message", "parts": ("python", "vpn"), "left_out": 0}),
    ],
    ids=["declared fingerprint", "fingerprint that waits", "failure", "types", "known message", "message that waits"],
)  # fmt: skip
def test_it_says_why_a_report_is_in_its_group(
    explainer: CrashExplainer, event: dict[str, Any], grouped: dict[str, Any]
) -> None:
    assert explain(explainer, envelope(("event", event)))["items"][0]["grouped"] == grouped


def test_items_beside_an_event_each_have_their_outcome(explainer: CrashExplainer) -> None:
    session = {"sid": "a", "init": True, "status": "ok", "errors": 0, "attrs": {"release": "1.0"}}
    items = [("attachment", b"abc"), ("session", session), ("event", crash()), ("transaction", {})]

    def outcomes(told: dict[str, Any]) -> dict[str, tuple[str | None, str]]:
        return {item["type"]: (item["refused"], item["because"]) for item in told["items"]}

    told = explain(explainer, envelope(*items))
    never = "unwanted_item", "a kind of item that is never kept"
    assert outcomes(told) == {
        "event": (None, ""),
        "attachment": never,
        "transaction": never,
        "session": ("unwanted_item", "such items bear no consent"),
    }
    told = explain(explainer, envelope(*items), MOBILE)
    assert outcomes(told)["session"] == (None, "")
    assert {cell["of"] for cell in told["cells"]} >= {"session", "release"}
    told = explain(explainer, envelope(*items[:2], ("event", crash(tags={}))))
    assert told["answer"]["status"] == 403
    assert [one["reason"] for one in told["refused"]] == ["no_consent"]
    assert outcomes(told)["event"] == ("no_consent", "the person had not agreed")
    assert outcomes(told)["attachment"][1] == "the event that it came with was refused"
    assert told["cells"] == []
    assert "set_tag('consent', 'given')" in next(write_crash_explanation(told))


def test_a_minidump_is_explained_attached_or_alone(explainer: CrashExplainer, tmp_path: Path) -> None:
    dump = written_dump(lambda _: MARK, f"/home/{MARK}/vpn-ui")
    header = {"type": "attachment", "length": len(dump), "attachment_type": "event.minidump"}
    body = envelope(("event", crash(exception=None))) + json.dumps(header).encode() + b"\n" + dump
    told = explain(explainer, body)
    assert told["items"][0]["grouped"]["parts"] == ("SIGSEGV", "vpn-ui +0x1234")
    assert MARK not in json.dumps(told)
    file = tmp_path / "crash.dmp"
    file.write_bytes(dump)
    [sent] = read_crashes(file, APPS, 7, NOW)
    told = asyncio.run(explainer.explain(sent))
    assert (told["answer"]["status"], told["items"][0]["event"]["group"]["type"]) == (200, "SIGSEGV")


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        (f"/api/6/envelope/?sentry_key={KEY}", "{", 400, "bad_envelope"),
        ("/api/6/envelope/?sentry_key=other", "{}", 403, "wrong_key"),
        (f"/api/9/envelope/?sentry_key={KEY}", "{}", 403, "unknown_app"),
        (f"/api/6/store/?sentry_key={KEY}", "[", 400, "bad_json"),
        (f"/api/6/envelope/?sentry_key={KEY}", "x" * 2_000_000, 413, "too_large"),
    ],
    ids=["format", "key", "app", "json", "size"],
)
def test_a_refusal_is_told_with_its_reason(
    explainer: CrashExplainer, path: str, body: str, status: int, reason: str
) -> None:
    told = asyncio.run(explainer.explain(Submission(NOW, "", "POST", path, {}, body.encode())))
    assert (told["answer"]["status"], [one["reason"] for one in told["refused"]]) == (status, [reason])
    assert all(one["because"] for one in told["refused"])
    assert told["answer"]["headers"]["x-sentry-error"]


def test_what_takes_no_crashes_says_so(explainer: CrashExplainer) -> None:
    told = asyncio.run(explainer.explain(Submission(NOW, "", "POST", "/api/event", {}, b"{}")))
    assert (told["answer"]["status"], told["items"]) == (404, [])
    assert "no such address" in next(write_crash_explanation(told))


def test_a_packed_envelope_of_a_recording_is_opened(explainer: CrashExplainer) -> None:
    body = gzip.compress(envelope(("event", crash())), mtime=0)
    path, coding = f"/api/6/envelope/?sentry_key={KEY}", {"Content-Encoding": "gzip"}
    told = asyncio.run(explainer.explain(Submission(NOW, "", "POST", path, coding, body)))
    assert told["items"][0]["event"]["consent"] == "given"


def test_what_steers_a_terminal_is_not_repeated(explainer: CrashExplainer) -> None:
    event = crash(**{"\x1b[2Jx": 1}, exception={"values": [{"type": "E\x1b]0;evil\x07"}]})
    told = explain(explainer, envelope(("event", event), ("\x1b[2J", {})))
    assert "\x1b" not in "".join(write_crash_explanation(told))


def test_files_are_taken_for_what_they_are(tmp_path: Path) -> None:
    file = tmp_path / "file"

    def path_of(content: bytes, app: int | None = None) -> str:
        file.write_bytes(content)
        [sent] = read_crashes(file, APPS, app, NOW)
        return sent.path.partition("?")[0]

    event = json.dumps(crash()).encode()
    assert path_of(event, 6) == "/api/6/store/"
    assert path_of(json.dumps(crash(), indent=1).encode(), 6) == "/api/6/store/"
    dsn = f"https://{KEY[::-1]}@crashes.example.org/sub/7"
    assert path_of(envelope(("event", crash()), dsn=dsn)) == "/api/7/envelope/"
    recorded = {"at": "2026-11-21T12:00:00Z", "ip": "8.8.8.8", "method": "POST", "path": "/api/6/store/",
                "headers": {}, "body": event.decode()}  # fmt: skip
    file.write_text(f"{json.dumps(recorded)}\n\n{json.dumps(recorded)}\n")
    assert [sent.ip for sent in read_crashes(file, APPS, None, NOW)] == ["8.8.8.8"] * 2
    file.write_bytes(event)
    assert read_crashes(file, {6: APP}, None, NOW)[0].path.startswith("/api/6/store/")
    for app, remedy in ((None, "--app NUMBER"), (9, "app 9 is not configured")):
        with pytest.raises(RefusedError, match=remedy):
            read_crashes(file, APPS, app, NOW)
    file.write_bytes(b" \n")
    with pytest.raises(RefusedError, match="is empty"):
        read_crashes(file, APPS, 6, NOW)


@given(st.binary(min_size=1, max_size=300) | st.dictionaries(st.text(max_size=5), st.text(max_size=9)).map(
    lambda event: json.dumps(event).encode()))  # fmt: skip
def test_any_file_is_explained_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any crash"
    file.write_bytes(content)
    explainer = CrashExplainer(Settings(), {6: replace(APP, consent=Consent.OPT_OUT)}, ReleaseStrings(lambda *_: ()))
    try:
        for sent in read_crashes(file, {6: APP}, None, NOW):
            list(write_crash_explanation(asyncio.run(explainer.explain(sent))))
    except RefusedError:
        return


def test_the_command_prints_lines_or_json_and_opens_no_store(tmp_path: Path) -> None:
    config, file = tmp_path / "logless.toml", tmp_path / "event.json"
    config.write_text(f'[store]\nurl = "chdb://{tmp_path}/data"\n[runtime]\ndir = "/dev/shm/{tmp_path.name}"\n'
                      f'[[app]]\nid = 6\nname = "desktop"\nkey = "{KEY}"\n')  # fmt: skip
    file.write_text(json.dumps(crash()))
    env = {"LOGLESS_CONFIG": str(config)}
    done = CliRunner().invoke(main, ["explain", "crash", str(file), "--json"], env=env)
    assert done.exit_code == 0, done.output
    [told] = json.loads(done.stdout)
    assert told["items"][0]["event"]["group"]["title"] == "TunnelError in connect"
    done = CliRunner().invoke(main, ["explain", "crash", str(file), "--app", "6"], env=env)
    assert done.stdout.startswith("answered 200\n  item event")
    assert not (tmp_path / "data").exists()
    done = CliRunner().invoke(main, ["explain", "crash", str(tmp_path / "no")], env=env)
    assert (done.exit_code, done.stderr) == (1, f"{tmp_path / 'no'} is not there\n")
