"""An address, as a value that can be asked but never read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from hashlib import blake2b
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final, NoReturn, SupportsIndex, final

from ingest.boundary.geo import Countries
from ingest.boundary.networks import Hosting, Networks

UNKNOWN: Final = "unknown"
NON_GLOBAL: Final = "non-global"

_BLANK: Final = "<address>"
_LONGEST: Final = 128  # characters; the longest sound form, bracketed with zone and port, is under 100
_DIGEST_SIZE: Final = 8  # bytes

# IANA IPv4 Special-Purpose Address Registry: every block that is not "Globally Reachable", plus multicast
# (RFC 5771) and the deprecated 6to4 relay anycast (RFC 7526). First and last address of each, in order.
_FOUR_SPECIAL: Final = (
    (0x00000000, 0x00FFFFFF),  # 0.0.0.0/8 this network
    (0x0A000000, 0x0AFFFFFF),  # 10.0.0.0/8 private
    (0x64400000, 0x647FFFFF),  # 100.64.0.0/10 shared, carrier NAT
    (0x7F000000, 0x7FFFFFFF),  # 127.0.0.0/8 loopback
    (0xA9FE0000, 0xA9FEFFFF),  # 169.254.0.0/16 link local
    (0xAC100000, 0xAC1FFFFF),  # 172.16.0.0/12 private
    (0xC0000000, 0xC00000FF),  # 192.0.0.0/24 protocol assignments
    (0xC0000200, 0xC00002FF),  # 192.0.2.0/24 documentation
    (0xC0586300, 0xC05863FF),  # 192.88.99.0/24 6to4 relay anycast
    (0xC0A80000, 0xC0A8FFFF),  # 192.168.0.0/16 private
    (0xC6120000, 0xC613FFFF),  # 198.18.0.0/15 benchmarking
    (0xC6336400, 0xC63364FF),  # 198.51.100.0/24 documentation
    (0xCB007100, 0xCB0071FF),  # 203.0.113.0/24 documentation
    (0xE0000000, 0xFFFFFFFF),  # 224.0.0.0/4 multicast, 240.0.0.0/4 reserved, broadcast
)
_FOUR_MIXED: Final = frozenset(
    first for start, end in _FOUR_SPECIAL for first in range(start >> 24, (end >> 24) + 1)
)  # fmt: skip
"""First octets of which not every address is global: of most, one look tells."""

_FOUR_STARTS: Final = tuple(first for first, _ in _FOUR_SPECIAL)
_FOUR_ENDS: Final = tuple(last for _, last in _FOUR_SPECIAL)


Begun = blake2b
"""A digest that was begun."""


@final
class Address:
    """The address of whoever sent a request; exists in memory only, while the request is served.

    It can be asked for a network (two octets or two groups), a country, membership in sets of networks, and
    keyed digests. Nothing turns it back into text: repr, str and format are blank; pickle, copy, hash and
    iteration raise.
    """

    # __shown       the network, the only text that ever comes out
    # __inner       4 or 16 bytes, unwrapped from every transition form; empty when unknown
    # __wire        4 or 16 bytes that answers are sent to: what sets of networks are asked about
    # __known_bits  how many bits of __wire are real: fewer than all once it is truncated
    # __holder      what identifies the sender: 4 bytes of IPv4, or the 8 of an IPv6 /64
    __slots__ = ("__holder", "__inner", "__known_bits", "__shown", "__wire")

    __shown: str
    __inner: bytes
    __wire: bytes
    __known_bits: int
    __holder: bytes

    def __init__(self) -> None:
        """Make an unknown address; `read` makes all others."""
        self.__shown = UNKNOWN
        self.__inner = self.__wire = self.__holder = b""
        self.__known_bits = 0

    def __init_subclass__(cls) -> None:
        raise TypeError("an address cannot be subclassed: a subclass could read it")

    @classmethod
    def read(cls, text: str | bytes | None) -> Address:
        """Read an address as a peer or a forwarding header gives it; never raises, the unreadable is unknown.

        Takes IPv4 in exactly four decimal parts and IPv6 in any form, each with an optional port, brackets,
        quotes and (IPv6) zone. Octal, hexadecimal and short IPv4 forms are unknown: programs differ on them.
        """
        wire = _pack(text)
        address = cls()
        if wire is None:
            return address
        if len(wire) == 4:
            inner = address.__holder = wire
        else:
            wire = _undress(wire)
            inner = _unwrap(wire)
            # Whoever owns one IPv6 network can write any IPv4 address into an ISATAP interface id. Were that
            # the sender, one host could be as many senders as k asks for. 6to4 and Teredo answer through it.
            address.__holder = wire[:8] if len(inner) == 16 or _is_isatap(wire) else inner
        address.__wire = wire
        address.__inner = inner
        address.__known_bits = len(wire) * 8
        address.__shown = _network_of(inner)
        return address

    def truncated(self) -> Address:
        """Return an address in which nothing behind the cut exists: a.b.0.0, or two groups of IPv6."""
        cut = Address()
        cut.__shown = self.__shown
        cut.__inner = _cut(self.__inner)
        cut.__wire = _cut(self.__wire)
        cut.__holder = _cut(self.__holder)
        cut.__known_bits = min(16 if len(self.__wire) == 4 else 32, self.__known_bits)
        return cut

    @property
    def network(self) -> str:
        """The first two octets ("198.51") or groups ("2001:db8"), or "non-global", or "unknown"."""
        return self.__shown

    def country(self, countries: Countries) -> str:
        """Return the ISO 3166 alpha-2 code, or "" when the address is not global or in no country."""
        if self.__shown in {UNKNOWN, NON_GLOBAL}:
            return ""
        return countries.code_at(self.__inner)

    def is_in(self, networks: Networks) -> bool:
        """Tell whether the address is in one of the operator's networks.

        The address that answers are sent to is compared, not one wrapped in it: an ISATAP interface id that
        claims to be a trusted proxy is not believed. A truncated address is in a network that holds all it
        may stand for.
        """
        return bool(networks) and bool(self.__wire) and networks.cover(self.__wire, self.__known_bits)

    def is_hosting(self, ranges: Hosting) -> bool:
        """Tell whether the address belongs to a hosting company of that list."""
        return self.is_in(ranges)

    def digest(self, key: bytes | bytearray, *parts: bytes) -> bytes:
        """Return 8 bytes: BLAKE2b, keyed with 32 bytes, of the parts and the address.

        Each part is preceded by its length (4 bytes), so that no two lists of parts meet. IPv6 enters as its
        /64: privacy extensions change what is behind it within the day.
        """
        return blake2b(_join(parts) + self.__holder, key=key, digest_size=_DIGEST_SIZE).digest()

    def digest_with(self, begun: Begun, part: bytes | None = None) -> bytes:
        """Return what `digest` does for parts of which all but the last were given to `begin_digest`."""
        state = begun.copy()
        state.update(self.__holder if part is None else len(part).to_bytes(4) + part + self.__holder)
        return state.digest()

    def __repr__(self) -> str:
        return _BLANK

    def __str__(self) -> str:
        return _BLANK

    def __format__(self, spec: str, /) -> str:
        return _BLANK

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]  # no dictionary, set or cache can be keyed by an address

    def __copy__(self) -> NoReturn:
        raise TypeError("an address cannot be copied")

    def __deepcopy__(self, memo: object, /) -> NoReturn:
        raise TypeError("an address cannot be copied")

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise TypeError("an address cannot be pickled")

    def __reduce__(self) -> NoReturn:
        raise TypeError("an address cannot be pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("an address cannot be pickled")


def begin_digest(key: bytes | bytearray, *parts: bytes) -> Begun:
    """Begin the digests that have a key and first parts in common. The state is wiped as it is let go of."""
    return blake2b(_join(parts), key=key, digest_size=_DIGEST_SIZE)


def _join(parts: Iterable[bytes]) -> bytes:
    return b"".join([piece for part in parts for piece in (len(part).to_bytes(4), part)])


def _pack(text: str | bytes | None) -> bytes | None:
    """Turn text into 4 or 16 bytes, or None."""
    if text is None or len(text) > _LONGEST:
        return None
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    packed = _pack_plain(text)
    if packed is None:
        bare = _strip(text)
        packed = None if bare is None else _pack_plain(bare)
    return packed


def _pack_plain(text: str) -> bytes | None:
    """Turn a bare address into bytes. inet_pton takes no octal, hexadecimal or short form (POSIX.1-2017)."""
    try:
        return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except (OSError, ValueError):  # ValueError: a NUL or a lone surrogate
        return None


def _strip(text: str) -> str | None:
    """Take quotes, brackets, port and zone off, or return None if they are not sound."""
    text = text.strip(" \t")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if text.startswith("["):
        # RFC 3986, 3.2.2: IP-literal = "[" IPv6address "]"; RFC 7239, 6: node = nodename [ ":" node-port ]
        text, closed, port = text[1:].partition("]")
        if not closed or ":" not in text or not _is_port_or_nothing(port):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port_or_nothing(":" + port):
            return None
    if "%" in text:
        # RFC 4007, 11: <address>%<zone_id>, for IPv6 only
        text, _, zone = text.partition("%")
        if not zone or ":" not in text:
            return None
    return text


def _is_port_or_nothing(text: str) -> bool:
    """Tell whether text is empty or a colon and a port number."""
    if not text:
        return True
    digits = text[1:]
    return text[0] == ":" and digits.isascii() and digits.isdigit() and len(digits) <= 5 and int(digits) <= 0xFFFF


def _undress(packed: bytes) -> bytes:
    """Return the IPv4 address that this host or its translator shows as IPv6, or the address itself."""
    if packed[:12] == b"\0\0\0\0\0\0\0\0\0\0\xff\xff":
        return packed[12:]  # RFC 4291, 2.5.5.2: IPv4-mapped ::ffff:a.b.c.d
    if packed[:12] == b"\0\0\0\0\0\0\0\0\0\0\0\0" and packed[12]:
        return packed[12:]  # RFC 4291, 2.5.5.1: IPv4-compatible ::a.b.c.d; ::1 and :: are not such
    if packed[:12] == b"\0\x64\xff\x9b\0\0\0\0\0\0\0\0":
        return packed[12:]  # RFC 6052, 2.1: NAT64 well-known prefix 64:ff9b::/96; our own translator wrote it
    return packed


def _unwrap(packed: bytes) -> bytes:
    """Return the IPv4 address that a tunnel's IPv6 address carries, or the address itself."""
    if len(packed) == 4:
        return packed
    if packed[:2] == b"\x20\x02":
        return packed[2:6]  # RFC 3056, 2: 6to4 2002:V4ADDR::/48
    if packed[:4] == b"\x20\x01\0\0":
        # RFC 4380, 4: Teredo 2001::/32, the client's IPv4 address in the last 32 bits, "each bit inverted"
        return bytes(octet ^ 0xFF for octet in packed[12:])
    if _is_isatap(packed):
        return packed[12:]
    return packed


def _is_isatap(packed: bytes) -> bool:
    """Tell whether an IPv6 address ends in an ISATAP interface id.

    RFC 5214, 6.1: ::0:5EFE:a.b.c.d, or ::200:5EFE:a.b.c.d when the IPv4 address is globally unique.
    """
    return packed[8:12] in {b"\0\0\x5e\xfe", b"\x02\0\x5e\xfe"}


def _network_of(packed: bytes) -> str:
    """Return the network of an unwrapped address, as it is shown and kept."""
    if len(packed) == 4:
        if packed[0] in _FOUR_MIXED and not _is_global_four(int.from_bytes(packed)):
            return NON_GLOBAL
        return f"{packed[0]}.{packed[1]}"
    if not _is_global_six(packed):
        return NON_GLOBAL
    return f"{packed[0] << 8 | packed[1]:x}:{packed[2] << 8 | packed[3]:x}"


def _is_global_four(value: int) -> bool:
    """Tell whether an IPv4 address, as an integer, is in no special block."""
    place = bisect_right(_FOUR_STARTS, value)
    return value > _FOUR_ENDS[place - 1]


def _is_global_six(packed: bytes) -> bool:
    """Tell whether an IPv6 address is global unicast that a person can have."""
    if packed[0] & 0xE0 != 0x20:
        return False  # IANA IPv6 address space: 2000::/3 is all of global unicast
    if packed[:2] == b"\x20\x01" and packed[2] & 0xFE == 0:
        return False  # 2001::/23 protocol assignments; Teredo is unwrapped before
    if packed[:4] == b"\x20\x01\x0d\xb8":
        return False  # 2001:db8::/32 documentation
    return packed[:2] != b"\x3f\xff" or packed[2] & 0xF0 != 0  # 3fff::/20 documentation, RFC 9637


def _cut(packed: bytes) -> bytes:
    """Return 4 bytes of IPv4, or 8 or 16 of IPv6, with everything behind 16 or 32 bits zero."""
    kept = 2 if len(packed) == 4 else 4
    return packed[:kept] + bytes(max(0, len(packed) - kept))
