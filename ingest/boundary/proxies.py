"""Whose forwarding headers are believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import Final

import re2

from ingest.boundary.address import UNKNOWN, Address
from ingest.boundary.networks import Networks

_MOST_HOPS: Final = 32
_LONGEST: Final = 4096  # bytes of all forwarding values together

# RFC 7239, 4: forwarded-pair = token "=" value; value = token / quoted-string. An unquoted address with a
# port is against that grammar but common; no address needs a quoted-pair (a backslash), so none is taken.
_PAIR: Final = re2.compile(rb"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(\"[^\"\\]*\"|[^\",;\\ \t]+)[ \t]*(;|,|\z)")


class TrustedProxies:
    """The operator's own proxies. With none, no forwarding header is ever read."""

    __slots__ = ("_named", "_networks")

    def __init__(self, cidrs: Iterable[str] = ()) -> None:
        """Compile the CIDRs; raise `networks.NotANetworkError` that names the entry that is none."""
        cidrs = tuple(cidrs)
        self._networks = Networks(cidrs)
        self._named = frozenset(host for cidr in cidrs for host in _host(cidr))

    def trusts(self, address: Address) -> bool:
        """Tell whether the address is one of the operator's proxies."""
        return address.is_in(self._networks)

    def names(self, peer: str) -> bool:
        """Tell whether a peer, as the server writes it, is one that the configuration names by itself: no person's."""
        return peer in self._named

    def resolve(self, peer: Address, forwarded_for: Sequence[bytes], forwarded: Sequence[bytes]) -> Address:
        """Return the address of whoever stands before the proxies; unknown when the headers leave a doubt.

        `forwarded_for` and `forwarded` are the values of all X-Forwarded-For and Forwarded headers, in order.
        """
        if not self.trusts(peer) or not (forwarded_for or forwarded):
            return peer
        return self.behind(forwarded_for, forwarded)

    def behind(self, forwarded_for: Sequence[bytes], forwarded: Sequence[bytes]) -> Address:
        """Return the address that a trusted proxy names; unknown when the headers leave a doubt."""
        if forwarded_for and forwarded:
            return Address()  # a proxy writes one of them, so somebody else wrote the other
        hops = _split(forwarded_for) if forwarded_for else _read_forwarded(forwarded)
        if hops is None:
            return Address()
        return Address.read(hops[0]) if len(hops) == 1 else self._first_untrusted(hops)

    def _first_untrusted(self, hops: Sequence[bytes]) -> Address:
        """Walk from the nearest hop to the farthest: what stands before an untrusted hop is its own claim."""
        address = Address()
        for hop in reversed(hops):
            address = Address.read(hop)
            if address.network == UNKNOWN or not self.trusts(address):
                return address
        return address


def _host(cidr: str) -> list[str]:
    """Return the address of a CIDR that holds one, as servers write it."""
    network = ip_network(cidr)
    return [str(network.network_address)] if network.num_addresses == 1 else []


def _split(values: Sequence[bytes]) -> list[bytes] | None:
    """Return the hops of X-Forwarded-For headers, or None when there are too many."""
    joined = b",".join(values)
    if len(joined) > _LONGEST or joined.count(b",") >= _MOST_HOPS:
        return None
    return joined.split(b",")


def _read_forwarded(values: Sequence[bytes]) -> list[bytes] | None:
    """Return the `for` of each element of Forwarded headers, or None when they are not sound."""
    joined = b",".join(values)
    if len(joined) > _LONGEST:
        return None
    hops: list[bytes] = []
    names: set[bytes] = set()
    position = 0
    while position < len(joined):
        pair = _PAIR.match(joined, position)
        if pair is None:
            return None
        name, value, end = pair.groups()
        # RFC 7239, 4: "Each parameter MUST NOT occur more than once per field-value"; names ignore case
        name = name.lower()
        if name in names:
            return None
        names.add(name)
        if name == b"for":
            hops.append(value.strip(b'"'))
        if end != b";":
            if b"for" not in names:
                return None  # an element without `for` hides a hop
            names.clear()
        position = pair.end()
    return None if names or len(hops) > _MOST_HOPS else hops
