import asyncio
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from ingest.boundary.address import Address
from ingest.boundary.airlock import ADDRESS, Airlock
from ingest.boundary.proxies import TrustedProxies

TELLING = re.findall(
    r"\S+",
    """x-forwarded-for forwarded x-real-ip x-client-ip true-client-ip cf-connecting-ip cf-connecting-ipv6
cf-pseudo-ipv4 fastly-client-ip x-cluster-client-ip x-original-forwarded-for x-envoy-external-address
x-appengine-user-ip fly-client-ip x-azure-clientip x-azure-socketip x-vercel-forwarded-for x-forwarded forwarded-for
x-remote-ip x-remote-addr x-proxyuser-ip via wl-proxy-client-ip proxy-client-ip x-forwarded-client-ip
x-original-remote-addr x_forwarded_for client_ip x-my-client-ip-2 cloudfront-viewer-address x-nf-client-connection-ip
ali-cdn-real-ip cdn-src-ip x-originating-ip x-host-ip remote-host x-coming-from from cf-iplatitude
x-appengine-citylatlong X-Forwarded-For x-arr-clientip incap-client-ip x-sucuri-clientip x-proxy-realip""",
)
HARMLESS = re.findall(
    r"\S+",
    """host user-agent accept accept-language content-type content-length cookie referer origin sec-gpc dnt
x-sentry-auth authorization x-zip x-script x-equipment content-description x-shipping""",
)


class Inner:
    """An app that keeps the scope that it was given."""

    def __init__(self) -> None:
        self.scope: Scope = {}

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.scope = scope


async def receive() -> Message:
    raise AssertionError("nobody reads in these tests")


async def send(message: Message) -> None:
    raise AssertionError("nobody answers in these tests")


def pass_through(
    headers: list[tuple[bytes, bytes]],
    client: Any,
    *,
    trusted: tuple[str, ...] = (),
    kind: str = "http",
    truncate_first: bool = False,
) -> tuple[Scope, Scope]:
    """Return the scope that the server made and the one that the app got."""
    inner = Inner()
    scope: Scope = {"type": kind, "client": client, "headers": headers, "path": "/"}
    asyncio.run(Airlock(inner, TrustedProxies(trusted), truncate_first=truncate_first)(scope, receive, send))
    return scope, inner.scope


def address_in(scope: Scope) -> Address:
    address = scope[ADDRESS]
    assert isinstance(address, Address)
    return address


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_scope_and_its_list_of_headers_are_edited_in_place(kind: str) -> None:
    headers = [(b"host", b"example.org"), (b"x-real-ip", b"45.83.220.7")]
    scope, inner = pass_through(headers, ("45.83.220.7", 51820), kind=kind)
    assert inner is scope
    assert scope["headers"] is headers
    assert headers == [(b"host", b"example.org")]
    assert scope["client"] is None
    assert address_in(scope).network == "45.83"


def test_a_lifespan_passes_untouched() -> None:
    inner = Inner()
    scope: Scope = {"type": "lifespan", "state": {}}
    asyncio.run(Airlock(inner, TrustedProxies())(scope, receive, send))
    assert inner.scope is scope
    assert scope == {"type": "lifespan", "state": {}}


@pytest.mark.parametrize("name", TELLING)
@pytest.mark.parametrize("trusted", [(), ("10.0.0.0/8",)])
def test_a_header_that_may_hold_an_address_is_removed(name: str, trusted: tuple[str, ...]) -> None:
    headers = [(name.encode(), b"45.83.220.7"), (b"accept", b"*/*")]
    pass_through(headers, ("10.0.0.1", 1), trusted=trusted)
    assert headers == [(b"accept", b"*/*")]


@pytest.mark.parametrize("name", HARMLESS)
def test_other_headers_stay_as_they_are(name: str) -> None:
    headers = [(name.encode(), b"1"), (name.encode(), b"2")]
    pass_through(headers, ("10.0.0.1", 1))
    assert headers == [(name.encode(), b"1"), (name.encode(), b"2")]


@pytest.mark.parametrize(
    "name", [b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-forwarded-prefix"]
)
def test_what_a_proxy_says_of_itself_is_kept_from_a_trusted_one_only(name: bytes) -> None:
    kept, removed = [(name, b"https")], [(name, b"https")]
    pass_through(kept, ("10.0.0.1", 1), trusted=("10.0.0.0/8",))
    pass_through(removed, ("45.83.220.7", 1), trusted=("10.0.0.0/8",))
    assert (kept, removed) == ([(name, b"https")], [])


def test_the_address_comes_from_the_header_of_a_trusted_proxy_only() -> None:
    for client, network in (("10.0.0.1", "2a03:1b20"), ("45.83.220.7", "45.83")):
        headers = [(b"x-forwarded-for", b"8.8.8.8"), (b"x-forwarded-for", b"2a03:1b20::1")]
        scope, _ = pass_through(headers, (client, 1), trusted=("10.0.0.0/8",))
        assert address_in(scope).network == network


@pytest.mark.parametrize("client", [None, ("", 0), ("testclient", 50000), ["45.83.220.7", 1]])
def test_any_peer_is_taken(client: Any) -> None:
    scope, _ = pass_through([], client)
    assert scope["client"] is None
    assert address_in(scope).network in {"unknown", "45.83"}


def test_truncate_first_lets_nothing_behind_the_cut_through() -> None:
    key = bytes(32)
    cut, whole = (
        [address_in(pass_through([], (text, 1), truncate_first=mode)[0]).digest(key) for text in pair]
        for mode, pair in ((True, ("45.83.220.7", "45.83.1.1")), (False, ("45.83.220.7", "45.83.1.1")))
    )
    assert len(set(cut)) == 1
    assert len(set(whole)) == 2


names = st.one_of(
    st.sampled_from([name.encode() for name in TELLING + HARMLESS]),
    st.from_regex(rb"[a-z][a-z_-]{0,20}", fullmatch=True),
    st.binary(min_size=1, max_size=12),
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.tuples(names, st.binary(max_size=30)), max_size=8), st.text(max_size=20))
def test_any_headers_and_any_peer_pass(headers: list[tuple[bytes, bytes]], peer: str) -> None:
    before = list(headers)
    scope, _ = pass_through(headers, (peer, 1), trusted=("0.0.0.0/0", "::/0"))
    assert scope["client"] is None
    assert all(header in before for header in headers)
    assert not {name.lower() for name, _ in headers} & {name.encode().lower() for name in TELLING}
