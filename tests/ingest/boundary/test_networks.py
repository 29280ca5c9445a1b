import ipaddress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.boundary.networks import Hosting, Networks, NotANetworkError

prefixes = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(
    lambda pair: ipaddress.IPv4Network(pair, strict=False)
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(prefixes, max_size=12), st.integers(0, 2**32 - 1), st.sampled_from([16, 32]))
def test_a_set_covers_what_its_networks_cover(networks: list[ipaddress.IPv4Network], low: int, known: int) -> None:
    places = [low, *(int(network.network_address) for network in networks)]
    for place in places:
        block = ipaddress.IPv4Network((place, known), strict=False)
        merged = list(ipaddress.collapse_addresses(networks))
        expected = any(block.subnet_of(network) for network in merged)
        covered = Networks([str(network) for network in networks]).cover(block.network_address.packed, known)
        assert covered == expected


def test_both_families_live_in_one_set() -> None:
    networks = Networks(["10.0.0.0/8", "2001:db8::/32", "45.83.220.7"])
    assert len(networks) == 3
    assert networks.cover(ipaddress.ip_address("45.83.220.7").packed, 32)
    assert networks.cover(ipaddress.ip_address("2001:db8::1").packed, 128)
    assert not networks.cover(ipaddress.ip_address("2001:db9::1").packed, 128)
    assert not networks.cover(ipaddress.ip_address("45.83.220.8").packed, 32)


@pytest.mark.parametrize(
    ("entry", "remedy"),
    [
        ("10.0.0.0/33", "write it like"),
        ("example.org", "write it like"),
        ("", "write it like"),
        ("10.0.0.1/8", "write 10.0.0.0/8"),
        ("::ffff:10.0.0.0/104", "write it as IPv4"),
    ],
)
def test_an_entry_that_is_no_network_is_named_with_its_remedy(entry: str, remedy: str) -> None:
    with pytest.raises(NotANetworkError) as refused:
        Networks(["10.0.0.0/8", entry])
    assert str(refused.value).startswith(f'[1]: "{entry}" ')
    assert remedy in str(refused.value)


def test_hosting_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "clouds.txt"
    file.write_text("# from the vendors\n45.83.0.0/16   # one\n\n2a03:1b20::/32\n", encoding="utf-8")
    ranges = Hosting.open(file)
    assert (ranges.name, len(ranges)) == ("clouds", 2)
    assert ranges.cover(ipaddress.ip_address("45.83.220.7").packed, 32)


def test_a_bad_line_of_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "clouds.txt"
    file.write_text("45.83.0.0/16\n\nnonsense\n", encoding="utf-8")
    with pytest.raises(NotANetworkError, match=r"clouds\.txt: line 3: \"nonsense\" is not a network"):
        Hosting.open(file)


def test_an_empty_list_finds_nobody() -> None:
    assert len(Hosting()) == 0
    assert not Hosting().cover(bytes(4), 32)
