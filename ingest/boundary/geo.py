"""The country of an address, from a database file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final, Self

import maxminddb

SHIPPED: Final = "iptoasn-country.mmdb"
_REMEDY: Final = "give an MMDB file of countries (ip-location-db, DB-IP, MaxMind) or remove it to use the one shipped"
_ENOUGH: Final = 0.5  # of the records must name a country: else it is a database of something else


class CountriesError(Exception):
    """A country database cannot be used; says which file and what to do."""


class Countries:
    """A database of countries, mapped into memory; an `Address` asks it, nobody else has what it wants.

    It has no cache: the last thousands of addresses would live in it.
    """

    __slots__ = ("_reader", "_six")

    def __init__(self, reader: maxminddb.Reader) -> None:
        self._reader = reader
        self._six = reader.metadata().ip_version == 6

    @classmethod
    def open(cls, path: Path | None = None) -> Self:
        """Open the operator's file, or the one shipped with Logless; raise CountriesError with a remedy."""
        return cls(_open(shipped() if path is None else path))

    @classmethod
    def check(cls, path: Path) -> int:
        """Read a file from end to end; return how many networks it names, or raise CountriesError."""
        with cls.open(path) as countries:
            try:
                networks, named = countries.count()
            except (maxminddb.InvalidDatabaseError, ValueError, RuntimeError):
                raise CountriesError(f"{path}: the country database is corrupt: {_REMEDY}") from None
        if named < _ENOUGH * networks or not named:
            raise CountriesError(f"{path}: {named} of {networks} records name a country: {_REMEDY}")
        return networks

    def code_at(self, packed: bytes) -> str:
        """Return the ISO 3166 alpha-2 code for 4 or 16 bytes of a global address, or ""."""
        if len(packed) == 16 and not self._six:
            return ""
        try:
            # As text, which the extension reads four times as fast as it asks an object of `ipaddress`.
            record = self._reader.get(inet_ntop(AF_INET if len(packed) == 4 else AF_INET6, packed))
        except maxminddb.InvalidDatabaseError:
            return ""  # raised on, the error and its frames would carry the address into reports
        return _code_in(record)

    def count(self) -> tuple[int, int]:
        """Return how many networks there are, and how many of them name a country."""
        networks = named = 0
        for _, record in self._reader:
            networks += 1
            named += _code_in(record) != ""
        return networks, named

    def close(self) -> None:
        """Unmap the file."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def shipped() -> Path:
    """Return the path of the database that comes with Logless."""
    return Path(str(files("ingest.boundary") / "data" / SHIPPED))


def _open(path: Path) -> maxminddb.Reader:
    """Map a file with the C extension, which is the only one that is fast enough."""
    try:
        return maxminddb.open_database(path, maxminddb.MODE_MMAP_EXT)
    except FileNotFoundError:
        raise CountriesError(f"{path}: no such country database: {_REMEDY}") from None
    except OSError as error:
        raise CountriesError(f"{path}: cannot be read ({error.strerror}): {_REMEDY}") from None
    except (maxminddb.InvalidDatabaseError, ValueError):
        raise CountriesError(f"{path}: not a country database: {_REMEDY}") from None


def _code_in(record: object) -> str:
    """Return the code of a record: `country_code` (ip-location-db) or `country.iso_code` (MaxMind, DB-IP)."""
    if not isinstance(record, dict):
        return ""
    code = record.get("country_code")
    country = record.get("country")
    if code is None and isinstance(country, dict):
        code = country.get("iso_code")
    return code if isinstance(code, str) and _is_code(code) else ""


def _is_code(text: str) -> bool:
    """Tell whether text is written like an ISO 3166 alpha-2 code."""
    return len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()
