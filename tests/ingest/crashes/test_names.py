from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.boundary.identifiers import Detector, find_identifier
from ingest.crashes.names import (
    FILE,
    FUNCTION,
    IMAGE,
    LOGGER,
    MODEL,
    MODULE,
    RELEASE,
    SPOKEN_TYPES,
    TYPE,
    Shape,
    keep_name,
    tripping,
)
from ingest.crashes.stripped import Losses, Stripped

IDENTIFIERS = [
    "bob@example.org",
    "198.51.100.23",
    "2001:db8:1:2:3:4:5:6",
    "12c2d058-d584-4270-9aa2-eca08bf20986",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "i-AB12-CD34-EF56",
    "02:42:ac:11:00:02",
]
NAMES = [
    "connect",
    "vpn.tunnel",
    "tunnel.py",
    "-[NSException raise]",
    "std::add",
    "a",
    "Foo$Bar",
    "main.js",
    "1.2.3.4.5",
]


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_an_identifier_is_found_among_names(identifier: str) -> None:
    assert tripping([*NAMES, identifier]) == {identifier: find_identifier(identifier)}


def test_names_of_code_trip_nothing() -> None:
    assert not tripping(NAMES)
    assert not tripping([])


@given(st.lists(st.sampled_from(IDENTIFIERS + NAMES) | st.text(alphabet="abcdef0123456789.:-_@", max_size=40)))
@settings(derandomize=True, max_examples=150)
def test_looking_at_all_at_once_finds_what_looking_at_each_finds(names: list[str]) -> None:
    assert tripping(names) == {name: detector for name in names if (detector := find_identifier(name)) is not None}


@pytest.mark.parametrize("shape", [TYPE, FUNCTION, MODULE, FILE, IMAGE, LOGGER, RELEASE, MODEL])
def test_lengths_are_bounded(shape: Shape) -> None:
    assert shape.fits("x" * shape.longest)
    assert not shape.fits("x" * (shape.longest + 1))
    assert not shape.fits("")


@pytest.mark.parametrize(
    ("shape", "text", "fits"),
    [
        (TYPE, "java.lang.IllegalStateException", True),
        (TYPE, "SIGSEGV / SEGV_MAPERR", True),
        (TYPE, "*fs.PathError", True),
        (TYPE, "Überlauf", True),
        (TYPE, "Connection of bob failed", False),
        (TYPE, "bob", True),
        (FUNCTION, 'say "bob"', False),
        (FUNCTION, "a\nb", False),
        (MODULE, "@sentry/node", True),
        (MODULE, "a b", False),
        (FILE, "main window.py", False),
        (FILE, "<frozen importlib._bootstrap>", True),
        (IMAGE, "VPN Helper (Renderer)", True),
        (RELEASE, "com.example.app@1.2.3+45 (build 6)", True),
        (RELEASE, "My VPN 1.2 (45)", True),
        (RELEASE, "the release of bob", False),
        (RELEASE, "1.2;3", False),
        (RELEASE, "1.2\n", False),
        (RELEASE, "é", False),
    ],
)
def test_shapes(shape: Shape, text: str, fits: bool) -> None:
    assert shape.fits(text) is fits


@pytest.mark.parametrize("shape", [TYPE, FUNCTION, MODULE, FILE, IMAGE, LOGGER, RELEASE, MODEL])
@given(text=st.text(alphabet="aZ0_.$ é<>-", max_size=12) | st.text(max_size=12))
@settings(derandomize=True, max_examples=100)
def test_the_short_cut_agrees_with_the_pattern(shape: Shape, text: str) -> None:
    assert shape.fits(text) is (shape.pattern.fullmatch(text) is not None)


def test_spoken_types_hold_no_digit() -> None:
    assert not any(char.isdigit() for name in SPOKEN_TYPES for char in name)


def test_a_name_is_kept_for_its_shape_and_against_the_tripwire() -> None:
    losses = Losses()
    field = Stripped.FRAME_FUNCTION
    assert keep_name("connect", FUNCTION, field, losses) == "connect"
    assert not losses
    assert keep_name("a\tb", FUNCTION, field, losses) is None
    assert (losses, losses.tripped) == ({field}, set())
    assert keep_name("bob@example.org", FUNCTION, field, losses) is None
    assert losses.tripped == {(field, Detector.EMAIL)}
