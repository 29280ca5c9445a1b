"""Classes of traffic, each through the real front door; and that an exit of our own is like any other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hits_door import FIREFOX, SITE, Door, read_cases

from collector.sections import Limits, Privacy
from collector.settings import Settings
from ingest.boundary.networks import Hosting
from ingest.hits.traffic import HIGH_RATE, VPN, Traffic

EXITS = replace(SITE, own_exits=("198.18.0.0/24", "81.2.69.142/32", "2a02:8100:5::/48"))
RANGES = Hosting("ranges", ["20.0.0.0/11", "81.2.70.0/24", "2a01:4f8::/32"])
BROWSERS = {b"accept-language": b"de-AT", b"sec-fetch-site": b"same-origin"}


@dataclass(frozen=True)
class TrafficCase:
    name: str
    traffic: str
    url: str = "https://example.org/"
    address: str = "81.2.69.160"
    agent: str = FIREFOX
    country: str = "GB"
    headers: dict[str, str] = field(default_factory=dict)
    before: int = 0


CASES = read_cases("traffic.toml", TrafficCase)


@pytest.fixture(scope="module")
def door() -> Door:
    return Door([EXITS], hosting=RANGES)


@pytest.fixture(autouse=True)
def _an_hour_later(door: Door) -> None:
    door.now += 3_600


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_visit_is_of_its_class(door: Door, case: TrafficCase) -> None:
    headers = [(name.encode(), value.encode()) for name, value in case.headers.items()]
    for _ in range(case.before):
        door.hit(case.url, address=case.address, agent=f"{FIREFOX} other", headers=headers)
    before, countries, refusals = door.values("traffic"), door.values("country"), door.refusals()
    assert door.hit(case.url, address=case.address, agent=case.agent, headers=headers).status == 202
    assert door.values("traffic") == {**before, case.traffic: before.get(case.traffic, 0) + 1}
    assert door.values("country") == {**countries, case.country: countries.get(case.country, 0) + 1}
    assert door.refusals() == refusals


def test_every_class_has_a_case() -> None:
    assert {case.traffic for case in CASES} == set(Traffic)


def everything(door: Door) -> dict[tuple[str, ...], list[int]]:
    return {key: amounts for (_, key), amounts in door.amounts().items()}


def test_in_the_store_nothing_tells_an_own_exit_from_other_vpns() -> None:
    """Not its country, not its class, not a rate, not a missing row."""
    stored = []
    for address in ("81.2.69.142", "81.2.70.9"):
        door = Door([EXITS], hosting=RANGES)
        for page in ("/", "/pricing"):
            door.hit(f"https://example.org{page}", address=address, headers=list(BROWSERS.items()))
        stored.append(everything(door))
        assert door.values("traffic") == {"vpn/hosting": 1}
    own, other = stored
    assert own == other


def test_people_behind_an_own_exit_are_named_as_vpn_though_they_are_one_sender() -> None:
    strict = replace(EXITS, profile=type(SITE.profile)("standard"))
    door = Door([strict])
    door.hit(address="81.2.69.142")
    door.hit(address="81.2.69.143")
    assert door.values("country") == {VPN: 1}


def test_an_own_exit_has_no_limit_and_no_rate() -> None:
    door = Door([EXITS], settings=Settings(limits=Limits(per_sender=3)))
    for number in range(HIGH_RATE + 20):
        door.hit(address="81.2.69.142", agent=f"{FIREFOX} {number}", headers=list(BROWSERS.items()))
    assert door.values("traffic") == {"vpn/hosting": HIGH_RATE + 20}
    assert door.refusals() == {}
    # The control: the address beside it is limited.
    for number in range(5):
        door.hit(address="81.2.69.143", agent=f"{FIREFOX} {number}")
    assert door.refusals() == {"over_rate": 2}


def test_a_rate_is_forgotten_with_its_minute(door: Door) -> None:
    before = door.values("traffic").get("high rate", 0)
    for number in range(HIGH_RATE + 1):
        door.hit(address="1.1.1.1", agent=f"{FIREFOX} {number}", headers=list(BROWSERS.items()))
    assert door.values("traffic")["high rate"] == before + 1
    door.now += 60
    door.hit(address="1.1.1.1", agent=f"{FIREFOX} again", headers=list(BROWSERS.items()))
    assert door.values("traffic")["high rate"] == before + 1


def test_addresses_that_were_truncated_first_have_no_rate_and_no_exits() -> None:
    """A /16 of people is one sender there, and none of them can be known to come out of a /32."""
    door = Door([EXITS], settings=Settings(privacy=Privacy(address="truncate_first")), hosting=RANGES)
    for number in range(HIGH_RATE + 1):
        door.hit(address="81.2.69.142", agent=f"{FIREFOX} {number}", headers=list(BROWSERS.items()))
    assert door.values("traffic") == {"direct": HIGH_RATE + 1}
    door.hit(address="20.1.2.3", headers=list(BROWSERS.items()))
    assert door.values("traffic")["vpn/hosting"] == 1


def test_nobody_is_asked_for_more_hints_than_they_send(door: Door) -> None:
    answers = [door.hit(), door.hit(agent="Googlebot/2.1"), door.knock(b"{"), door.knock(b"", method="OPTIONS")]
    for answer in answers:
        assert answer is not None
        assert not {b"accept-ch", b"critical-ch", b"vary"} & {name for name, _ in answer.headers}
