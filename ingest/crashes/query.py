"""Parameters of a query string, in which browsers and old SDKs put what others put into headers."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

_LONGEST: Final = 64 << 10
_MOST_PARAMETERS: Final = 32


def parameter_of(query: bytes, name: str) -> str:
    """Return the first value of a parameter that is not empty, or an empty text. Past 64 KiB nothing is read."""
    if not query or len(query) > _LONGEST:
        return ""
    try:
        fields = parse_qsl(query.decode("latin-1"), max_num_fields=_MOST_PARAMETERS)
    except ValueError:  # more fields than any SDK sends
        return ""
    return next((value for field, value in fields if field == name), "")
