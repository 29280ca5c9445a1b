import copy
import pickle
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.boundary.address import Address
from ingest.boundary.visitor import DayKeys

DAY = date(2026, 11, 1)
NEXT = date(2026, 11, 2)
ADDRESS = Address.read("45.83.220.7")
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def counting() -> Callable[[int], bytes]:
    """Randomness that a test can foretell: 32 equal bytes, one more each time."""
    drawn = 0

    def random_bytes(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return bytes([drawn]) * size

    return random_bytes


@pytest.fixture
def keys() -> DayKeys:
    return DayKeys(counting())


def test_one_browser_of_one_day_is_one_visitor(keys: DayKeys) -> None:
    first = keys.visitor("example.org", DAY, ADDRESS, AGENT)
    assert first == keys.visitor("example.org", DAY, Address.read("45.83.220.7:1234"), AGENT)
    assert len(first) == 8
    assert first != keys.visitor("example.org", DAY, ADDRESS, AGENT + "x")
    assert first != keys.visitor("example.org", DAY, Address.read("45.83.220.8"), AGENT)


def test_a_sender_does_not_depend_on_the_agent_and_is_no_visitor(keys: DayKeys) -> None:
    sender = keys.sender("example.org", DAY, ADDRESS)
    assert sender == keys.sender("example.org", DAY, ADDRESS)
    assert sender != keys.visitor("example.org", DAY, ADDRESS, "")


def test_a_line_goes_by_a_digest_of_its_own_for_a_day(keys: DayKeys) -> None:
    line = keys.line("example.org", DAY, b"45.83.220.7", AGENT.encode())
    assert line == keys.line("example.org", DAY, b"45.83.220.7", AGENT.encode())
    assert len(line) == 8
    others = [
        keys.line("example.org", NEXT, b"45.83.220.7", AGENT.encode()),
        keys.line("example.net", DAY, b"45.83.220.7", AGENT.encode()),
        keys.line("example.org", DAY, b"45.83.220.8", AGENT.encode()),
        keys.line("example.org", DAY, b"45.83.220.7", b""),
        keys.visitor("example.org", DAY, ADDRESS, AGENT),
        keys.sender("example.org", DAY, ADDRESS),
    ]
    assert len({line, *others}) == 7
    keys.drop("example.org", DAY)
    assert line != keys.line("example.org", DAY, b"45.83.220.7", AGENT.encode())


def test_digests_are_unrelated_across_sites_and_days(keys: DayKeys) -> None:
    digests = [keys.visitor(owner, day, ADDRESS, AGENT) for owner in ("a.example", "b.example") for day in (DAY, NEXT)]
    assert len(set(digests)) == 4


def test_even_under_one_key_the_site_is_part_of_the_digest() -> None:
    keys = DayKeys(bytes)  # the same key for every site: what a broken source of randomness would give
    assert keys.sender("a.example", DAY, ADDRESS) != keys.sender("b.example", DAY, ADDRESS)


def test_a_dropped_key_never_comes_back(keys: DayKeys) -> None:
    before = keys.sender("example.org", DAY, ADDRESS)
    held = keys._keys["example.org", DAY]
    keys.drop("example.org", DAY)
    assert held == bytes(32)  # overwritten, not only forgotten
    assert len(keys) == 0
    assert keys.sender("example.org", DAY, ADDRESS) != before
    keys.drop("example.org", NEXT)  # a day without a key


def test_keys_come_from_the_system_unless_told_otherwise() -> None:
    first, second = DayKeys(), DayKeys()
    assert first.sender("example.org", DAY, ADDRESS) != second.sender("example.org", DAY, ADDRESS)
    assert len(first._keys["example.org", DAY]) == 32


def test_a_crash_sender_is_the_installation_wherever_it_is(keys: DayKeys) -> None:
    home = keys.crash_sender("app:6", DAY, ADDRESS, "installation", "Pixel 9", "Android 16")
    away = keys.crash_sender("app:6", DAY, Address.read("8.8.8.8"), "installation", "Pixel 9", "Android 17")
    assert home == away
    assert home != keys.crash_sender("app:6", DAY, ADDRESS, "another", "Pixel 9", "Android 16")


def test_a_crash_sender_without_installation_is_address_model_and_system(keys: DayKeys) -> None:
    senders = {
        keys.crash_sender("app:6", DAY, address, "", model, system)
        for address in (ADDRESS, Address.read("8.8.8.8"))
        for model in ("Pixel 9", "Pixel 8", "")
        for system in ("Android 16", "")
    }
    assert len(senders) == 2 * 3 * 2
    assert keys.crash_sender("app:6", DAY, ADDRESS, "", "ab", "c") != keys.crash_sender(
        "app:6", DAY, ADDRESS, "", "a", "bc"
    )


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_agent_is_taken_and_different_ones_differ(one: str, other: str) -> None:
    keys = DayKeys(bytes)
    same = keys.visitor("s", DAY, ADDRESS, one) == keys.visitor("s", DAY, ADDRESS, other)
    assert same == (one == other)
    assert len(keys.visitor("s", DAY, ADDRESS, one + "\ud800")) == 8


def test_keys_do_not_leave_the_process(keys: DayKeys) -> None:
    keys.sender("example.org", DAY, ADDRESS)
    assert repr(keys) == str(keys) == f"{keys}" == "<day keys>"
    for way_out in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            way_out(keys)
    assert not hasattr(keys, "__dict__")
