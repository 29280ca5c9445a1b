"""The operator's own format, copied from `log_format` of nginx or `LogFormat` of Apache."""

from __future__ import annotations

from typing import Any, Final

import re2

from ingest.hits.logs.combined import Unescape
from ingest.hits.logs.told import Told

_NAMED: Final = {
    # nginx
    "$remote_addr": "address", "$time_local": "stamp", "$time_iso8601": "stamp", "$msec": "stamp",
    "$request": "request", "$request_method": "method", "$request_uri": "target", "$status": "status",
    "$http_referer": "referrer", "$http_user_agent": "agent", "$host": "host", "$http_host": "host",
    "$server_name": "host", "$sent_http_content_type": "content", "$http_accept_language": "accept-language",
    "$http_dnt": "dnt", "$http_sec_gpc": "sec-gpc",
    # Apache
    "%h": "address", "%a": "address", "%t": "stamp", "%r": "request", "%m": "method", "%U": "path", "%q": "query",
    "%s": "status", "%>s": "status", "%v": "host", "%V": "host", "%{referer}i": "referrer",
    "%{user-agent}i": "agent", "%{host}i": "host", "%{content-type}o": "content",
    "%{accept-language}i": "accept-language", "%{dnt}i": "dnt", "%{sec-gpc}i": "sec-gpc",
}  # fmt: skip
"""What the fields are called, and what each tells. A field that is not here is passed over."""

_HEADERS: Final = ("accept-language", "dnt", "sec-gpc")
_FIELD: Final = r"\$\{?[a-z_0-9]+\}?|%[<>]?(?:\{[^}]*\})?\^?[a-zA-Z]{1,2}"


class PatternError(ValueError):
    """The format tells too little; the message names what is missing."""


class PatternReader:
    """Reads lines of one format."""

    def __init__(self, pattern: str) -> None:
        """Take the format. Raises PatternError."""
        self._escape = Unescape()
        self._names: list[str] = []
        self._line = re2.compile(self._compile(pattern).encode())
        wanted = {"address": ("address",), "time": ("stamp",), "status": ("status",)}
        missing = [word for word, names in wanted.items() if not any(name in self._names for name in names)]
        if "request" not in self._names and not {"target", "path"} & set(self._names):
            missing.append("request")
        if missing:
            raise PatternError(f"--format tells no {', no '.join(missing)}: copy the log_format of the server")
        self.has_agent = "agent" in self._names

    def _compile(self, pattern: str) -> str:
        pieces, at = ["(?s)"], 0
        for field in re2.finditer(_FIELD, pattern):
            literal = pattern[at : field.start()]
            at = field.end()
            pieces.append(re2.escape(literal))
            known = _NAMED.get(_plain_name(field[0]), "")
            known = "" if known in self._names else known
            quoted = literal.endswith('"') and pattern[at : at + 1] == '"'
            inside = r'(?:[^"\\]|\\.)*' if quoted else r".*?"
            if field[0] == "%t":
                inside, pieces = r"[^\]]*", [*pieces, r"\["]
            pieces.append(f"({inside})" if known else f"(?:{inside})")
            if field[0] == "%t":
                pieces.append(r"\]")
            if known:
                self._names.append(known)
        pieces.append(re2.escape(pattern[at:]))
        return "".join(pieces) + r"\s*\z"

    def read(self, line: bytes) -> Told | None:
        """Return what a line tells, or None when it is none."""
        found: Any = self._line.match(line)
        if found is None:
            return None
        plain = self._escape.undo
        told = {name: plain(value) for name, value in zip(self._names, found.groups(), strict=True)}
        told = {name: b"" if value == b"-" else value for name, value in told.items()}
        method, target = told.get("method", b"GET"), told.get("target", told.get("path", b"") + told.get("query", b""))
        if "request" in told:
            method, _, rest = told["request"].partition(b" ")
            target, _, protocol = rest.rpartition(b" ")
            if protocol[:5] != b"HTTP/":
                return None
        if not told["status"].isdigit():
            return None
        return Told(
            address=told["address"],
            stamp=told["stamp"],
            method=method,
            target=target,
            status=told["status"],
            referrer=told.get("referrer", b""),
            agent=told.get("agent", b""),
            host=told.get("host", b""),
            content=told.get("content", b""),
            headers=tuple((name.encode(), told[name]) for name in _HEADERS if told.get(name)),
        )


def _plain_name(field: str) -> str:
    """Return a field without the braces that nginx allows, and a header's name in lower case, as Apache reads it."""
    if field.startswith("$"):
        return field.replace("{", "").replace("}", "")
    return field.lower() if "{" in field else field
