"""The filters that run on devices: what they send passes the server's schema unchanged."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crashes.canaries import KEPT, WAITS, Canaries, event
from crashes.door import EXPLICIT, crash
from crashes.test_crash_canaries import leaks
from ingest.crashes.device import FILTERS, filter_for, table_of
from ingest.crashes.event import Report, open_event, read_report
from ingest.crashes.schema import Form

APP = replace(EXPLICIT, tags={"screen": ("login", "servers")}, fingerprints=frozenset({"login"}))
NATIVE = {
    "platform": "native",
    "timestamp": 1_795_262_400.5,
    "debug_meta": {"images": [{"image_addr": "0x7f0000000000", "image_size": 4096, "code_file": "/home/bob/vpn"}]},
    "threads": {
        "values": [
            {"name": "of bob", "stacktrace": {"frames": [{"function": "other"}]}},
            {
                "crashed": True,
                "stacktrace": {
                    "registers": {"rip": "0x7f0000000010"},
                    "frames": [
                        {"instruction_addr": "0x7f0000000010", "package": "/home/bob/My VPN.app/vpn"},
                        {"instruction_addr": 139637976727600, "image_addr": "0x7effffffff00"},
                        {"instruction_addr": "0x1", "filename": "/usr/include/c++/v1/vector", "lineno": 5},
                        {"function": "f", "filename": "https://example.org/account/bob", "package": "https://x/y"},
                        {"function": "g", "filename": "C:\\Users\\Bob Smith\\a.cs", "lineno": 3},
                        {"function": "h", "filename": "node:internal/modules/cjs/loader"},
                        {"function": "i", "filename": "app:///run.cjs?x=bob"},
                        {"function": "j", "filename": "SourceFile"},
                        {"function": "k", "filename": "/opt/venv/bin/gunicorn"},
                    ],
                },
            },
        ]
    },
    "tags": [["consent", "given"], ["screen", "login"], ["screen", "of bob"], ["account", "bob"]],
    "contexts": {
        "os": {"name": "Linux", "version": "6.1", "kernel_version": "bob"},
        "device": {
            "archs": ["arm64-v8a", "x86"], "memory_size": 5 << 30, "free_storage": 7, "locale": "de_DE", "name": "bob's"
        },
        "app": {"app_start_time": "2026-11-21T11:58:00.123Z", "in_foreground": True, "view_names": ["bob"]},
        "vpn": {"state": "connected"},
        "trace": {"trace_id": "1"},
    },
    "fingerprint": ["login", "{{ default }}"],
}  # fmt: skip
MESSAGE = {
    "logentry": {"message": "hello %s of 5", "params": ["bob"], "formatted": "hello bob of 5"},
    "logger": "vpn",
    "level": "info",
    "environment": "of bob",
    "timestamp": "2026-11-25T10:00:00.000Z",
    "fingerprint": ["{{ default }}"],
}
EVENTS = [crash(), crash(user={"id": "bob"}, extra={"a": 1}), NATIVE, MESSAGE, {"message": "bob's 5"}, {}]


def drawn(count: int) -> list[tuple[Canaries, dict[str, Any]]]:
    found = []
    for seed in range(count):
        canaries = Canaries(random.Random(50_000 + seed))
        found.append((canaries, event(canaries)))
    return found


def read(made: dict[str, Any]) -> Report:
    section = open_event(json.dumps(made).encode())
    assert isinstance(section, dict)
    return read_report(section, APP)


def without_losses(report: Report) -> Report:
    return replace(report, stripped=frozenset(), tripped=frozenset())


class Filters:
    """Runs the filters, each as its language does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in FILTERS:
            (folder / name).write_text(filter_for(APP, name))

    def python(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        module = ModuleType("logless_filter")
        exec((self.folder / "logless_filter.py").read_text(), module.__dict__)
        given = [json.loads(json.dumps(made)) for made in events]
        filtered: list[dict[str, Any]] = json.loads(json.dumps([module.before_send(made, None) for made in given]))
        assert given == [json.loads(json.dumps(made)) for made in events], "the filter changed what it was given"
        return filtered

    def javascript(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        if shutil.which("node") is None:
            pytest.skip("node is not installed: `apt install nodejs` runs the JavaScript filter")
        (self.folder / "events.json").write_text(json.dumps(events))
        program = (
            "const f = require('./logless-filter.js');"
            "const events = JSON.parse(require('fs').readFileSync('events.json'));"
            "process.stdout.write(JSON.stringify(events.map((event) => f.beforeSend(event))))"
        )
        filtered: list[dict[str, Any]] = json.loads(self._run("node", "-e", program))
        return filtered

    def java(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        if shutil.which("javac") is None:
            pytest.skip("javac is not installed: `apt install default-jdk-headless` runs the Java filter")
        (self.folder / "events.json").write_text(json.dumps(events))
        if not (self.folder / "Run.class").exists():
            (self.folder / "Run.java").write_text(RUN)
            self._run("javac", "-Xlint:all", "-Werror", "LoglessFilter.java", "Run.java")
        filtered: list[dict[str, Any]] = json.loads(self._run("java", "Run"))
        return filtered

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout


RUN = """
import java.nio.file.*;
import java.util.*;
public class Run {
  public static void main(String[] args) throws Exception {
    List<Object> made = new ArrayList<>();
    for (Object event : (List<?>) LoglessFilter.read(Files.readString(Path.of("events.json")))) {
      @SuppressWarnings("unchecked") Map<String, Object> one = (Map<String, Object>) event;
      made.add(LoglessFilter.filter(one));
    }
    System.out.print(LoglessFilter.write(made));
  }
}
"""
LANGUAGES = ("python", "javascript", "java")


@pytest.fixture(scope="module")
def filters(tmp_path_factory: pytest.TempPathFactory) -> Filters:
    return Filters(tmp_path_factory.mktemp("filters"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_leaves_the_device_passes_the_schema_unchanged(language: str, filters: Filters) -> None:
    markers = drawn(60)
    events = [*EVENTS, *(made for _, made in markers)]
    filtered = getattr(filters, language)(events)
    for given, made in zip(events, filtered, strict=True):
        raw, sent = read(given), read(made)
        assert without_losses(sent) == without_losses(raw), (given, made)
        assert sent.stripped <= raw.stripped
    assert [read(made).stripped for made in filtered[: len(EVENTS)]] == [frozenset()] * len(EVENTS)
    for (canaries, _), made in zip(markers, filtered[len(EVENTS) :], strict=True):
        # Names of code are judged by the server, and a message may hold a word; of what is dropped nothing is sent.
        found = leaks(canaries, json.dumps(_unsaid(made)), *KEPT, *WAITS)
        assert not found, (found, made)


def _unsaid(made: Any) -> Any:
    """Leave out what the server has yet to judge: names of code in the wrong form, messages, fingerprints."""
    judged = {"function", "module", "type", "release", "logger", "value", "message", "formatted", "fingerprint"}
    judged |= {"filename", "package", "model", "arch", "archs", "name", "version", "state", "platform", "level"}
    judged |= {"event_id", "consent"}
    if isinstance(made, dict):
        return {key: _unsaid(value) for key, value in made.items() if key not in judged}
    return [_unsaid(value) for value in made] if isinstance(made, list) else made


@pytest.mark.parametrize("language", LANGUAGES)
def test_filtering_twice_changes_nothing(language: str, filters: Filters) -> None:
    run = getattr(filters, language)
    once = run([*EVENTS, *(made for _, made in drawn(20))])
    assert run(once) == once


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_absolute_address_and_no_exact_time_leaves_the_device(language: str, filters: Filters) -> None:
    (made,) = getattr(filters, language)([NATIVE])
    text = json.dumps(made)
    assert "7f0000000010" not in text
    assert "139637976727600" not in text
    assert "bob" not in text.lower()
    assert made["exception"]["values"][0]["stacktrace"]["frames"][0]["instruction_addr"] == "0x1010"
    report = read(made)
    assert (report.uptime, report.memory, report.language) == ("1 to 5 minutes", "4 to 8 GB", "de")
    assert json.dumps(made["timestamp"]) in {"1795219200", '"2026-11-21T00:00:00Z"'}


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_says_yes_and_no_has_not_agreed(language: str, filters: Filters) -> None:
    pairs = [["consent", "given"], ["consent", "denied"]]
    events = [{"tags": pairs}, {"tags": pairs[::-1]}, {"tags": [pairs[0], pairs[0]]}]
    said = [made["tags"]["consent"] for made in getattr(filters, language)(events)]
    assert said == ["denied", "denied", "given"]


def test_a_preview_is_text_that_a_person_can_read(filters: Filters) -> None:
    module = ModuleType("logless_filter")
    exec((filters.folder / "logless_filter.py").read_text(), module.__dict__)
    shown = module.preview(crash(user={"id": "bob"}))
    assert shown.startswith("TunnelError: no route for <email>\n  in connect (tunnel.py:7)\nRelease: vpn@2.14.0\n")
    assert "bob" not in shown
    program = f"console.log(require('./logless-filter.js').preview({json.dumps(crash(user={'id': 'bob'}))}))"
    if shutil.which("node") is not None:
        done = subprocess.run(["node", "-e", program], cwd=filters.folder, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[:3] == shown.splitlines()[:3]


def test_filters_need_no_network_and_no_other_file() -> None:
    for name in FILTERS:
        source = filter_for(APP, name)
        assert "@TABLE@" not in source
        assert not any(word in source for word in ("fetch(", "XMLHttpRequest", "urllib", "URLSession", "http.client"))


def test_the_table_holds_what_the_app_declares_and_no_secret() -> None:
    table = table_of(APP)
    assert table["tags"] == {"screen": ["login", "servers"]}
    assert APP.key not in json.dumps(table)


def test_the_python_filter_runs_on_the_oldest_python_that_is_here(filters: Filters) -> None:
    compile((filters.folder / "logless_filter.py").read_text(), "logless_filter.py", "exec", dont_inherit=True)
    assert sys.version_info >= (3, 8)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_every_filter_knows_every_form(name: str) -> None:
    """For Swift this is all that is checked: there is no Swift compiler on the machines where this runs."""
    source = filter_for(APP, name)
    program = source.replace(json.dumps(json.dumps(table_of(APP), separators=(",", ":"))), "")
    assert len(program) < len(source)
    nested = {"part", "list", "values", "spare"}
    missing = [form for form in Form if form not in nested and form.value not in program]
    assert missing == []
