from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.crashes.frames import MOST_FRAMES, Frame, fold, read_frames
from ingest.crashes.images import read_images
from ingest.crashes.sections import Raw
from ingest.crashes.stripped import Losses, Stripped


def raw(value: Any) -> Raw:
    return Raw(json.dumps(value).encode())


def read(*frames: Any, debug_meta: Any = None) -> tuple[tuple[Frame, ...], set[Stripped]]:
    stripped = Losses()
    return read_frames([raw(frame) for frame in frames], read_images(raw(debug_meta)), stripped), stripped


def test_a_frame_is_built_field_by_field() -> None:
    frames, stripped = read(
        {
            "function": "connect",
            "module": "vpn.tunnel",
            "filename": "/home/bob/vpn/tunnel.py",
            "abs_path": "/home/bob/vpn/tunnel.py",
            "lineno": 7,
            "in_app": True,
            "vars": {"user": "bob"},
            "context_line": "connect('bob')",
            "pre_context": ["# bob"],
        }
    )
    assert frames == (Frame("connect", "vpn.tunnel", "tunnel.py", 7, True),)
    assert stripped == {Stripped.FRAME_ABS_PATH, Stripped.FRAME_VARS, Stripped.FRAME_CONTEXT}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("function", Stripped.FRAME_FUNCTION),
        ("module", Stripped.FRAME_MODULE),
        ("filename", Stripped.FRAME_FILENAME),
        ("lineno", Stripped.FRAME_LINENO),
    ],
)
@pytest.mark.parametrize("value", [5.5, ["x"], {"a": 1}, True, "bob@example.org", "198.51.100.7", -1, 1 << 70])
def test_what_is_no_name_is_withheld_and_the_frame_stays(field: str, name: Stripped, value: object) -> None:
    frames, stripped = read({"function": "f", "module": "m", "filename": "a.py", "lineno": 1} | {field: value})
    assert stripped == {name}
    expected = {"function": "f", "module": "m", "file": "a.py", "line": 1, "in_app": False}
    key = {"filename": "file", "lineno": "line"}.get(field, field)
    expected[key] = 0 if field == "lineno" else "(withheld)"
    assert frames == (Frame(**expected),)  # type: ignore[arg-type]


def test_what_is_no_frame_is_skipped() -> None:
    frames, stripped = read(None, 5, "frame", ["f"], {"function": "f"})
    assert [frame.function for frame in frames] == ["f"]
    assert stripped == {Stripped.FRAMES}


def test_the_binary_stands_for_the_file_of_a_native_frame() -> None:
    path = "/var/containers/Bundle/Application/12c2d058-d584-4270-9aa2-eca08bf20986/VPN.app/VPN"
    frames, stripped = read({"function": "main", "package": path})
    assert frames == (Frame("main", "", "VPN", 0, False),)
    assert not stripped


def test_an_unnamed_function_is_its_distance_to_the_binary() -> None:
    meta = {"images": [{"image_addr": "0x2000", "image_size": 4096}, {"image_addr": 4096, "image_size": 256}]}
    frames, _ = read(
        {"instruction_addr": "0x10ff"},
        {"instruction_addr": "0x2010"},
        {"instruction_addr": "0x1100"},  # behind the end of the first image
        {"instruction_addr": "0x7fff0010", "image_addr": "0x7fff0000"},
        {"instruction_addr": "0x7fff0010", "package": "a.so"},
        {"function": "known", "instruction_addr": "0x2010"},
        {"instruction_addr": "0x1"},
        {"instruction_addr": "zebra", "package": "b.so"},
        debug_meta=meta,
    )
    assert [frame.function for frame in frames] == ["+0xff", "+0x10", "", "+0x10", "", "known", "", ""]


def call(name: str, line: int = 0) -> Frame:
    return Frame(name, "", "", line, True)


@pytest.mark.parametrize(
    ("calls", "folded"),
    [
        ("", ""),
        ("abc", "abc"),
        ("aab", "ab"),
        ("aaaaaab", "ab"),
        ("xababababy", "xaby"),
        ("abcabcabc", "abc"),
        ("abab", "ab"),
        ("aabaab", "ab"),
        ("abcdefghabcdefgh", "abcdefgh"),
        ("abcdefghiabcdefghi", "abcdefghiabcdefghi"),
    ],
)
def test_recursion_is_folded(calls: str, folded: str) -> None:
    assert "".join(frame.function for frame in fold([call(name) for name in calls])) == folded


def test_the_innermost_round_of_a_recursion_stays() -> None:
    assert fold([call("a", 1), call("a", 2), call("a", 3)]) == [call("a", 3)]


def test_a_long_stack_keeps_its_ends() -> None:
    frames, _ = read(*({"function": f"f{number}"} for number in range(1000)))
    names = [frame.function for frame in frames]
    assert len(names) == MOST_FRAMES
    assert names[:16] == [f"f{number}" for number in range(16)]
    assert names[16:] == [f"f{number}" for number in range(952, 1000)]


def test_only_so_many_raw_frames_are_looked_at() -> None:
    stripped = Losses()
    raws = [raw({"function": f"f{number}"}) for number in range(100)]
    assert [frame.function for frame in read_frames(raws, [], stripped, 4)] == ["f0", "f97", "f98", "f99"]
    assert read_frames(raws, [], stripped, 0) == ()


def test_a_stack_overflow_is_short() -> None:
    frames, _ = read({"function": "main"}, *({"function": "recurse"} for _ in range(5000)), {"function": "abort"})
    assert [frame.function for frame in frames] == ["main", "recurse", "abort"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["function", "module", "filename", "package", "lineno", "in_app", "instruction_addr", "image_addr", "abs_path"]


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON, max_size=5), JSON)
@settings(derandomize=True, max_examples=150)
def test_any_json_gives_frames_of_the_right_types(frames: list[Any], meta: Any) -> None:
    built, stripped = read(*frames, debug_meta={"images": meta})
    assert all(isinstance(name, Stripped) for name in stripped)
    for frame in built:
        assert [type(value) for value in (frame.function, frame.module, frame.file)] == [str] * 3
        assert type(frame.line) is int
        assert 0 <= frame.line <= 10_000_000
        assert type(frame.in_app) is bool


@given(st.binary(max_size=100))
@settings(derandomize=True, max_examples=200)
def test_hostile_bytes_in_the_place_of_a_frame_never_raise(body: bytes) -> None:
    stripped = Losses()
    read_frames([Raw(body)], [], stripped)
    read_frames([Raw(b'{"function":' + body + b"}")], [], stripped)
