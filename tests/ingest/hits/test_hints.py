"""Client hints: what is written by the rules is read as it was meant, and nothing else is read at all."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.hits.hints import HEADERS, HintReader, Hints

READER: Final = HintReader()


def quoted(text: str) -> str:
    """Write a string; RFC 8941, 4.1.6: a backslash before each backslash and each quote."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
keys = st.from_regex(r"[a-z*][a-z0-9_\-.*]{0,5}", fullmatch=True).filter(lambda key: key != "v")
bare = (
    printable.map(quoted)
    | st.from_regex(r"[A-Za-z*][A-Za-z0-9:/!#$%&'*+\-.^_`|~]{0,8}", fullmatch=True)
    | st.sampled_from(["?0", "?1", "12", "-3", "0.125"])
)
params = st.lists(st.tuples(keys, st.none() | bare), max_size=2)


def written(brands: list[tuple[str, str, list[tuple[str, str | None]]]], space: str) -> bytes:
    items = []
    for brand, version, others in brands:
        further = "".join(f";{key}" if value is None else f"; {key}={value}" for key, value in others)
        items.append(f"{quoted(brand)}{further};v={quoted(version)}")
    return f"{space},{space}".join(items).encode()


def read(brands: bytes = b"", full: bytes = b"", mobile: bytes = b"", platform: bytes = b"", of: bytes = b"") -> Hints:
    return READER.read((brands, full, mobile, platform, of))


@given(st.lists(st.tuples(printable, printable, params), max_size=4), st.sampled_from(["", " ", "\t"]))
def test_a_list_is_read_as_it_was_written(
    brands: list[tuple[str, str, list[tuple[str, str | None]]]], space: str
) -> None:
    line = written(brands, space)
    expected: dict[str, str] = {}
    for brand, version, _ in brands:
        expected.setdefault(brand, version)
    assert read(line).brands == (expected if len(line) <= 512 else {})


@given(st.tuples(*[st.binary(max_size=600) for _ in HEADERS]))
def test_no_bytes_raise_and_what_is_read_stood_there(sent: tuple[bytes, ...]) -> None:
    hints = READER.read(sent)
    assert hints.is_mobile in {None, True, False}
    for text in (*hints.brands, *hints.brands.values(), hints.platform, hints.platform_version):
        assert text.isascii()
        assert text.isprintable()
        assert len(text) <= 512


@pytest.mark.parametrize(
    "line",
    [
        b'"Chromium";v="147", "Brave";v=147"',
        b'"Chromium";v="147",',
        b',"Chromium";v="147"',
        b'"Chromium";v="147" "Brave"',
        b'"Chromium;v="147"',
        b'"Chromium";V="147"',
        b'"Chromium" ;v="147"',
        b'"Chro\\mium";v="147"',
        b'"Chr\xc3\xb6mium";v="147"',
        b'"Chromium\n";v="147"',
        b"Chromium;v=147",
        b'("Chromium");v="147"',
        b"'Chromium';v='147'",
        b", ".join(b'"B%d";v="1"' % number for number in range(17)),
        b'"' + b"x" * 600 + b'"',
    ],
)
def test_a_list_that_breaks_its_grammar_was_not_sent(line: bytes) -> None:
    assert read(line).brands == {}
    assert read(b'"Chromium";v="147"').brands == {"Chromium": "147"}


def test_of_a_parameter_that_is_there_twice_the_last_counts() -> None:
    assert read(b'"A";v="1";x="; v=";v="2"').brands == {"A": "2"}


def test_a_version_that_is_no_string_is_none() -> None:
    assert read(b'"A";v=1, "B";v, "C"').brands == {"A": "", "B": "", "C": ""}


def test_full_versions_go_before() -> None:
    hints = read(b'"Chromium";v="147", "Brave";v="147"', b'"Brave";v="1.89.3"')
    assert hints.brands == {"Chromium": "147", "Brave": "1.89.3"}


def test_strings_and_booleans_are_strict() -> None:
    hints = read(mobile=b"?1", platform=b'"Windows"', of=b'"19.0.0"')
    assert (hints.is_mobile, hints.platform, hints.platform_version) == (True, "Windows", "19.0.0")
    hints = read(mobile=b"1", platform=b"Windows", of=b'"19.0.0";x')
    assert (hints.is_mobile, hints.platform, hints.platform_version) == (None, "", "")
    assert read(mobile=b" ?0 ").is_mobile is False
