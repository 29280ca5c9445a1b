"""Markers: random texts without a common prefix, and addresses, each drawn for one place and never again."""

from __future__ import annotations

import ipaddress
import random
import string
from dataclasses import dataclass, field

LENGTH = 14
_FIRST = string.ascii_lowercase
_REST = string.ascii_lowercase + string.digits


@dataclass
class Markers:
    """What was planted: by marker, the place where it was put."""

    random: random.Random
    forbidden: dict[str, str] = field(default_factory=dict)  # may be found nowhere
    kept: dict[str, str] = field(default_factory=dict)  # stands where the closed schema keeps a name
    returned: dict[str, str] = field(default_factory=dict)  # goes back to whoever sent it, and into no file
    addresses: dict[str, str] = field(default_factory=dict)

    def draw(self, place: str) -> str:
        """Draw a marker that may be found nowhere."""
        marker = self._text()
        self.forbidden[marker] = place
        return marker

    def keep(self, place: str) -> str:
        """Draw a marker for a place whose value may be kept."""
        marker = self._text()
        self.kept[marker] = place
        return marker

    def number(self, place: str) -> int:
        """Draw a number of fourteen digits that may be found nowhere."""
        number = self.random.randrange(10**13, 10**14)
        self.forbidden[str(number)] = place
        return number

    def give(self, place: str) -> str:
        """Draw a marker that may go back to whoever sent it."""
        marker = self._text()
        self.returned[marker] = place
        return marker

    def event_id(self) -> str:
        """Draw the id of an event, 32 hex digits, which the protocol gives back."""
        drawn = f"{self.random.getrandbits(128):032x}"
        for at in range(0, len(drawn) - LENGTH + 1, LENGTH):
            self.returned[drawn[at : at + LENGTH]] = "event id"
        return drawn

    def address(self, place: str = "address") -> str:
        """Draw a global address, of either family."""
        while True:
            address: ipaddress.IPv4Address | ipaddress.IPv6Address
            if self.random.random() < 0.5:
                address = ipaddress.IPv4Address(self.random.randrange(1 << 24, 224 << 24))
                telling = int(address) & 0xFFFF > 0xFF
            else:
                first = self.random.choice((0x2600, 0x2A00))
                address = ipaddress.IPv6Address((first << 112) | self.random.getrandbits(116))
                telling = address.sixtofour is None and address.teredo is None
            text = str(address)
            if address.is_global and telling and text not in self.addresses:
                self.addresses[text] = place
                return text

    def _text(self) -> str:
        return self.random.choice(_FIRST) + "".join(self.random.choices(_REST, k=LENGTH - 1))
