"""The parameters of one tracking request, from a query string or an object.

Only what is used is decoded. Of ids, orders and words about who and where somebody is, only that they came is noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, unquote_plus

import msgspec

from ingest.hits.wire import WireError

_READ: Final = frozenset({
    "idsite", "rec", "recMode", "url", "urlref", "res", "lang", "e_c", "e_a", "e_n", "link", "download", "idgoal",
    "ping", "ca", "send_image",
})  # fmt: skip
_NOTED: Final = frozenset({"search", "c_n", "c_i", "ma_id", "cra"})
"""What says by being there which kind of action this is. What was searched for is nobody's business."""

_IDS: Final = frozenset({
    "_id", "uid", "cid", "pv_id", "new_visit", "_idts", "_idvc", "_viewts", "_refts", "_ects", "_rcn", "_rck",
    "revenue", "_pks", "_pkn", "_pkc", "_pkp",
    "token_auth", "cip", "cdt", "ua", "country", "region", "city", "lat", "long",
})  # fmt: skip
_OF_ORDERS: Final = "ec_"
_LONGEST_NAME: Final = 32

_Scalar = str | int | float | bool | None
_SCALAR: Final = msgspec.json.Decoder(_Scalar)


class Parameters:
    """What one tracking request says, as far as it is read."""

    __slots__ = ("_texts", "has_ids")

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._texts: dict[str, str] = {}
        self.has_ids = False

    @classmethod
    def of_queries(cls, *queries: bytes) -> Parameters:
        """Read query strings; as in PHP, what comes later replaces what came before."""
        made = cls()
        for query in queries:
            for part in query.split(b"&"):
                name, _, value = part.partition(b"=")
                if value and len(name) <= _LONGEST_NAME:
                    made._take(unquote(name.decode("ascii", "replace")), value)
        return made

    @classmethod
    def of_object(cls, given: Mapping[str, msgspec.Raw]) -> Parameters:
        """Read an object of a bulk request. Raises WireError that names the parameter which is no scalar."""
        made = cls()
        for name, value in given.items():
            made._take_raw(name, bytes(value))
        return made

    def _take(self, name: str, value: bytes) -> None:
        if name in _READ:
            self._texts[name] = unquote_plus(value.decode("utf-8", "replace"))
        else:
            self._note(name)

    def _take_raw(self, name: str, value: bytes) -> None:
        if value in {b"null", b'""'}:
            return
        if name in _READ:
            try:
                self._texts[name] = _text(_SCALAR.decode(value))
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise WireError(f"field {name} has a wrong type or size") from None
        else:
            self._note(name)

    def _note(self, name: str) -> None:
        if name in _NOTED:
            self._texts[name] = "1"
        elif name in _IDS or name.startswith(_OF_ORDERS):
            self.has_ids = True

    def get(self, name: str, longest: int = 2_000) -> str:
        """Return a parameter without blanks around it, or nothing. Raises WireError when it is longer."""
        text = self._texts.get(name, "").strip()
        if len(text) > longest:
            raise WireError(f"field {name} has a wrong type or size")
        return text

    def has(self, *names: str) -> bool:
        """Tell whether any of these was said."""
        return any(name in self._texts for name in names)


def _text(value: _Scalar) -> str:
    """Return a scalar as PHP would write it into a query string."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)
