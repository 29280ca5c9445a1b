"""Why a message did not arrive: a closed list, which is all that is kept of an attempt."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """A reason."""

    PRIVATE = "private"
    UNRESOLVED = "unresolved"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    REDIRECT = "redirect"
    REFUSED = "refused"
    BUSY = "busy"
    BROKEN = "broken"
    NO_MAIL = "no_mail"


MEANINGS: Final = {
    Fault.PRIVATE: "its name leads to a private address, which messages are not sent to",
    Fault.UNRESOLVED: "its name leads nowhere",
    Fault.UNREACHABLE: "nobody answered there",
    Fault.TIMEOUT: "the answer took too long",
    Fault.TLS: "its certificate is not valid",
    Fault.REDIRECT: "it answered with a redirect, which is not followed",
    Fault.REFUSED: "it refused the message",
    Fault.BUSY: "it asked to try later",
    Fault.BROKEN: "it answered something that is not understood",
    Fault.NO_MAIL: "this server has no [mail] section",
}

FINAL: Final = frozenset({Fault.REDIRECT, Fault.REFUSED, Fault.NO_MAIL})
"""What another attempt does not mend."""


class DeliveryError(Exception):
    """A message did not arrive."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault
