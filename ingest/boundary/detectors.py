"""What identifies a person, as patterns and checks: one entry of `RULES` each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from socket import AF_INET6, inet_pton
from typing import Any, Final

import re2


class Detector(StrEnum):
    """What a string was found to hold."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    MAC = "mac"
    EMAIL = "email"
    UUID = "uuid"
    HEX = "hex"
    JWT = "jwt"
    KEY = "key"
    TOKEN = "token"  # noqa: S105 - the name of a detector
    HOME = "home"
    PHONE = "phone"
    ACCOUNT = "account"
    COORDINATES = "coordinates"


class Kind(StrEnum):
    """What a string is said to be, which decides what it may look like."""

    TEXT = "text"
    RELEASE = "release"  # may look like an address (2.14.0.1), and may be the name of a commit


LIKE_A_RELEASE: Final = frozenset({Detector.IPV4, Detector.HEX, Detector.PHONE})
"""Detectors that a sound release sets off."""


def _is_found(_match: Any, _kind: Kind) -> bool:
    """Say that the pattern alone is enough."""
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A detector, a pattern whose first group is the value, and the check that a match must pass."""

    detector: Detector
    pattern: Any
    holds: Callable[[Any, Kind], bool] = _is_found
    shortest: int = 0  # letters and digits in a row without which it can find nothing


def _is_host(match: Any, _kind: Kind) -> bool:
    """Tell whether four octets can be somebody's: not this host, not a version such as 4.0.0.0."""
    octets = match[1].split(".")
    return octets[0] not in {"0", "127"} and octets[1:] != ["0", "0", "0"]


def _is_dashed_host(match: Any, _kind: Kind) -> bool:
    """Tell whether four dashed octets, after a word for a host or before its domain, are not this host."""
    dashed: str = match[1] or match[2]
    return not dashed.startswith(("0-", "0_", "127-", "127_"))


def _is_six(match: Any, _kind: Kind) -> bool:
    """Tell whether a run of hexadecimal groups and colons holds an IPv6 address."""
    groups = match[1].split(":")[:_MOST_GROUPS]
    ends = range(len(groups), 0, -1)
    return any(_is_host_six(groups[first:last]) for last in ends for first in range(last))


def _is_host_six(groups: list[str]) -> bool:
    """Tell whether groups are an address of a host and not the scopes of a name.

    `f64::add` is a valid IPv6 address: so a group must begin with a digit, which names do not, and the address
    must be of a kind that hosts have.
    """
    if len(groups) < 3 or not any(group[:1].isdigit() for group in groups):
        return False
    try:
        packed = inet_pton(AF_INET6, ":".join(groups))
    except OSError:
        return False
    # 2000::/3 global, fc00::/7 unique local, fe80::/10 link local, 64:ff9b::/96 NAT64
    first, second = packed[0], packed[1]
    if first & 0xE0 == 0x20 or first & 0xFE == 0xFC or (first == 0xFE and second & 0xC0 == 0x80):
        return True
    return packed[:4] == b"\0\x64\xff\x9b"


def _has_letter_and_digit(match: Any, _kind: Kind) -> bool:
    """Tell whether dashed pairs are a MAC address, not a date and time."""
    return any(char.isdigit() for char in match[1]) and any(char.isalpha() for char in match[1])


def _is_mail(match: Any, kind: Kind) -> bool:
    """Tell whether a@b.c is a mailbox, not a scaled image (`icon@2x.png`) or a version (`app@1.2.beta`)."""
    domain: str = match[1].lower()
    if domain.rpartition(".")[2] in _FILE_ENDINGS:
        return False
    return not (kind is Kind.RELEASE and domain.removeprefix("v")[:1].isdigit())


def _is_drawn_hex(match: Any, _kind: Kind) -> bool:
    """Tell whether hexadecimal digits are a value, not a word or a row of zeros."""
    run: str = match[1].lower()
    return sum(char.isdigit() for char in run) >= 3 and len(set(run)) >= 4


def _is_drawn_word(match: Any, kind: Kind) -> bool:
    """Tell whether a word has a part that was drawn at random, not written by a programmer.

    Mangled symbols (C++, Rust, Swift, MSVC) look drawn and are not; in a release neither is a commit.
    """
    word: str = match[1]
    if len(word) < _DRAWN or word.startswith(_MANGLED):
        return False
    parts: list[str] = _PART.findall(word)
    return any(_is_drawn(part) for part in parts if kind is Kind.TEXT or _HEX_ONLY.fullmatch(part) is None)


def _is_drawn(run: str) -> bool:
    """Tell whether letters and digits were drawn at random.

    Measured on 5,339 parts of names of the standard library and 80 packages: a name has at most 0.32 stretches
    of one kind of letter per character. Of random strings of 24 characters this finds 90 % in base62 (those it
    misses have fewer than two digits) and 83 % in one case, which are judged by how often letters and digits
    alternate.
    """
    if sum(char.isdigit() for char in run) < 2:
        return False
    stretches: list[str] = _STRETCH.findall(run)
    if run.islower() or run.isupper():
        return sum(stretch.isdigit() for stretch in stretches) >= 4
    return len(stretches) > 0.34 * len(run)


def _is_drawn_base64(match: Any, _kind: Kind) -> bool:
    """Tell whether a padded run was drawn, and is not a path or words before an equals sign."""
    run: str = match[1]
    return len(_STRETCH.findall(run)) > 0.34 * len(run)


def _is_home(match: Any, _kind: Kind) -> bool:
    """Tell whether a home directory is a person's."""
    name: str = match[1]
    return name.lower() not in _NOBODYS_HOMES


def _is_phone(match: Any, _kind: Kind) -> bool:
    """Tell whether there are as many digits as E.164 allows: at most 15, and enough to ring."""
    number: str = match[1]
    digits = sum(char.isdigit() for char in number)
    return 8 <= digits <= 15


def _is_account(match: Any, _kind: Kind) -> bool:
    """Tell whether an account id was drawn, not written: it has a digit or is all capitals."""
    account: str = match[1]
    return account.isupper() or any(char.isdigit() for char in account)


def _is_place(match: Any, _kind: Kind) -> bool:
    """Tell whether two decimal fractions are a latitude and a longitude."""
    return abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180


_MOST_GROUPS: Final = 16
_NOBODYS_HOMES: Final = frozenset({"shared", "public", "default", "all"})
_PICTURES: Final = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "car"})
_PROGRAMS: Final = frozenset({"dll", "exe", "js", "mjs", "css", "jar", "dylib", "nib", "map"})
_FILE_ENDINGS: Final = _PICTURES | _PROGRAMS | {"json", "html", "xml", "plist", "txt", "log"}
_MANGLED: Final = ("_Z", "__Z", "___Z", "_R", "__R", "$s", "$S", "_$s", "_$S", "_T0", "?")

_STRETCH: Final = re2.compile(r"[A-Z]{0,2}[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]+")
_DRAWN: Final = 16
"""Letters and digits from which on a part of a word can be told to be drawn at random."""

_PART: Final = re2.compile(rf"[0-9A-Za-z]{{{_DRAWN},}}")
_HEX_ONLY: Final = re2.compile(r"[0-9A-Fa-f]+")


_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PAIR: Final = "[0-9A-Fa-f]{2}"
_NAME: Final = "[0-9A-Za-z_$?@]"
_START: Final = r"(?:\A|[^0-9A-Za-z])"
_END: Final = r"(?:[^0-9A-Za-z]|\z)"

RULES: Final = (
    # not v1.2.3.4, not libx.so.1.2.3.4, not five parts or more
    Rule(
        Detector.IPV4,
        re2.compile(
            rf"(?:\A|[^0-9.vV]|(?:[^sS][^0-9.]|[^0-9.][^oO0-9.])\.)({_OCTET}(?:\.{_OCTET}){{3}})"
            r"(?:[^0-9.]|\.[^0-9]|\.?\z|\.[0-9]{4,5}\b)"
        ),
        _is_host,
    ),
    Rule(
        Detector.IPV4,
        re2.compile(
            rf"(?i:{_START}(?:ip|host|peer|addr|client)[-_]?({_OCTET}(?:[-_]{_OCTET}){{3}})(?:[^0-9]|\z))"
            rf"|{_START}({_OCTET}(?:-{_OCTET}){{3}})\.[a-z]"
        ),
        _is_dashed_host,
    ),
    Rule(Detector.MAC, re2.compile(rf"{_START}({_PAIR}(?::{_PAIR}){{5,}})")),
    Rule(
        Detector.MAC,
        re2.compile(
            rf"{_START}({_PAIR}(?:-{_PAIR}){{5}}|{_PAIR}(?:_{_PAIR}){{5}}"
            rf"|[0-9A-Fa-f]{{4}}(?:\.[0-9A-Fa-f]{{4}}){{2}}){_END}"
        ),
        _has_letter_and_digit,
    ),
    # `flt2dec::digits` holds a valid one: so it begins a word, or is long
    Rule(Detector.IPV6, re2.compile(rf"{_START}((?:[0-9A-Fa-f]{{0,4}}:){{2,}}[0-9A-Fa-f]{{0,4}})"), _is_six),
    Rule(Detector.IPV6, re2.compile(r"((?:[0-9A-Fa-f]{1,4}:){4,}[0-9A-Fa-f:]{0,24})"), _is_six),
    Rule(
        Detector.EMAIL,
        re2.compile(r"[0-9A-Za-z_.+-]+@((?:[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?\.)+[A-Za-z]{2,})"),
        _is_mail,
    ),
    Rule(Detector.UUID, re2.compile(r"([0-9A-Fa-f]{8}(?:[-_][0-9A-Fa-f]{4}){3}[-_][0-9A-Fa-f]{12})")),
    Rule(Detector.JWT, re2.compile(r"(eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,})")),
    Rule(Detector.HEX, re2.compile(r"([0-9A-Fa-f]{16,}|[0-9]{15})"), _is_drawn_hex),
    Rule(Detector.KEY, re2.compile(r"([0-9A-Za-z+/_-]{22,})={1,2}(?:[^0-9A-Za-z=]|\z)"), _is_drawn_base64),
    Rule(Detector.KEY, re2.compile(r"(-----BEGIN [A-Z ]*KEY)")),
    Rule(
        Detector.TOKEN,
        re2.compile(
            r"(gh[opsru]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{36}|(?:sk|pk|rk)_(?:live|test)_[0-9A-Za-z]{10,}"
            r"|glpat-[0-9A-Za-z_-]{20}|xox[abprs]-[0-9A-Za-z-]{10,}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}"
            r"|npm_[0-9A-Za-z]{36})"
        ),
    ),
    Rule(Detector.TOKEN, re2.compile(rf"({_NAME}*[0-9]{_NAME}*[0-9]{_NAME}*)"), _is_drawn_word, shortest=_DRAWN),
    Rule(
        Detector.HOME,
        re2.compile(
            r"(?i:(?:\A|[^0-9A-Za-z_.-]|/var|/mnt|/data|/export|/nfs|/volumes/[^/]+)/(?:home|users)/([^/\s\"':;,<>|]+))"
        ),
        _is_home,
    ),
    # with a drive or a host before it: PHP names have backslashes too
    Rule(
        Detector.HOME,
        re2.compile(r"(?i:(?:[a-z]:|\\\\[^\\/\s]+)[\\/]+(?:users|documents and settings)[\\/]+([^\\/\s\"':;,<>|]+))"),
        _is_home,
    ),
    Rule(Detector.PHONE, re2.compile(r"(\+[0-9][0-9 ().-]{6,20}[0-9])"), _is_phone),
    Rule(
        Detector.PHONE,
        re2.compile(rf"(?:\A|[^0-9A-Za-z.-])(\(?[0-9]{{3}}\)?[-. ][0-9]{{3}}[-. ][0-9]{{4}}){_END}"),
    ),
    Rule(Detector.PHONE, re2.compile(rf"(?:\A|[^0-9A-Za-z.-])(0[1-9][0-9]{{1,4}}[ /-][0-9]{{5,9}}){_END}")),
    Rule(
        Detector.ACCOUNT,
        re2.compile(rf"(?i:{_START}i-([0-9A-Z]{{4}}-[0-9A-Z]{{4}}-[0-9A-Z]{{4}}){_END})"),
        _is_account,
    ),
    Rule(Detector.ACCOUNT, re2.compile(rf"(?i:{_START}ivpn([0-9A-Z]{{7,8}}){_END})"), _is_account),
    Rule(Detector.ACCOUNT, re2.compile(rf"{_START}([0-9]{{4}}(?:[ -][0-9]{{4}}){{3}}){_END}")),
    Rule(
        Detector.COORDINATES,
        re2.compile(r"(?:\A|[^0-9.])(-?[0-9]{1,2}\.[0-9]{3,})°?[NS]?(?:[,;/|]\s*|\s+)(-?[0-9]{1,3}\.[0-9]{3,})"),
        _is_place,
    ),
    Rule(
        Detector.COORDINATES,
        re2.compile(
            r"(?i:lat(?:itude)?[\"']?\s*[=:]\s*[\"']?(-?[0-9]{1,2}\.[0-9]{2,})[^0-9]{1,24}(-?[0-9]{1,3}\.[0-9]{2,}))"
        ),
        _is_place,
    ),
    Rule(Detector.COORDINATES, re2.compile("([0-9]{1,3}° ?[0-9]{1,2}['\u2032])")),
)
