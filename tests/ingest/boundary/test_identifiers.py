import ast
import base64
import random
import string
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.boundary.identifiers import _TOO_SHORT, Detector, Kind, find_identifier

FOUND: dict[Detector, list[str]] = {
    Detector.IPV4: ["45.83.220.7", "192.168.1.23", "8.8.8.8", "10.64.0.1", "100.71.3.9", "193.138.218.74"],
    Detector.IPV6: [
        "2a03:1b20:5:f011::a01f",
        "2001:4860:4860::8888",
        "fe80::1c2d:3eff:fe4f:5a6b",
        "fd00:a1b2:c3d4::17",
        "2a03:1b20:5:f011:1:2:3:4",
        "2a00::1",
    ],
    Detector.MAC: ["a4:5e:60:f1:b2:c3", "A4-5E-60-F1-B2-C3", "a45e.60f1.b2c3", "00:1a:2b:3c:4d:5e"],
    Detector.EMAIL: ["anna.berg@example.org", "a+tag@mail.example.co.uk", "ANNA@EXAMPLE.ORG", "x_y@163.com"],
    Detector.UUID: [
        "3f2b8c1e-9d47-4a6b-8f10-2c5d7e9a1b3c",
        "3F2B8C1E-9D47-4A6B-8F10-2C5D7E9A1B3C",
        "3f2b8c1e_9d47_4a6b_8f10_2c5d7e9a1b3c",
    ],
    Detector.HEX: [
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "9f86d081884c7d65",
        "3F2B8C1E9D474A6B8F102C5D7E9A1B3C",
        "5123456789012346",
        "356938035643809",
    ],
    Detector.JWT: [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "eyJ0eXAiOiJKV1QifQ.eyJ1aWQiOjR9.c2lnbmF0dXJlaXM",
    ],
    Detector.KEY: [
        "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=",
        "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
        "gN65BkIKy1eCE9pP1wdc8ROUtkHLF2PfAqYdyYBz6EA=",
        "dGhpcyBJcyA0IHNlY3JldCE5Nw==",
    ],
    Detector.TOKEN: [
        "ghp_1a2B3c4D5e6F7g8H9i0JkLmNoPqRsTuVwXyZ",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "AKIAIOSFODNN7EXAMPLE",
        "xoxb-123456789012-abcdefABCDEF",
        "q7Zp2LxV9bTn4RkW8sYd",
        "mK3vQ8xW1zR5tB7n",
        "k3j9x2m7q4w8z1p5v6b0",
    ],
    Detector.HOME: [
        "/Users/anna/Library",
        "/home/anna/.config",
        "C:\\Users\\Anna Berg\\AppData",
        "c:/users/anna/x",
        "\\\\files\\Users\\anna",
        "/var/home/anna/x",
        "C:\\Documents and Settings\\anna",
    ],
    Detector.PHONE: [
        "+46 70 123 45 67",
        "+1 (555) 010-9999",
        "+491711234567",
        "555-010-9999",
        "(555) 010-9999",
        "0171 2345678",
    ],
    Detector.ACCOUNT: [
        "i-7KQ2-M9XP-4TRB",
        "i-ABCD-EFGH-IJKL",
        "ivpnA1B2C3D4",
        "ivpnXQZRTWPL",
        "ivpnA1B2C3D",
        "4929 1234 5678 9012",
    ],
    Detector.COORDINATES: [
        "52.5200, 13.4050",
        "59.3293,18.0686",
        "-33.8688 151.2093",
        "lat=52.52&lon=13.40",
        "57°42'",
    ],
}
EXAMPLES = [(detector, text) for detector, texts in FOUND.items() for text in texts]

CONTEXTS: dict[str, Callable[[str], str]] = {
    "alone": lambda text: text,
    "in a sentence": lambda text: f"Cannot reach {text}: connection refused",
    "quoted": lambda text: f"KeyError('{text}')",
    "as JSON": lambda text: f'{{"value":"{text}"}}',
    "at the end": lambda text: f"failed for {text}",
    "percent-encoded": lambda text: "name=" + quote(text, safe=""),
    "percent-encoded twice": lambda text: "name=" + quote(quote(text, safe=""), safe=""),
    "in base64": lambda text: "data:" + base64.b64encode(f"value {text} end".encode()).decode(),
    "in hexadecimal": lambda text: "0x" + f"{text} ".encode().hex(),
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
    "split by invisible characters": "\u200b".join,
    "after an underscore": lambda text: f"peer_{text}_x" if text[0].isdigit() else f"peer {text}",
}


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize(("detector", "text"), EXAMPLES)
def test_found(detector: Detector, text: str, context: str) -> None:
    found = find_identifier(CONTEXTS[context](text))
    assert found is not None
    if context in {"alone", "in a sentence"}:
        assert found is detector or {found, detector} <= ALIKE


ALIKE = {Detector.TOKEN, Detector.HEX, Detector.UUID, Detector.KEY, Detector.JWT}
"""Detectors of drawn values overlap: which of them speaks first does not matter."""


def test_examples_are_enough() -> None:
    assert len(EXAMPLES) >= 60
    assert len(CONTEXTS) >= 10
    assert set(FOUND) == set(Detector)


NAMES_OF_CODE = [
    "core::ops::function::FnOnce::call_once::h9f86d0818a4c7d65",
    "_ZN4core3ops8function6FnOnce9call_once17h9f86d0818a4c7d65E",
    "_ZNSt6vectorIiSaIiEE9push_backERKi",
    "$s4main10ViewModelC12loadSettingsyyYaF",
    "?push_back@?$vector@HV?$allocator@H@std@@@std@@QEAAXAEBH@Z",
    "System.Core, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089",
    "System.Net, Version=4.2.17.1, Culture=neutral, PublicKeyToken=b03f5f7f11d50a3a",
    "std::add::face",
    "f64::add",
    "Net::HTTP",
    "App\\Users\\Controller",
    "libstdc++.so.6.0.30",
    "libcrypto.so.1.1.1.2",
    "icon@2x.png",
    "memcpy@@GLIBC_2.14",
    "react@18.2.0",
    "v2.14.0.1",
    "0.0.0.0",
    "127.0.0.1",
    "com.example.app.MainActivity$1$2.run",
    "kotlinx.coroutines.internal.ScopeCoroutine",
    "-[NSObject(IvpnServiceManager) connectToServer:withPort:]",
    "ivpnConnect",
    "core::num::imp::flt2dec::digits_to_exp_str",
    "jiff::fmt::rfc2822::month_name",
    "writeBigUInt64LE",
    "IvpnServiceManagerDelegate",
    "__libc_start_call_main",
    "_mm512_mask_cvtepi32_epi8",
    "java.util.concurrent.ThreadPoolExecutor$Worker.run",
    "Utf8X509V3CertificateBase64Decoder",
    "src/app/home/index.tsx",
    "<lambda_1>",
    "operator<<",
    "deadbeefdeadbeef",
    "0000000000000000",
    "/Users/Shared/x",
]


@pytest.mark.parametrize("name", NAMES_OF_CODE)
def test_names_of_code_pass(name: str) -> None:
    assert find_identifier(name) is None


@pytest.mark.parametrize(
    "release",
    [
        "2.14.0.1",
        "app@2.14.0.1",
        "vpn@1.2.beta",
        "desktop@45.83.220.7",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "app@1.2.3+9f86d081884c7d65",
        "2026.11-rc.1",
        "com.example.app@3.1.0+20261101123000",
    ],
)
def test_a_release_may_look_like_a_release(release: str) -> None:
    assert find_identifier(release, Kind.RELEASE) is None


@pytest.mark.parametrize("text", ["anna@example.org", "app@2a03:1b20::1", "/home/anna/build", "i-7KQ2-M9XP-4TRB"])
def test_a_release_is_still_searched_for_people(text: str) -> None:
    assert find_identifier(text, Kind.RELEASE) is not None


def names_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def library_names(files: int = 600) -> set[str]:
    """Names of modules, files, functions and classes of the standard library and of what is installed beside it."""
    names: set[str] = set()
    for root in {Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))}:
        for file in sorted(root.rglob("*.py"))[:files]:
            names |= {file.name, ".".join(file.relative_to(root).with_suffix("").parts)}
            if file.stat().st_size < 60_000 and "bad" not in file.name:
                try:
                    names |= set(names_in(file.read_text(encoding="utf-8")))
                except (SyntaxError, UnicodeDecodeError):
                    continue  # the library's own test data for its parser
    return names


def written_names() -> set[str]:
    """Names as people write them in Java, JavaScript and C."""
    words = "abstract account add byte cache client connect decode face factory feed handler http2 ipv4 key list "
    words += "manager node proxy request service sha256 singleton socket state tunnel user utf8 uuid vpn x509"
    parts = words.split()
    names = set()
    for first, second, third in product(parts, parts, parts[::3]):
        titled = first.title() + second.title() + third.title()
        names |= {titled, f"com.example.{first}.{titled}${1}.{second}{third.title()}", f"{first}_{second}_{third}_32"}
        names |= {f"{first}-{second}.{third}.min.js", f"{first}/{second}/{titled}.java", f"lambda${first}${second}$0"}
    return names


def alarms_among(names: Sequence[str], least: int) -> list[str]:
    assert len(names) > least
    return [name for name in names if find_identifier(name) is not None]


def test_false_alarms_are_at_most_one_in_a_thousand() -> None:
    """Of a share of all names; the names of compiled code are looked at in ingest/crashes/test_false_alarms."""
    names = sorted(library_names(files=60) | set(sorted(written_names())[::10]))
    alarms = alarms_among(names, 6_000)
    assert len(alarms) <= len(names) / 1000, alarms[:20]


@pytest.mark.soak
def test_false_alarms_are_at_most_one_in_a_thousand_of_all_names() -> None:
    names = sorted(library_names() | written_names())
    alarms = alarms_among(names, 50_000)
    assert len(alarms) <= len(names) / 1000, alarms[:20]


@pytest.mark.parametrize(
    ("alphabet", "share"),
    [
        (string.ascii_letters + string.digits, 0.88),
        (string.ascii_lowercase + string.digits, 0.80),
        (string.hexdigits[:16], 0.99),
    ],
)
def test_most_random_tokens_are_found(alphabet: str, share: float) -> None:
    draw = random.Random(7)
    tokens = ["".join(draw.choices(alphabet, k=24)) for _ in range(2000)]
    assert sum(find_identifier(token) is not None for token in tokens) >= share * len(tokens)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=200), st.text(alphabet="0123456789abcdef:.@%-_/\\+=\u200b\ud800°", max_size=80)))
def test_no_text_makes_it_raise(text: str) -> None:
    for kind in Kind:
        assert find_identifier(text, kind) in {None, *Detector}


UNSEEN = "\N{ZERO WIDTH SPACE}"
"""Is taken out before a text is looked at. A word with it in front is never too short to be looked at."""

BEGINNINGS = ["eyJ", "AKIA", "ghp", "sk", "xoxb", "ivpn", "mailto", "home", "Users", "deadbeef"]
LETTERS = st.text(string.ascii_letters, max_size=_TOO_SHORT) | st.text(string.ascii_uppercase, max_size=_TOO_SHORT)
SHORT = LETTERS | st.tuples(st.sampled_from(BEGINNINGS), LETTERS).map(lambda parts: "".join(parts)[:_TOO_SHORT])


@settings(derandomize=True, max_examples=500, deadline=None)
@given(SHORT)
def test_a_word_that_is_too_short_to_be_looked_at_holds_nothing(word: str) -> None:
    for kind in Kind:
        assert find_identifier(word, kind) is None
        assert find_identifier(UNSEEN + word, kind) is None


@pytest.mark.parametrize("text", ["ivpnABCDEFGH", "ivpnZZZZZZZZ", "8.8.8.8", "a@b.example"])
def test_the_control_a_word_of_twelve_letters_and_a_short_text_with_signs_are_found(text: str) -> None:
    assert find_identifier(text) is not None
    assert find_identifier(UNSEEN + text) is not None


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.ip_addresses(v=4).filter(lambda address: address.is_global), st.sampled_from(["{}", "a {}:80 b", "x_{}_y"]))
def test_any_global_ipv4_address_is_found(address: object, context: str) -> None:
    assert find_identifier(context.format(address)) is not None or str(address).endswith(".0.0.0")


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.integers(0, 2**125 - 1), st.sampled_from(["{}", "[{}]:80", "peer {} left"]))
def test_any_global_ipv6_address_is_found(low: int, context: str) -> None:
    groups = f"{1 << 125 | low:032x}"
    address = ":".join(groups[place : place + 4] for place in range(0, 32, 4))
    assert find_identifier(context.format(address)) is not None
