"""Where on the web a message may go: public addresses, looked up once and held to.

A name is resolved by ourselves, every address that it leads to is looked at, and the connection goes to one of them.
A name that leads elsewhere the next time it is asked for cannot lead us inside.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from dashboards.alerts.faults import DeliveryError, Fault

LONGEST: Final = 1_000
TIMEOUT: Final = 10.0
"""Seconds for a whole exchange."""

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that is meant."""
_ANSWER: Final = 256
"""Bytes that are read of an answer: its first line."""


class TargetError(Exception):
    """This is no address that messages can be sent to; the message says what is."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address on the web."""

    is_secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


def read_target(url: str, *, allows_private: bool) -> Target:
    """Return the target of a URL. Raises TargetError, which repeats nothing of it."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise TargetError(f"A webhook is an address of up to {LONGEST} ASCII characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetError("This is not an address.") from error
    if parts.scheme != "https" and not (allows_private and parts.scheme == "http"):
        raise TargetError("A webhook begins with https://.")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetError("A webhook is an address with a host, without a user name and without a fragment.")
    is_secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_secure, parts.hostname, port or (443 if is_secure else 80), path)


def is_public(address: str) -> bool:
    """Tell whether an address is somebody's on the internet, also when it is wrapped in another kind of address."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast
    return found.is_global and not found.is_multicast and all(is_public(str(inner)) for inner in _wrapped(found))


def _wrapped(address: IPv6Address) -> list[IPv4Address]:
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in inner if one is not None]


def resolve(target: Target, *, allows_private: bool) -> list[str]:
    """Return the addresses of a target. Raises DeliveryError, also when only one of them is not public."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryError(Fault.UNRESOLVED) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allows_private and not all(is_public(address) for address in addresses):
        raise DeliveryError(Fault.PRIVATE)
    return addresses


def post(target: Target, addresses: list[str], headers: dict[str, str], body: bytes, seconds: float = TIMEOUT) -> int:
    """Post a body to one of some addresses and return the status of the answer, of which no more is read.

    Raises DeliveryError. There is no redirect that could be followed, and no proxy in between.
    """
    until = time.monotonic() + seconds
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}", f"Content-Length: {len(body)}"]
    lines += ["Connection: close", *(f"{name}: {value}" for name, value in headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode("ascii") + body
    try:
        with _connect(target, addresses, until) as connection:
            connection.sendall(request)
            return _read_status(connection, until)
    except TimeoutError as error:
        raise DeliveryError(Fault.TIMEOUT) from error
    except ssl.SSLError as error:
        raise DeliveryError(Fault.TLS) from error
    except OSError as error:
        raise DeliveryError(Fault.UNREACHABLE) from error


def _connect(target: Target, addresses: list[str], until: float) -> socket.socket:
    error: OSError = TimeoutError()
    for address in addresses:
        try:
            connection = socket.create_connection((address, target.port), timeout=_left(until))
        except OSError as failed:
            error = failed
            continue
        if not target.is_secure:
            return connection
        try:
            # The certificate is for the name, whatever the address.
            return ssl.create_default_context().wrap_socket(connection, server_hostname=target.host)
        except BaseException:
            connection.close()
            raise
    raise error


def _read_status(connection: socket.socket, until: float) -> int:
    answer = b""
    while b"\n" not in answer and len(answer) < _ANSWER:
        connection.settimeout(_left(until))
        part = connection.recv(_ANSWER)
        if not part:
            break
        answer += part
    words = answer.partition(b"\n")[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit() or len(words[1]) != 3:
        raise DeliveryError(Fault.BROKEN)
    return int(words[1])


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
