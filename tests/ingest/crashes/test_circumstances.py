from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.crashes.circumstances import (
    Circumstances,
    Level,
    State,
    installation_of,
    read_circumstances,
    state_of,
)
from ingest.crashes.sections import Raw, Section
from ingest.crashes.stripped import Losses, Stripped


def section(value: dict[str, Any]) -> Section:
    return {key: Raw(json.dumps(part).encode()) for key, part in value.items()}


def read(contexts: Any) -> tuple[Circumstances, set[Stripped]]:
    stripped = Losses()
    return read_circumstances(Raw(json.dumps(contexts).encode()), stripped), stripped


@pytest.mark.parametrize(
    ("name", "version", "system"),
    [
        ("Android", "14", "Android 14"),
        ("iOS", "17.4.1", "iOS 17.4.1"),
        ("Windows", "10.0.22631.3447", "Windows 10.0.22631"),
        ("Mac OS X", "14.4 (23E214)", "macOS 14.4"),
        ("ubuntu", "22.04", "Ubuntu 22.04"),
        ("Linux", "6.1.0-18-amd64 bob@laptop", "Linux 6.1.0"),
        ("Linux", None, "Linux"),
        ("Linux", 7, "Linux"),
        ("Linux", "laptop of bob", "Linux"),
        ("BobOS", "1.2", "Other"),
        (None, "1.2", ""),
    ],
)
def test_systems(name: object, version: object, system: str) -> None:
    found, _ = read({"os": {"name": name, "version": version}})
    assert found.system == system


@pytest.mark.parametrize(
    ("device", "arch"),
    [
        ({"arch": "arm64-v8a"}, "arm64"),
        ({"arch": "x64"}, "x86_64"),
        ({"arch": "AMD64"}, "x86_64"),
        ({"archs": ["armeabi-v7a", "arm64-v8a"]}, "arm"),
        ({"archs": []}, ""),
        ({"arch": "the arch of bob"}, ""),
        ({"arch": 5}, ""),
    ],
)
def test_architectures(device: dict[str, object], arch: str) -> None:
    assert read({"device": device})[0].arch == arch


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("Pixel 8 Pro", "Pixel 8 Pro"),
        ("iPhone14,2", "iPhone14,2"),
        ("SM-G998B/DS", "SM-G998B/DS"),
        ("Bob's phone", ""),
        ("bob@example.org", ""),
        ("x" * 41, ""),
        (5, ""),
    ],
)
def test_models(model: object, kept: str) -> None:
    found, stripped = read({"device": {"model": model}})
    assert found.model == kept
    assert (Stripped.CONTEXT_DEVICE in stripped) is (kept == "")


def test_what_else_a_context_holds_is_counted_and_nothing_more() -> None:
    found, stripped = read(
        {
            "os": {"name": "Android", "version": "14", "build": "b", "rooted": False},
            "device": {"model": "Pixel 8", "id": "x", "boot_time": "x"},
            "app": {"in_foreground": True, "app_start_time": "x"},
            "culture": {"timezone": "x"},
            "gpu": {"name": "x"},
        }
    )
    assert found == Circumstances("Android 14", "Pixel 8", "", in_foreground=True)
    assert stripped == {
        Stripped.CONTEXT_OS,
        Stripped.CONTEXT_DEVICE,
        Stripped.CONTEXT_APP,
        Stripped.CONTEXT_CULTURE,
        Stripped.CONTEXTS,
    }


GB = 1 << 30


@pytest.mark.parametrize(
    ("context", "field", "kept"),
    [
        ({"device": {"memory_size": 0}}, "memory", "under 2 GB"),
        ({"device": {"memory_size": 2 * GB - 1}}, "memory", "under 2 GB"),
        ({"device": {"memory_size": 2 * GB}}, "memory", "2 to 4 GB"),
        ({"device": {"memory_size": 999 * GB}}, "memory", "32 GB and more"),
        ({"device": {"memory_size": -1}}, "memory", ""),
        ({"device": {"memory_size": "8 GB of bob"}}, "memory", ""),
        ({"device": {"free_storage": 5 * GB}}, "storage", "1 to 10 GB"),
        ({"device": {"locale": "de_DE"}}, "language", "de"),
        ({"device": {"locale": "PT-br"}}, "language", "pt"),
        ({"device": {"locale": "bob"}}, "language", "bob"),  # has the form of a language, and waits for k
        ({"device": {"locale": "bobby"}}, "language", ""),
        ({"culture": {"locale": "sr-Latn-RS"}}, "language", "sr"),
        ({"device": {"locale": "de"}, "culture": {"locale": "en"}}, "language", "de"),
        ({"device": {"low_memory": True}}, "low_memory", True),
        ({"device": {"low_memory": "yes"}}, "low_memory", None),
        ({"vpn": {"state": "connected"}}, "vpn", "connected"),
        ({"vpn": {"state": "to bob"}}, "vpn", ""),
    ],
)
def test_buckets_and_lists(context: dict[str, Any], field: str, kept: object) -> None:
    found, _ = read(context)
    assert getattr(found, field) == kept


@pytest.mark.parametrize(
    ("ended", "begun", "uptime"),
    [
        ("2026-11-25T10:00:00Z", "2026-11-25T09:59:30Z", "under 1 minute"),
        ("2026-11-25T10:00:00", "2026-11-25T09:00:00.000+00:00", "1 hour to 1 day"),
        (1_795_262_400, 1_795_262_400.5 - 301, "5 minutes to 1 hour"),
        (1_795_262_400, 1_795_262_401, ""),  # the clock was set back
        ("2026-11-25T10:00:00Z", "when bob came", ""),
        ("2026-11-25T10:00:00Z", None, ""),
        (None, "2026-11-25T10:00:00Z", ""),
    ],
)
def test_uptime(ended: object, begun: object, uptime: str) -> None:
    contexts = Raw(json.dumps({"app": {"app_start_time": begun}}).encode())
    found = read_circumstances(contexts, Losses(), Raw(json.dumps(ended).encode()))
    assert found.uptime == uptime


@pytest.mark.parametrize("contexts", [5, "x", ["x"], {"os": 5}, {"device": "x"}, {"app": []}, {"app": ["x"]}])
def test_wrong_types_lose_nothing_else(contexts: object) -> None:
    found, _ = read(contexts)
    assert found == Circumstances("", "", "", None)


@pytest.mark.parametrize(
    ("level", "unhandled", "foreground", "state"),
    [
        (Level.FATAL, True, None, State.CRASHED),
        (Level.FATAL, False, False, State.CRASHED_BACKGROUND),
        (Level.ERROR, True, True, State.UNHANDLED_FOREGROUND),
        (None, True, None, State.UNHANDLED),
        (None, False, None, State.HANDLED),
        (Level.WARNING, False, True, State.HANDLED_FOREGROUND),
    ],
)
def test_states(level: Level | None, unhandled: bool, foreground: bool | None, state: State) -> None:
    assert state_of(level, unhandled, foreground) is state


@pytest.mark.parametrize(
    ("event", "installation"),
    [
        ({"user": {"id": "u"}}, "u"),
        ({"user": {"id": 7}}, "7"),
        ({"user": {"id": "u"}, "contexts": {"device": {"id": "d"}}}, "d"),
        ({"contexts": {"device": {"device_unique_identifier": "e"}}}, "e"),
        ({"did": "f"}, "f"),
        ({"user": {"id": "x" * 300}}, "x" * 256),
        ({"user": {"id": ["u"]}}, ""),
        ({"user": "u", "contexts": 5}, ""),
        ({"user": {"email": "bob@example.org"}}, ""),
        ({}, ""),
    ],
)
def test_installations(event: dict[str, Any], installation: str) -> None:
    assert installation_of(section(event)) == installation
