import copy
import gc
import ipaddress
import json
import pickle
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.boundary.address import NON_GLOBAL, UNKNOWN, Address
from ingest.boundary.networks import Hosting, Networks

FOUR = "45.83.220.7"
SIX = "2a03:1b20:5:f011::a01f"
KEY = bytes(range(32))
property_test = settings(derandomize=True, max_examples=400, deadline=None)


class Vector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    input: str
    network: str


class Vectors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vector: list[Vector]


def load(text: str) -> list[Vector]:
    return msgspec.convert(tomllib.loads(text), Vectors).vector


VECTORS = load((Path(__file__).parent / "addresses.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector(vector: Vector) -> None:
    assert Address.read(vector.input).network == vector.network


def test_vectors_are_many_and_none_is_there_twice() -> None:
    assert len(VECTORS) >= 60
    assert len({vector.name for vector in VECTORS}) == len({vector.input for vector in VECTORS}) == len(VECTORS)
    assert {NON_GLOBAL, UNKNOWN} < {vector.network for vector in VECTORS}


def test_the_loader_of_vectors_rejects_a_misspelt_key() -> None:
    with pytest.raises(msgspec.ValidationError, match="netwrok"):
        load('[[vector]]\nname = "a"\ninput = "b"\nnetwork = "c"\nnetwrok = "d"')


def test_bytes_and_text_are_read_alike() -> None:
    for vector in VECTORS:
        if vector.input.isascii():
            assert Address.read(vector.input.encode()).network == vector.network
    assert Address.read(None).network == UNKNOWN


# --- what comes out ---------------------------------------------------------------------------------------

fours = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
sixes = st.integers(0, 2**125 - 1).map(lambda low: ipaddress.IPv6Address(1 << 125 | low))  # 2000::/3


@property_test
@given(fours, st.integers(0, 2**16 - 1))
def test_a_network_tells_no_more_than_16_bits_of_ipv4(address: ipaddress.IPv4Address, low: int) -> None:
    other = ipaddress.IPv4Address(int(address) >> 16 << 16 | low)
    mine, others = Address.read(str(address)).network, Address.read(str(other)).network
    assert mine == others or NON_GLOBAL in {mine, others}
    assert mine in {NON_GLOBAL, ".".join(str(address).split(".")[:2])}


@property_test
@given(sixes, st.integers(0, 2**96 - 1))
@example(ipaddress.IPv6Address("2002:808:404::1"), 1)
@example(ipaddress.IPv6Address("2a03::5efe:8.8.4.4"), 1)
def test_a_network_tells_no_more_than_32_bits_of_ipv6(address: ipaddress.IPv6Address, low: int) -> None:
    network = Address.read(str(address)).network
    if ":" in network:  # not unwrapped to IPv4
        first, second = (int(group, 16) for group in network.split(":"))
        assert first << 16 | second == int(address) >> 96
        other = Address.read(str(ipaddress.IPv6Address(int(address) >> 96 << 96 | low))).network
        assert other in {network, NON_GLOBAL} or "." in other
    else:
        assert network == NON_GLOBAL or len(network.split(".")) == 2


def cut_at_48(text: str) -> str:
    """The leaky variant: what "mask 80 bits of IPv6" does elsewhere."""
    return str(ipaddress.IPv6Network((text, 48), strict=False).network_address)


def test_the_leaky_variant_is_caught() -> None:
    leaky = cut_at_48("2002:808:404::1")
    assert ipaddress.IPv6Address(leaky).sixtofour == ipaddress.IPv4Address("8.8.4.4")  # all of it
    assert Address.read("2002:808:404::1").network == "8.8"


@property_test
@given(fours)
def test_every_wrapping_of_an_ipv4_address_gives_its_network(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    prefix = 0x2A031B20 << 96
    wrapped = [0xFFFF << 32 | number, 0x2002 << 112 | number << 80 | 1, 0x64FF9B << 96 | number,
               0x20010000 << 96 | 0x4136E378 << 64 | (number ^ 0xFFFFFFFF), prefix | 0x5EFE << 32 | number,
               prefix | 0x02005EFE << 32 | number]  # fmt: skip
    if number >> 24:
        wrapped.append(number)  # ::a.b.c.d
    plain = Address.read(str(inner)).network
    assert {Address.read(str(ipaddress.IPv6Address(whole))).network for whole in wrapped} == {plain}


@property_test
@given(fours)
def test_global_means_what_the_registry_means(address: ipaddress.IPv4Address) -> None:
    # 192.88.99.0/24 is global to Python and a relay to us; multicast is global to both Python and nobody's address;
    # of 192.0.0.0/24, which the registry calls not global as a whole, older Pythons know a few addresses only.
    assigned = any(address in ipaddress.IPv4Network(each) for each in ("192.88.99.0/24", "192.0.0.0/24"))
    theirs = address.is_global and not address.is_multicast and not assigned
    assert (Address.read(str(address)).network != NON_GLOBAL) == theirs


hostile = st.one_of(
    st.text(max_size=200),
    st.binary(max_size=200),
    st.text(alphabet='0123456789abcdefABCDEFxX:.%[]"/ \t\0-_', max_size=60),
    st.sampled_from([vector.input for vector in VECTORS]).flatmap(
        lambda text: st.builds(lambda tail: text + tail, st.text(alphabet=':.%[]"0f\0\ud800', max_size=4))
    ),
)


@property_test
@given(hostile)
def test_nothing_makes_read_raise(text: str | bytes) -> None:
    address = Address.read(text)
    assert address.network in {UNKNOWN, NON_GLOBAL} or len(address.network) <= 9
    assert len(address.digest(KEY)) == 8
    assert address.truncated().network == address.network


# --- what does not ----------------------------------------------------------------------------------------

WAYS_OUT: dict[str, Callable[[Any], object]] = {
    "pickle": pickle.dumps,
    "pickle, oldest": lambda address: pickle.dumps(address, protocol=0),
    "reduce": lambda address: address.__reduce__(),
    "state": lambda address: address.__getstate__(),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": json.dumps,
    "msgspec json": msgspec.json.encode,
    "msgspec msgpack": msgspec.msgpack.encode,
    "msgspec builtins": msgspec.to_builtins,
    "bytes": bytes,
    "iteration": list,
    "length": len,
    "hash": hash,
    "integer": int,
    "dict": vars,
    "order": lambda address: sorted([address, address]),
    "set": lambda address: {address},
}


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("text", [FOUR, SIX])
def test_no_way_leads_out(way: str, text: str) -> None:
    with pytest.raises(TypeError):
        WAYS_OUT[way](Address.read(text))


@pytest.mark.parametrize("text", [FOUR, SIX, "unreadable"])
def test_every_form_of_text_is_blank(text: str) -> None:
    address = Address.read(text)
    forms = [repr(address), str(address), f"{address}", f"{address!r:>20}".strip(), f"{address:s}", f"{address:>99}",
             f"{[address]}".strip("[]"), "%s" % address, "%r" % (address,)]  # noqa: UP031  # fmt: skip
    assert set(forms) == {"<address>"}


def test_no_attribute_is_readable_by_its_name() -> None:
    address: Any = Address.read(FOUR)
    for name in ["__inner", "__wire", "__holder", "inner", "packed", "__dict__", "_inner"]:
        with pytest.raises(AttributeError):
            getattr(address, name)
    public = {name for name in dir(address) if not name.startswith("_")}
    assert public == {"country", "digest", "digest_with", "is_hosting", "is_in", "network", "read", "truncated"}


def test_it_cannot_be_subclassed() -> None:
    with pytest.raises(TypeError, match="subclassed"):
        type("Readable", (Address,), {})


def test_equality_says_only_that_it_is_the_same_object() -> None:
    address = Address.read(FOUR)
    assert address == address  # noqa: PLR0124
    assert address != Address.read(FOUR)
    assert address != FOUR


# --- digests ----------------------------------------------------------------------------------------------


def test_a_digest_depends_on_key_parts_and_address() -> None:
    digests = {
        Address.read(text).digest(key, *parts)
        for text in (FOUR, "45.83.220.8", SIX, "unreadable")
        for key in (KEY, bytes(32))
        for parts in ((), (b"a",), (b"a", b"b"), (b"ab",), (b"", b"ab"))
    }
    assert len(digests) == 4 * 2 * 5
    assert Address.read(FOUR).digest(KEY, b"a") == Address.read(FOUR).digest(bytearray(KEY), b"a")


def test_ipv6_enters_as_its_slash_64() -> None:
    inside = {Address.read(text).digest(KEY) for text in (SIX, "2a03:1b20:5:f011::1", "2a03:1b20:5:f011:1:2:3:4")}
    outside = Address.read("2a03:1b20:5:f012::1").digest(KEY)
    assert len(inside) == 1
    assert outside not in inside


def test_a_mapped_address_is_the_same_sender_as_the_plain_one() -> None:
    assert Address.read("::ffff:45.83.220.7").digest(KEY) == Address.read(FOUR).digest(KEY)


def test_one_host_cannot_be_many_senders_by_isatap() -> None:
    claims = [Address.read(f"2a03:1b20:5:f011:0:5efe:{octet}.83.220.7") for octet in range(11, 90)]
    assert len({claim.network for claim in claims}) > 70
    assert {claim.digest(KEY) for claim in claims} == {Address.read(SIX).digest(KEY)}
    assert len({claim.truncated().digest(KEY) for claim in claims}) == 1


# --- truncated first --------------------------------------------------------------------------------------


def bytes_inside(address: Address) -> list[bytes]:
    return [held for held in gc.get_referents(address) if isinstance(held, bytes)]


@pytest.mark.parametrize("text", [FOUR, SIX, "2002:2d53:dc07::1", "::ffff:45.83.220.7", "2a03:1b20::5efe:45.83.220.7"])
def test_nothing_behind_the_cut_exists(text: str) -> None:
    hidden = (b"\xdc\x07", b"\x00\x05\xf0\x11", b"\xa0\x1f")
    whole, cut = Address.read(text), Address.read(text).truncated()
    assert any(secret in held for held in [*bytes_inside(whole)] for secret in hidden)  # the control
    assert not any(secret in held for held in bytes_inside(cut) for secret in hidden)
    assert cut.network == whole.network


def test_truncated_neighbours_are_one_sender() -> None:
    assert Address.read(FOUR).truncated().digest(KEY) == Address.read("45.83.1.1").truncated().digest(KEY)
    assert Address.read(FOUR).truncated().digest(KEY) != Address.read("45.84.220.7").truncated().digest(KEY)
    assert Address.read(SIX).truncated().digest(KEY) == Address.read("2a03:1b20:6::1").truncated().digest(KEY)


def test_what_was_not_global_stays_so_when_the_cut_falls_into_global_space() -> None:
    assert Address.read("198.51.100.7").truncated().network == NON_GLOBAL  # 198.51.0.0 is global
    assert Address.read("192.0.99.1").truncated().network == "192.0"  # 192.0.0.0 is not


def test_a_truncated_address_is_in_a_network_only_with_all_it_may_stand_for() -> None:
    narrow, wide = Networks(["45.83.0.0/24", "2a03:1b20::/48"]), Networks(["45.82.0.0/15", "2a03:1b20::/32"])
    for text in (FOUR, SIX):
        assert not Address.read(text).truncated().is_in(narrow)
        assert Address.read(text).truncated().is_in(wide)


# --- sets of networks -------------------------------------------------------------------------------------


def test_membership_asks_for_the_address_that_answers_go_to() -> None:
    inside = Networks(["45.83.220.0/24", "::1/128"])
    assert Address.read(FOUR).is_in(inside)
    assert Address.read("::ffff:45.83.220.7").is_in(inside)
    assert Address.read("64:ff9b::45.83.220.7").is_in(inside)
    assert Address.read("::1").is_in(inside)
    assert not Address.read("2a03:1b20::5efe:45.83.220.7").is_in(inside)
    assert not Address.read("unreadable").is_in(Networks(["0.0.0.0/0", "::/0"]))


def test_hosting_is_a_named_list() -> None:
    assert Address.read(FOUR).is_hosting(Hosting("example", ["45.83.0.0/16"]))
    assert not Address.read(FOUR).is_hosting(Hosting())
