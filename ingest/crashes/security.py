"""Violations of a security policy, as browsers report them: `/security/` and the item `raw_security`.

Read are: https://www.w3.org/TR/CSP3/#deprecated-serialize-violation (`csp-report`) and #report-violation (the list of
the Reporting API), and by their kind alone RFC 9163 (Expect-CT), Expect-Staple and RFC 7469 (pins). Of a violation
are kept: the directive, the basename and line of the site's own script, and what was blocked: a word of a short list,
or the host once k senders share it. The page, its path and referrer, samples of code and the policy are not read.

A violation becomes an event that has nothing else in it, and so goes the way of all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec
import re2

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import WITHHELD, Refusal
from ingest.crashes.sections import MISSING, Raw, Section, is_given, read_list, read_section, read_text, read_whole

RAW_SECURITY: Final = "raw_security"
"""The type of the item."""

SECURITY_TYPES: Final = frozenset(
    {
        b"application/json",
        b"application/csp-report",
        b"application/expect-ct-report",
        b"application/expect-ct-report+json",
        b"application/expect-staple-report",
        b"application/reports+json",
    }
)
"""Content types of a report; any other is answered with 415."""

DIRECTIVES: Final = frozenset(
    {
        *("base-uri", "block-all-mixed-content", "child-src", "connect-src", "default-src", "fenced-frame-src"),
        *("font-src", "form-action", "frame-ancestors", "frame-src", "img-src", "manifest-src", "media-src"),
        *("navigate-to", "object-src", "plugin-types", "prefetch-src", "require-sri-for", "sandbox", "script-src"),
        *("require-trusted-types-for", "script-src-attr", "script-src-elem", "style-src", "style-src-attr"),
        *("style-src-elem", "trusted-types", "upgrade-insecure-requests", "worker-src"),
    }
)
"""Directives that are named; any other is `other`."""

_WORDS: Final = frozenset(
    {
        *("inline", "eval", "wasm-eval", "self", "data", "blob", "about", "filesystem", "mediastream"),
        *("trusted-types-policy", "trusted-types-sink"),
    }
)
_EXTENSIONS: Final = frozenset(
    {"chrome-extension", "moz-extension", "safari-extension", "safari-web-extension", "ms-browser-extension"}
)
_WEB: Final = frozenset({"http", "https", "ws", "wss"})
_KINDS: Final[Mapping[str, str]] = {
    "expect-ct-report": "Expect-CT",
    "expect-staple-report": "Expect-Staple",
    "known-pins": "HPKP",
}
_LONGEST: Final = 64 << 10
_MOST: Final = 100
_HOST: Final = re2.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
_LONGEST_HOST: Final = 100
_LAST_LINE: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation: its kind, the address of the script, its line, and what was blocked (empty: not told)."""

    kind: str  # `CSP:` and a directive, or one of the other kinds
    file: str = ""
    line: int = 0
    blocked: str = ""
    blocked_is_free: bool = True  # a word of the list, and no host


def read_violations(payload: bytes | memoryview) -> Sequence[Violation] | Refusal:
    """Read a report; `BAD_JSON` when it is none, `TOO_LARGE` past 64 KiB or 100 violations.

    A list of the Reporting API may hold other kinds of reports, which are passed over.
    """
    if len(payload) > _LONGEST:
        return Refusal.TOO_LARGE
    raw = Raw(bytes(payload))
    section = read_section(raw)
    if section is not None:
        violation = _read_report(section)
        return Refusal.BAD_JSON if violation is None else [violation]
    entries = read_list(raw)
    if entries is None:
        return Refusal.BAD_JSON
    if len(entries) > _MOST:
        return Refusal.TOO_LARGE
    return [_read_policy(body) for entry in entries if (body := _body_of(entry)) is not None]


def event_of(violation: Violation, release: str, environment: str) -> bytes:
    """Return an event, as JSON, that says no more than a violation does."""
    frames = [{"filename": violation.file, "lineno": violation.line, "in_app": True}] if violation.file else []
    exception = {"type": violation.kind, "stacktrace": {"frames": frames}}
    event = {"platform": "javascript", "level": "warning", "exception": {"values": [exception]}}
    return msgspec.json.encode(event | {"release": release, "environment": environment})


def _read_report(section: Section) -> Violation | None:
    policy = read_section(section.get("csp-report", MISSING))
    if policy is not None:
        return _read_policy(policy)
    kind = next((kind for key, kind in _KINDS.items() if is_given(section.get(key, MISSING))), None)
    return None if kind is None else Violation(kind)


def _body_of(entry: Raw) -> Section | None:
    """Return the body of an entry of the Reporting API, if it is about a content security policy."""
    section = read_section(entry) or {}
    if read_text(section.get("type", MISSING)) != "csp-violation":
        return None
    return read_section(section.get("body", MISSING))


def _read_policy(policy: Section) -> Violation:
    # The names are of `csp-report`, then of the Reporting API.
    told = _text(policy, "effective-directive", "effectiveDirective") or _text(policy, "violated-directive")
    directive = next(iter(told.lower().split()), "")
    blocked = _blocked(_text(policy, "blocked-uri", "blockedURL"), _text(policy, "document-uri", "documentURL"))
    file = _text(policy, "source-file", "sourceFile")
    line = read_whole(policy.get("line-number", policy.get("lineNumber", MISSING)))
    return Violation(
        kind=f"CSP:{directive if directive in DIRECTIVES else 'other'}",
        # The script of an extension is none of the site's: which ones somebody has may tell who it is.
        file=file if _scheme(file) in {"http", "https"} else "",
        line=line if line is not None and 0 < line <= _LAST_LINE else 0,
        blocked=blocked,
        blocked_is_free=blocked in _WORDS or blocked in {"", "extension", "other", WITHHELD},
    )


def _text(section: Section, *names: str) -> str:
    return next((text for name in names if (text := read_text(section.get(name, MISSING)))), "")


def _blocked(address: str, page: str) -> str:
    """Return what was blocked: a word, the kind of an address, or its host."""
    word = address.strip().lower()
    if not word or word in _WORDS:
        return word
    scheme = _scheme(word)
    if scheme in _WORDS or scheme in _EXTENSIONS:
        return scheme if scheme in _WORDS else "extension"
    if scheme not in _WEB:
        return "other"
    host = _host(word)
    if host and host == _host(page):
        return "self"
    fits = len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) is not None
    return host if fits and find_identifier(host) is None else WITHHELD


def _scheme(address: str) -> str:
    return address.partition(":")[0].lower() if ":" in address else ""


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
