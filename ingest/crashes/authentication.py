"""Which key a submission bears: every form that a Sentry SDK may use.

https://develop.sentry.dev/sdk/foundations/transport/authentication/. Where several forms are given, the first in the
order query, X-Sentry-Auth, Authorization, envelope header counts.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import re2

from ingest.crashes.query import parameter_of

Headers = Iterable[tuple[bytes, bytes]]

_SENTRY: Final = re2.compile(r"(?i)^\s*sentry[\s,]+(.*)$")
_BASIC: Final = re2.compile(r"(?i)^\s*basic\s+([A-Za-z0-9+/=_-]+)\s*$")
_LONGEST: Final = 4096
_MOST_PARAMETERS: Final = 32


def key_of_request(query: bytes, headers: Headers) -> str | None:
    """Return the public key in a query string or in headers (names in lower case), or None when there is none."""
    key = parameter_of(query, "sentry_key")
    return key if 0 < len(key) <= _LONGEST else _key_of_headers(headers)


def key_of_dsn(dsn: str | None) -> str | None:
    """Return the public key of a DSN, which an envelope's own header may hold, or None.

    The form is `{protocol}://{public}[:{secret}]@{host}{path}/{project}`; the secret is ignored.
    """
    if not dsn or len(dsn) > _LONGEST:
        return None
    try:
        return urlsplit(dsn).username or None
    except ValueError:
        return None


def _key_of_headers(headers: Headers) -> str | None:
    found = {name: value for name, value in headers if name in {b"x-sentry-auth", b"authorization"}}
    sentry = found.get(b"x-sentry-auth", b"")
    other = found.get(b"authorization", b"")
    return _key_of_sentry(sentry) or _key_of_sentry(other) or _key_of_basic(other)


def _key_of_sentry(value: bytes) -> str | None:
    """Read `Sentry sentry_version=7, sentry_key=…, …`; keys that are not known are ignored."""
    match = _SENTRY.match(value[:_LONGEST].decode("latin-1"))
    if match is None:
        return None
    for pair in match.group(1).split(",", _MOST_PARAMETERS):
        name, _, text = pair.partition("=")
        if name.strip() == "sentry_key":
            return text.strip().strip('"') or None
    return None


def _key_of_basic(value: bytes) -> str | None:
    """Read `Basic base64(key:)`."""
    match = _BASIC.match(value[:_LONGEST].decode("latin-1"))
    if match is None:
        return None
    try:
        text = binascii.a2b_base64(match.group(1)).decode("latin-1")
    except (binascii.Error, ValueError):
        return None
    return text.partition(":")[0] or None
