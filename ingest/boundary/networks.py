"""Sets of networks, compiled once from the operator's CIDRs."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self

_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")


class NotANetworkError(ValueError):
    """An entry of the operator's configuration is not a CIDR; says which and what to write."""


class _Ranges:
    """Inclusive, sorted, disjoint ranges of integers."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        starts: list[int] = []
        ends: list[int] = []
        for start, end in sorted(pairs):
            if ends and start <= ends[-1] + 1:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        self._starts = starts
        self._ends = ends

    def __bool__(self) -> bool:
        return bool(self._starts)

    def hold(self, first: int, last: int) -> bool:
        """Tell whether one range holds all of first..last."""
        place = bisect_right(self._starts, first)
        return place > 0 and last <= self._ends[place - 1]


class Networks:
    """A set of CIDRs, IPv4 and IPv6 mixed. An `Address` is asked whether it is in it, never the reverse."""

    __slots__ = ("_four", "_six", "_size")

    def __init__(self, cidrs: Iterable[str] = ()) -> None:
        """Compile `cidrs`; raise NotANetworkError that names the first entry that is none, as `[3]: …`."""
        self._compile([_read_network(text, f"[{position}]") for position, text in enumerate(cidrs)])

    def _compile(self, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> None:
        """Merge networks into sorted ranges."""
        self._size = len(networks)
        self._four = _Ranges(_bounds(network) for network in networks if network.version == 4)
        self._six = _Ranges(_bounds(network) for network in networks if network.version == 6)

    def __len__(self) -> int:
        return self._size

    def cover(self, packed: bytes, known_bits: int) -> bool:
        """Tell whether the block that shares its first `known_bits` with `packed` (4 or 16 bytes) is inside.

        A truncated address stands for its whole block: a /24 inside that block does not cover it.
        """
        ranges = self._four if len(packed) == 4 else self._six
        if not ranges:
            return False
        first = int.from_bytes(packed)
        return ranges.hold(first, first | ((1 << (len(packed) * 8 - known_bits)) - 1))


class Hosting(Networks):
    """Ranges of hosting companies, by the name of the list they came from.

    Logless ships no list: a default `Hosting()` is empty and finds nobody. An operator who wants the class
    gives a file of CIDRs, one a line, `#` begins a comment.
    """

    __slots__ = ("name",)

    def __init__(self, name: str = "", cidrs: Iterable[str] = ()) -> None:
        super().__init__(cidrs)
        self.name = name

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a file of CIDRs; raise NotANetworkError that names file and line, or OSError."""
        lines = path.read_text(encoding="utf-8").splitlines()
        ranges = cls(path.stem)
        ranges._compile(
            [
                _read_network(cidr, f"{path}: line {number}")
                for number, line in enumerate(lines, start=1)
                if (cidr := line.partition("#")[0].strip())
            ]
        )
        return ranges


def _read_network(text: str, place: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Read one CIDR of the operator's configuration; `place` is where it stands."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        remedy = "write it like 198.18.0.0/15 or 2001:db8::/32"
        raise NotANetworkError(f'{place}: "{text}" is not a network; {remedy}') from None
    if ipaddress.ip_address(text.partition("/")[0]) != network.network_address:
        raise NotANetworkError(f'{place}: "{text}" has bits set behind its prefix; write {network}')
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        # Mapped addresses are unwrapped before they are compared, so this entry could never match.
        raise NotANetworkError(f'{place}: "{text}" is IPv4 written as IPv6; write it as IPv4')
    return network


def _bounds(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> tuple[int, int]:
    """Return the first and the last address of a network, as integers."""
    return int(network.network_address), int(network.broadcast_address)
