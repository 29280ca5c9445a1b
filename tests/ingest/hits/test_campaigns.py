"""Tags of links: kept whole or not at all; click identifiers: seen, never read."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote_plus

import pytest
from hits_door import SITE, Door, catalogue, read_cases
from hypothesis import given
from hypothesis import strategies as st

from ingest.boundary.identifiers import find_identifier
from ingest.counters.cells import WITHHELD
from ingest.hits.campaigns import LONGEST, NONE, UNTAGGED, Campaign, keep, read_campaign
from ingest.hits.clicks import CLICKS
from ingest.hits.location import Location
from ingest.hits.sources import source_of
from ingest.site import Profile

CATALOGUE = catalogue()
MARK = "zqxjkvbpygfwmark"
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
IDENTIFIERS = (
    "bob@mail.example", "bob%40mail.example", "203.0.113.9", "2001:db8::77:1", "0e984725-c51c-4bf4-9960-e1c80e27aba0",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0", "+350 200 12345", "news for bob@mail.example",
)  # fmt: skip


@dataclass(frozen=True)
class ClickCase:
    click: str
    source: str
    channel: str


CLICK_CASES = read_cases("clicks.toml", ClickCase)


def here(query: str) -> Location:
    return Location("example.org", "/", query, "")


def tags(campaign: Campaign) -> dict[str, Any]:
    return {field.name: getattr(campaign, field.name) for field in fields(campaign)}


@pytest.mark.parametrize("case", CLICK_CASES, ids=lambda case: case.click)
def test_a_click_identifier_tells_source_and_channel_and_its_value_is_not_read(case: ClickCase) -> None:
    for written in (case.click, case.click.upper()):
        source = source_of(here(f"a=1&{written}={MARK}"), Location.read(""), SITE, CATALOGUE)
        assert (source.name, source.channel) == (case.source, case.channel)
        assert MARK not in repr(source)
        assert source == source_of(here(f"{written}"), Location.read(""), SITE, CATALOGUE)
        # Not in the strict profile; and a parameter that only begins alike is none.
        strict = replace(SITE, profile=Profile.STRICT)
        assert source_of(here(f"{written}={MARK}"), Location.read(""), strict, CATALOGUE).channel == "Direct"
        assert source_of(here(f"{written}x={MARK}"), Location.read(""), SITE, CATALOGUE).channel == "Direct"


def test_every_click_identifier_has_a_case() -> None:
    assert [case.click for case in CLICK_CASES] == list(CLICKS)


def test_a_value_that_breaks_decoders_is_not_decoded() -> None:
    """The control: the same text as a tag is decoded, and withheld."""
    torn = "%E2%28%A1%00%ff"
    assert read_campaign(here(f"gclid={torn}"), SITE) == replace(UNTAGGED, click=CLICKS["gclid"])
    assert read_campaign(here(f"utm_term={torn}"), SITE).term == WITHHELD


def test_the_names_that_matomo_gives_tags_are_read_too() -> None:
    told = read_campaign(here("mtm_source=a&mtm_medium=b&MTM_Campaign=c&mtm_content=d&mtm_kwd=e&pk_campaign=f"), SITE)
    assert told == Campaign("a", "b", "c", "d", "e")
    assert read_campaign(here("pk_campaign=spring&pk_kwd=vpn"), SITE) == Campaign(campaign="spring", term="vpn")


@pytest.mark.parametrize("name", UTM)
@pytest.mark.parametrize("text", IDENTIFIERS)
def test_no_tag_keeps_an_identifier(name: str, text: str) -> None:
    campaign = read_campaign(here(f"{name}={quote_plus(text)}"), SITE)
    field = name.removeprefix("utm_")
    assert tags(campaign) == {**tags(UNTAGGED), field: WITHHELD}
    # The control: another text in its place is kept, and so is this one where the operator declared it.
    assert getattr(read_campaign(here(f"{name}=spring+sale"), SITE), field) == "spring sale"
    declared = replace(SITE, campaigns=frozenset({text}))
    assert getattr(read_campaign(here(f"{name}={quote_plus(text)}"), declared), field) == text


@given(st.text(max_size=2 * LONGEST))
def test_a_value_is_kept_whole_or_not_at_all(text: str) -> None:
    kept = keep(text, SITE)
    whole = " ".join(text.split())
    assert kept in {whole, NONE, WITHHELD}
    assert kept.isprintable()
    assert 0 < len(kept) <= LONGEST
    if kept == whole:
        assert find_identifier(kept) is None


@given(st.dictionaries(st.sampled_from([*UTM, "ref", "source", *list(CLICKS)[:5], "x"]), st.text(max_size=30)))
def test_any_query_has_a_source_that_may_be_kept(params: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote_plus(value.encode('utf-8', 'replace'))}" for name, value in params.items())
    source = source_of(here(query), Location.read(""), SITE, CATALOGUE)
    for value in (source.name, *(value for value in tags(source.campaign).values() if isinstance(value, str))):
        assert value.isprintable()
        assert 0 < len(value) <= LONGEST
        assert find_identifier(value) is None


TAGGED = (
    "https://example.org/?utm_source=lists.example&utm_medium=email&utm_campaign=spring&utm_content=top"
    f"&utm_term=vpn&gclid={MARK}&ref=other"
)


def test_each_tag_is_a_breakdown_of_its_own() -> None:
    door = Door()
    door.hit(TAGGED)
    expected = {
        "utm_source": "lists.example", "utm_medium": "email", "utm_campaign": "spring", "utm_content": "top",
        "utm_term": "vpn", "channel": "Paid Other", "source": "lists.example",
    }  # fmt: skip
    assert {name: door.values(name) for name in expected} == {name: {value: 1} for name, value in expected.items()}
    assert MARK not in repr(door.snapshot())


def test_the_strict_profile_keeps_no_campaign_and_no_click() -> None:
    door = Door([replace(SITE, profile=Profile.STRICT)])
    door.hit(TAGGED, r="https://www.bing.com/search?q=x")
    assert {name: door.values(name) for name in UTM} == {name: {NONE: 1} for name in UTM}
    assert door.values("channel") == {"Organic Search": 1}


def test_declared_campaigns_partners_and_channels_are_named_from_the_first_visit() -> None:
    site = replace(
        SITE, profile=Profile.STANDARD, campaigns=frozenset({"spring", "lists.example"}),
        partners=frozenset({"partner.example"}), referrers=frozenset({"www.forum.example"}),
    )  # fmt: skip
    door = Door([site])
    door.hit(TAGGED, address="192.0.2.1")
    for n, host in enumerate(("www.partner.example", "eu.partner.example", "forum.example", "unknown.example")):
        door.hit(address=f"192.0.2.{n + 10}", r=f"https://{host}/thread/1")
    assert door.values("utm_campaign") == {NONE: 4, "spring": 1}
    assert door.values("utm_source") == {NONE: 4, "lists.example": 1}
    assert door.values("utm_medium") == {NONE: 4}
    assert door.values("referrer") == {"(direct)": 1, "partner.example": 2, "forum.example": 1}
    assert door.values("source") == {"lists.example": 1, "partner.example": 2, "forum.example": 1}
    assert door.values("channel") == {"Paid Other": 1, "Referral": 4}
