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
from ingest.crashes.stripped import Stripped


def section(value: dict[str, Any]) -> Section:
    return {key: Raw(json.dumps(part).encode()) for key, part in value.items()}


def read(contexts: Any) -> tuple[Circumstances, set[Stripped]]:
    stripped: set[Stripped] = set()
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
        }
    )
    assert found == Circumstances("Android 14", "Pixel 8", "", in_foreground=True)
    assert stripped == {Stripped.CONTEXT_OS, Stripped.CONTEXT_DEVICE, Stripped.CONTEXT_APP, Stripped.CONTEXTS}


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
