import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.boundary.address import UNKNOWN, Address
from ingest.boundary.networks import NotANetworkError
from ingest.boundary.proxies import TrustedProxies

PROXIES = TrustedProxies(["10.0.0.0/8", "2a00:1450::/32"])
PEER = Address.read("10.0.0.1")
property_test = settings(derandomize=True, max_examples=300, deadline=None)


def network_by(forwarded_for: list[bytes], forwarded: list[bytes] | None = None) -> str:
    return PROXIES.resolve(PEER, forwarded_for, forwarded or []).network


@pytest.mark.parametrize(
    ("values", "network"),
    [
        ([b"45.83.220.7"], "45.83"),
        ([b"8.8.8.8, 45.83.220.7"], "45.83"),  # what stands before an untrusted hop is its own claim
        ([b"8.8.8.8", b"45.83.220.7"], "45.83"),
        ([b"45.83.220.7, 10.1.1.1, 10.2.2.2"], "45.83"),
        ([b"45.83.220.7,10.1.1.1 , 2a00:1450::1"], "45.83"),
        ([b"45.83.220.7:51820"], "45.83"),
        ([b"[2a03:1b20::1]:443"], "2a03:1b20"),
        ([b"2a03:1b20::1"], "2a03:1b20"),
        ([b"10.1.1.1, 10.2.2.2"], "non-global"),  # a visitor inside the operator's network
        ([b"45.83.220.7, garbage"], UNKNOWN),
        ([b"garbage, 45.83.220.7"], "45.83"),  # never looked at
        ([b"garbage, 10.1.1.1"], UNKNOWN),
        ([b""], UNKNOWN),
        ([b"45.83.220.7,"], UNKNOWN),
        ([b"unknown"], UNKNOWN),
        ([b"010.1.1.1"], UNKNOWN),
        ([b"2a03:1b20::5efe:10.0.0.1"], "non-global"),  # claims to be a proxy, and is not believed
        ([b"45.83.220.7, 2a03:1b20::5efe:10.0.0.1"], "non-global"),
        ([b",".join([b"45.83.220.7"] + [b"10.0.0.1"] * 31)], "45.83"),
        ([b",".join([b"45.83.220.7"] + [b"10.0.0.1"] * 32)], UNKNOWN),
        ([b"45.83.220.7" + b" " * 4096 + b",10.0.0.1"], UNKNOWN),
    ],
)
def test_x_forwarded_for(values: list[bytes], network: str) -> None:
    assert network_by(values) == network


@pytest.mark.parametrize(
    ("values", "network"),
    [
        ([b"for=45.83.220.7"], "45.83"),
        ([b"For=45.83.220.7;proto=https;by=10.0.0.1"], "45.83"),
        ([b'proto=https; for="45.83.220.7:443" , for=10.0.0.2'], "45.83"),
        ([b'for="[2a03:1b20::1]"', b"for=10.0.0.2"], "2a03:1b20"),
        ([b'for="[2a03:1b20::1]:443";proto=http'], "2a03:1b20"),
        ([b"for=45.83.220.7:443"], "45.83"),
        ([b"for=8.8.8.8, for=45.83.220.7"], "45.83"),
        ([b"for=unknown"], UNKNOWN),
        ([b"for=_hidden"], UNKNOWN),
        ([b"proto=https"], UNKNOWN),
        ([b"for=8.8.8.8;for=45.83.220.7"], UNKNOWN),
        ([b"for=45.83.220.7, proto=https"], UNKNOWN),
        ([b"for=45.83.220.7;"], UNKNOWN),
        ([b"for="], UNKNOWN),
        ([b'for="45.83.220.7'], UNKNOWN),
        ([b'for="45.83.220.7\\""'], UNKNOWN),
        ([b"45.83.220.7"], UNKNOWN),
        ([b""], UNKNOWN),
        ([b",".join([b"for=45.83.220.7"] + [b"for=10.0.0.1"] * 31)], "45.83"),
        ([b",".join([b"for=45.83.220.7"] + [b"for=10.0.0.1"] * 32)], UNKNOWN),
        ([b"for=45.83.220.7;secret=" + b"x" * 4096], UNKNOWN),
    ],
)
def test_forwarded(values: list[bytes], network: str) -> None:
    assert network_by([], values) == network


def test_both_families_leave_a_doubt() -> None:
    assert network_by([b"45.83.220.7"], [b"for=45.83.220.7"]) == UNKNOWN


def test_a_peer_that_is_not_trusted_is_taken_at_its_address() -> None:
    stranger = Address.read("93.184.215.14")
    assert PROXIES.resolve(stranger, [b"45.83.220.7"], []).network == "93.184"
    assert PROXIES.resolve(stranger, [b"45.83.220.7"], [b"for=8.8.8.8"]).network == "93.184"
    assert TrustedProxies().resolve(PEER, [b"45.83.220.7"], []).network == "non-global"


def test_a_trusted_peer_without_headers_is_itself() -> None:
    assert PROXIES.resolve(PEER, [], []) is PEER


def test_a_peer_seen_as_mapped_is_trusted_and_one_that_claims_to_be_is_not() -> None:
    assert PROXIES.trusts(Address.read("::ffff:10.0.0.1"))
    assert not PROXIES.trusts(Address.read("2a03:1b20::5efe:10.0.0.1"))
    assert not PROXIES.trusts(Address())


def test_a_bad_entry_is_named() -> None:
    with pytest.raises(NotANetworkError, match=r'^\[0\]: "10\.0\.0\.1/8" has bits set'):
        TrustedProxies(["10.0.0.1/8"])


pieces = st.sampled_from(
    [
        b"for=",
        b"For=",
        b"by=",
        b";",
        b",",
        b'"',
        b"\\",
        b" ",
        b"45.83.220.7",
        b"10.0.0.1",
        b"[::1]",
        b":80",
        b"\xff",
        b"x=",
    ]
)


@property_test
@given(st.lists(pieces, max_size=20), st.lists(pieces, max_size=20))
def test_no_header_makes_it_raise(first: list[bytes], second: list[bytes]) -> None:
    network_by([b"".join(first)], [b"".join(second)])
    network_by([], [b"".join(first), b"".join(second)])
    network_by([b"".join(first), b"".join(second)])


@property_test
@given(st.lists(st.sampled_from([b"8.8.8.8", b"10.9.9.9", b"junk", b"2a03::1"]), max_size=10))
def test_a_client_cannot_choose_its_address(claims: list[bytes]) -> None:
    """Whatever the client writes, the proxy appends what it saw, and that wins."""
    assert network_by([b", ".join([*claims, b"45.83.220.7"])]) == "45.83"
    elements = [b"for=" + claim for claim in claims if b":" not in claim]
    assert network_by([], [b", ".join([*elements, b"for=45.83.220.7"])]) == "45.83"
