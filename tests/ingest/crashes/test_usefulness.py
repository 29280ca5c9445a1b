from __future__ import annotations

import json
from pathlib import Path

import pytest

from crashes.door import EXPLICIT
from ingest.crashes.event import open_event, read_report
from ingest.crashes.frames import Frame

STACKS = json.loads(Path(__file__).with_name("stacks.json").read_text())


def frames_of(platform: str) -> list[Frame]:
    """Read the frames one by one, so that none is folded or cut."""
    frames: list[Frame] = []
    for frame in STACKS[platform]:
        event = {"platform": platform, "exception": [{"type": "E", "stacktrace": {"frames": [frame]}}]}
        section = open_event(json.dumps(event).encode())
        assert isinstance(section, dict)
        frames.extend(read_report(section, EXPLICIT).chain[-1].frames)
    return frames


def is_whole(frame: Frame) -> bool:
    """Tell whether a developer finds the place: nothing withheld, and a function or a file."""
    return "(withheld)" not in {frame.function, frame.module, frame.file} and bool(frame.function or frame.file)


def test_at_least_95_of_100_frames_of_real_programs_are_kept_whole() -> None:
    frames = [frame for platform in STACKS for frame in frames_of(platform)]
    whole = sum(map(is_whole, frames))
    broken = [frame for frame in frames if not is_whole(frame)]
    assert len(frames) == sum(map(len, STACKS.values())) >= 70
    assert whole >= 0.95 * len(frames), broken


@pytest.mark.parametrize("platform", STACKS)
def test_no_platform_loses_more_than_one_frame(platform: str) -> None:
    assert sum(not is_whole(frame) for frame in frames_of(platform)) <= 1


def test_what_names_a_person_in_them_is_gone() -> None:
    text = repr([frames_of(platform) for platform in STACKS]).lower()
    assert "bob" in json.dumps(STACKS)
    assert "bob" not in text
    assert "12c2d058" not in text
    assert "~~" not in text
    assert "0x0000" not in text


TYPES = {
    "python": "urllib3.exceptions.NewConnectionError",
    "node": "ERR_INVALID_ARG_TYPE",
    "javascript": "TypeError",
    "java": "java.lang.reflect.InvocationTargetException",
    "cocoa": "NSInvalidArgumentException",
    "native": "SIGSEGV / SEGV_MAPERR",
    "go": "*net.OpError",
    "csharp": "System.Net.Http.HttpRequestException",
    "php": "App\\Http\\TunnelException",
    "ruby": "ActiveRecord::RecordNotFound",
    "dart": "_TypeError",
}
RELEASES = ("2.14.0.1", "net.ivpn.client@3.1.0+20261101", "desktop 3.14.29 (2)", "v1.2.3-rc.1", "2026.11")
SYSTEMS = ("Android 14", "iOS 17.4.1", "macOS 14.4", "Windows 10.0.22631", "Ubuntu 22.04", "Linux 6.1.0")


@pytest.mark.parametrize("platform", STACKS)
def test_every_type_release_and_system_survives(platform: str) -> None:
    for release in RELEASES:
        for system in SYSTEMS:
            name, _, version = system.partition(" ")
            event = {
                "platform": platform,
                "release": release,
                "exception": [{"type": TYPES[platform], "stacktrace": {"frames": STACKS[platform]}}],
                "contexts": {"os": {"name": name, "version": version}},
            }
            section = open_event(json.dumps(event).encode())
            assert isinstance(section, dict)
            report = read_report(section, EXPLICIT)
            kept = (report.chain[-1].type, report.release, report.system, report.platform)
            assert kept == (TYPES[platform], release, system, platform)
            assert not report.tripped
