"""Every way to get the full address out of an `Address`, or to keep one where values are compared and stored."""

# ruff: noqa: B015, B018, FLY002, PLR0124 - each line is wrong on purpose
from __future__ import annotations

from functools import lru_cache

from ingest.boundary.address import Address

address = Address.read("45.83.220.7")

# the controls: what may be asked
network: str = address.network
blank: str = str(address)

text: str = address  # E: [assignment]
octets: bytes = address  # E: [assignment]
bytes(address)  # E: [call-overload]
int(address)  # E: [call-overload]
"" + address  # E: [operator]
address + ""  # E: [operator]
"".join([address])  # E: [list-item]
address[0]  # E: [index]
len(address)  # E: [arg-type]
address < address  # E: [operator]
list(address)  # E: [call-overload]
address.packed  # E: [attr-defined]
address._Address__inner  # E: [attr-defined]
address.network = "45.83.220.7"  # E: [misc]
address.text = "45.83.220.7"  # E: [attr-defined]


@lru_cache(maxsize=10)
def remember(known: Address) -> str:
    """Keep addresses in a cache."""
    return known.network


remember(address)  # E: [arg-type]
