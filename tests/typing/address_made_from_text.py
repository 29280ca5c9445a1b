"""Every way to put a string where an address belongs."""

from __future__ import annotations

from datetime import date

from ingest.boundary.address import Address
from ingest.boundary.networks import Networks
from ingest.boundary.proxies import TrustedProxies
from ingest.boundary.visitor import DayKeys

text = "45.83.220.7"
day = date(2026, 11, 1)

# the controls: these are right, and no error may be reported on them
sound: Address = Address.read(text)
digest: bytes = DayKeys().sender("example.org", day, sound)

Address(text)  # E: [call-arg]
unread: Address = text  # E: [assignment]
packed: Address = bytes(4)  # E: [assignment]
absent: Address = None  # E: [assignment]
DayKeys().sender("example.org", day, text)  # E: [arg-type]
DayKeys().visitor("example.org", day, text, "agent")  # E: [arg-type]
DayKeys().crash_sender("app:6", day, text, "", "", "")  # E: [arg-type]
TrustedProxies().resolve(text, [], [])  # E: [arg-type]
TrustedProxies().trusts(text)  # E: [arg-type]
Networks().cover(text, 32)  # E: [arg-type]
Address.read(760470535)  # E: [arg-type]
addresses: list[Address] = [sound, text]  # E: [list-item]


class Readable(Address):  # E: [misc]
    """A subclass could add a way out."""


def answer() -> Address:
    """Hand out text as an address."""
    return text  # E: [return-value]
