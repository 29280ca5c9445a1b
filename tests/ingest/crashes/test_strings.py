from __future__ import annotations

import pytest

from ingest.crashes.strings import ReleaseStrings, UnreadableStringsError, phrases_of

XML = """<?xml version="1.0" encoding="utf-8"?>
<resources>
  <string name="gone">Server %1$s isn\\'t there</string>
  <string name="markup">a &lt;b&gt; c</string>
  <plurals name="n"><item quantity="one">%d server left</item></plurals>
  <color name="x">#fff</color>
</resources>
"""


@pytest.mark.parametrize(
    ("content", "phrases"),
    [
        (b"no route\n# a remark\n\nUser %s is gone\n", {"no route", "User <n> is gone"}),
        (b'["no route", "port {port} is taken"]', {"no route", "port <n> is taken"}),
        (XML.encode(), {"Server <n> isn't there", "a <b> c", "<n> server left"}),
        (b"", set()),
    ],
)
def test_texts_come_in_three_forms(content: bytes, phrases: set[str]) -> None:
    assert phrases_of(content) == phrases


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[5]", b'["x"', b"[" * 100_000])
def test_what_cannot_be_read_is_said(content: bytes) -> None:
    with pytest.raises(UnreadableStringsError):
        phrases_of(content)


def test_only_releases_with_texts_are_asked_for_and_each_once() -> None:
    asked: list[tuple[int, str]] = []

    def load(app: int, release: str) -> list[str]:
        asked.append((app, release))
        return ["no route for <n>"]

    strings = ReleaseStrings(load, [(6, "1.0")])
    for _ in range(3):
        assert strings.find(6, "1.0", "no route for Bob") == "no route for <n>"
        assert strings.find(6, "2.0", "no route for Bob") is None
        assert strings.find(7, "1.0", "no route for Bob") is None
    assert asked == [(6, "1.0")]
    strings.renew(6, "2.0")
    assert strings.find(6, "2.0", "no route for Bob") == "no route for <n>"
