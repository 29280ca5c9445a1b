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
