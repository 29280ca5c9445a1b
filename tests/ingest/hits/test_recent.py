"""What came lately: reasons in their order, and whether all that comes comes from one address."""

from __future__ import annotations

import pytest
from hits_door import SITE, Door

from ingest.boundary.address import NON_GLOBAL
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.disclosure import Who
from ingest.hits.recent import BROWSERS, BROWSERS_WITHIN, REFUSALS, Recent


def come(recent: Recent, browsers: int, sender: bytes, network: str = "8.8") -> None:
    for number in range(browsers):
        recent.came(SITE.id, b"browser %d" % number, Who(sender, network))


def test_reasons_stand_in_their_order_and_the_oldest_go() -> None:
    recent = Recent()
    for _ in range(REFUSALS):
        recent.refused(SITE.id, Refusal.BOT)
    recent.refused(SITE.id, Refusal.HOST)
    assert recent.reasons(SITE.id) == [Refusal.BOT] * (REFUSALS - 1) + [Refusal.HOST]
    assert recent.reasons("elsewhere.example") == []


def test_what_the_front_door_refuses_is_noted_for_its_site_or_for_nobody() -> None:
    door = Door()
    door.hit(agent="Googlebot/2.1")
    door.hit("https://evil.example/")
    door.hit(d="exmaple.org")
    door.hit(kind=b"text/html")
    door.hit(n="engagement", e=1_000)
    door.hit()
    recent = door.pipeline.recent
    assert recent.reasons(SITE.id) == [Refusal.BOT, Refusal.HOST, Refusal.LATE]
    assert recent.reasons(UNKNOWN_OWNER) == [Refusal.UNKNOWN_SITE, Refusal.BAD_TYPE]


@pytest.mark.parametrize(("network", "enough"), [("8.8", BROWSERS), (NON_GLOBAL, BROWSERS_WITHIN)])
def test_many_browsers_of_one_address_in_a_row_are_a_proxys(network: str, enough: int) -> None:
    recent = Recent()
    for _ in range(3):
        come(recent, enough - 1, b"proxy", network)
    assert not recent.is_one_address(SITE.id), "a browser that comes again is no other"
    come(recent, enough, b"proxy", network)
    assert recent.is_one_address(SITE.id)
    assert not recent.is_one_address("elsewhere.example")
    come(recent, 1, b"somebody", network)
    assert not recent.is_one_address(SITE.id)
    come(recent, enough - 2, b"proxy", network)
    assert not recent.is_one_address(SITE.id)


def test_people_of_many_addresses_are_none() -> None:
    recent = Recent()
    for number in range(BROWSERS * 2):
        recent.came(SITE.id, b"%d" % number, Who(b"%d" % number, "9.9"))
    assert not recent.is_one_address(SITE.id)


@pytest.mark.from_source
def test_the_front_door_tells_a_proxy_by_its_browsers_and_forgets_them_with_their_day() -> None:
    door = Door()
    for number in range(BROWSERS_WITHIN):
        door.hit(address="172.17.0.1", agent=f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko Firefox/{number}.0")
    assert door.pipeline.recent.is_one_address(SITE.id)
    door.now += 2 * 86_400
    door.pipeline.tick()
    assert not door.pipeline.recent.is_one_address(SITE.id)
    assert vars(door.pipeline.recent)["_runs"] == {}


@pytest.mark.from_source
def test_nothing_shows_a_digest() -> None:
    recent = Recent()
    recent.came(SITE.id, b"visitor-digest", Who(b"sender-digest", "8.8"))
    assert "digest" not in repr(vars(recent))
