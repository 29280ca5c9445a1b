"""The airlock: the outermost ASGI class, behind which no request has an address."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.boundary.address import Address
from ingest.boundary.proxies import TrustedProxies

ADDRESS: Final = "logless.address"
"""The key of the scope under which the `Address` is found."""

_HARMLESS: Final = frozenset(
    b"""accept accept-encoding accept-language access-control-request-headers access-control-request-method
    authorization cache-control connection content-encoding content-length content-type cookie dnt host
    if-modified-since if-none-match keep-alive origin pragma priority referer sec-ch-ua sec-ch-ua-mobile
    sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user sec-gpc te
    transfer-encoding upgrade-insecure-requests user-agent x-sentry-auth""".split()
)
"""Names that are kept without a closer look: what browsers and SDKs send with every request."""

_TELLING_WORDS: Final = frozenset(
    b"""addr address from ip ipaddress ipaddr ips ipv4 ipv6 latitude longitude latlong citylatlong peer
    peername via""".split()
)
"""Words of header names under which proxies and content networks write who is behind them, or where."""

_TELLING_PARTS: Final = tuple(
    b"""client-host clientip forwarded iplatitude iplongitude originip proxyuser realip remote-host remoteaddr
    remoteip socketip sourceip srcip userip visitorip""".split()
)
"""The same, run together with other letters."""

_PROXYS_OWN: Final = frozenset({b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-forwarded-prefix"})
"""Where a trusted proxy says how it was reached. They name no person; from anyone else they are a lie."""


class Airlock:
    """Takes peer and forwarding headers out of every scope and puts an opaque `Address` in.

    The scope is edited in place: the server keeps the one it made, and writes its access log and its errors
    from it. A middleware that hands on a cleaned copy leaves the address where it was.
    """

    __slots__ = ("_app", "_proxies", "_truncate_first")

    def __init__(self, app: ASGIApp, proxies: TrustedProxies, *, truncate_first: bool = False) -> None:
        """Wrap `app`. With `truncate_first` nothing behind the cut exists past this class."""
        self._app = app
        self._proxies = proxies
        self._truncate_first = truncate_first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Clean the scope, then call the app.

        This frame is in every traceback behind it, and error reporters show the locals of frames: none of its
        locals ever holds an address.
        """
        if scope["type"] in {"http", "websocket"}:
            self.enter(scope)
        await self._app(scope, receive, send)

    def enter(self, scope: Scope) -> None:
        """Clean the scope of a request in place, and put in the address of whoever sent it."""
        scope[ADDRESS] = self._clean(scope)

    def _clean(self, scope: Scope) -> Address:
        client = scope.get("client")
        scope["client"] = None
        proxies, text = self._proxies, client[0] if client else None
        named = text is not None and proxies.names(text)
        peer = Address() if named else Address.read(text)
        forwarded_for, forwarded = _clean(scope["headers"], keep_proxys_own=named or proxies.trusts(peer))
        if named and (forwarded_for or forwarded):
            address = proxies.behind(forwarded_for, forwarded)
        else:
            address = proxies.resolve(Address.read(text) if named else peer, forwarded_for, forwarded)
        return address.truncated() if self._truncate_first else address


def _clean(headers: list[tuple[bytes, bytes]], *, keep_proxys_own: bool) -> tuple[list[bytes], list[bytes]]:
    """Remove in place every header that may hold an address; return X-Forwarded-For and Forwarded values."""
    kept = []
    forwarded_for = []
    forwarded = []
    for header in headers:
        name = header[0]
        if name in _HARMLESS:
            kept.append(header)
            continue
        name = name.lower()
        if name == b"x-forwarded-for":
            forwarded_for.append(header[1])
        elif name == b"forwarded":
            forwarded.append(header[1])
        elif (name in _PROXYS_OWN and keep_proxys_own) or not _may_tell(name):
            kept.append(header)
    headers[:] = kept
    return forwarded_for, forwarded


def _may_tell(name: bytes) -> bool:
    """Tell whether a header of that lower-case name may hold the address of a person."""
    dashed = name.replace(b"_", b"-")
    if not _TELLING_WORDS.isdisjoint(dashed.split(b"-")):
        return True
    return any(part in dashed for part in _TELLING_PARTS)
