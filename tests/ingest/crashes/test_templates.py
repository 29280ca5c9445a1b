from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.crashes.templates import LONGEST_TEMPLATE, template_of

MESSAGES = [
    ("division by zero", "division by zero"),
    ("no route for bob@example.org", "no route for <email>"),
    ("'NoneType' object has no attribute 'foo'", "<text> object has no attribute <text>"),
    ("can't decode 'x' and 'y'", "can't decode <text> and <text>"),
    ("[Errno 2] No such file or directory: '/home/bob/x'", "[Errno <n>] No such file or directory: <text>"),
    ("Cannot read properties of undefined (reading 'foo')", "Cannot read properties of undefined (reading <text>)"),
    ("Index 5 out of bounds for length 3", "Index <n> out of bounds for length <n>"),
    ("connect to 10.0.0.1:8080 failed after 3.5 s", "connect to <n> failed after <n> s"),
    ("peer fe80::1%eth0 is gone", "peer <n> is gone"),
    ("peer 2a03:1b20:3:f011::c02d is gone", "peer <n> is gone"),
    ("MAC aa:bb:cc:dd:ee:ff", "MAC <n>"),
    ("C:\\Users\\Bob Smith\\x.txt is missing", "<path> is missing"),
    ("\\\\laptop\\share\\x is missing", "<path> is missing"),
    ("open /data/app/~~abc==/base.apk failed", "open <path> failed"),
    ("open ~/notes failed", "open <path> failed"),
    ("at https://bob.example.org/x?y=z stopped", "at <url> stopped"),
    ("java.lang.String cannot be cast to java.lang.Integer", "<name> cannot be cast to <name>"),
    ("laptop.bob.home is down", "<name> is down"),
    ("host a.example.org:443 down", "host <n> down"),
    ("account i-ABCD-EFGH-IJKL", "account <n>"),
    ("ivpnABCDEFGH left", "<n> left"),
    ("key uJ5nPPWt8eC3o1xqF0JvVd2yXhK9sQ7Lw6TzR4mBgE= bad", "key <n> bad"),
    ("key abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX= bad", "key <key> bad"),
    ("call +49 170 1234567 now", "call <n> now"),
    ("at 48.1374, 11.5755", "at <n>"),
    ("on 2026-11-25 10:00:00.123", "on <n>"),
    ("list [1, 2, 3, 4]", "list [<n>]"),
    ("\u201cbob\u201d and \u00abbob\u00bb and `bob`", "<text> and <text> and <text>"),
    ("many\n\n lines\tof it ", "many lines of it"),
    ("std::vector and read/write", "std::vector and read/write"),
    ("", ""),
]


@pytest.mark.parametrize(("message", "template"), MESSAGES)
def test_what_differs_becomes_a_placeholder(message: str, template: str) -> None:
    assert template_of(message) == template


def test_a_template_is_short_and_cut_between_words() -> None:
    template = template_of("word " * 1000)
    assert len(template) <= LONGEST_TEMPLATE
    assert template.endswith("word")
    assert template_of("x" * 5000) == "<key>"


SIGNS = [*"ab1.:/\\'\"`<>n -_=@x~%+()[],;", "<n>", "<text>", "http://", "C:\\", "ivpn", "\u2018", "\u2019", "é"]


SIGNED = st.lists(st.sampled_from(SIGNS) | st.characters(exclude_categories=["Cs"]), max_size=40).map("".join)


@given(SIGNED)
@settings(derandomize=True, max_examples=200, deadline=None)
def test_a_template_is_its_own_template(message: str) -> None:
    """So a device may cut a message, and the server finds nothing more to cut."""
    assert_whole(message)


@pytest.mark.soak
@given(SIGNED)
@settings(derandomize=True, max_examples=1500, deadline=None)
def test_a_template_is_its_own_template_for_long(message: str) -> None:
    assert_whole(message)


def assert_whole(message: str) -> None:
    template = template_of(message)
    assert template_of(template) == template
    assert not any(char in template for char in "\n\t\r")


@given(st.integers(0, 2**64), st.sampled_from([message for message, _ in MESSAGES if message]))
@settings(derandomize=True, max_examples=150, deadline=None)
def test_nothing_with_a_digit_is_left(seed: int, message: str) -> None:
    drawn = random.Random(seed)
    forms = [str(drawn.getrandbits(64)), f"{drawn.getrandbits(128):x}", f"u{drawn.getrandbits(40)}x", "ab1@cd2.org"]
    words = message.split(" ")
    words.insert(drawn.randrange(len(words) + 1), drawn.choice(forms))
    assert not any(char in "0123456789" for char in template_of(" ".join(words)))


def test_the_control_a_text_without_digits_or_quotes_stays() -> None:
    """Which is why a template waits for k senders: no pattern tells Bob from a word."""
    assert template_of("no route for Bob Smith") == "no route for Bob Smith"
