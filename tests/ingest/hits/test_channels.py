"""Channels, after GA4's published definitions: rows of a file, read as links of hits are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hits_door import SITE, catalogue, read_cases
from hypothesis import given
from hypothesis import strategies as st

from ingest.hits.catalogue import Kind
from ingest.hits.channels import CHANNELS, RULES, UNASSIGNED, Clues, channel_of
from ingest.hits.clicks import CLICKS
from ingest.hits.location import Location
from ingest.hits.sources import source_of
from ingest.site import Profile

CATALOGUE = catalogue()


@dataclass(frozen=True)
class ChannelCase:
    channel: str
    query: str = ""
    came_from: str = ""
    strict: bool = False


CASES = read_cases("channels.toml", ChannelCase)


def channel(query: str = "", came_from: str = "", *, strict: bool = False) -> str:
    site = replace(SITE, profile=Profile.STRICT) if strict else SITE
    return source_of(Location("example.org", "/", query, ""), Location.read(came_from), site, CATALOGUE).channel


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.channel} {case.query} {case.came_from} {case.strict}")
def test_a_visit_has_the_channel(case: ChannelCase) -> None:
    assert channel(case.query, case.came_from, strict=case.strict) == case.channel


def test_every_channel_has_a_case() -> None:
    assert {case.channel for case in CASES} == CHANNELS


def test_the_list_is_ga4s_and_assistants() -> None:
    """The names as GA4 publishes them: they are free, so they are printed here a second time."""
    ga4 = {
        "Affiliates", "Audio", "Cross-network", "Direct", "Display", "Email", "Mobile Push Notifications",
        "Organic Search", "Organic Shopping", "Organic Social", "Organic Video", "Paid Other", "Paid Search",
        "Paid Shopping", "Paid Social", "Paid Video", "Referral", "SMS",
    }  # fmt: skip
    assert ga4 | {"AI Assistants", UNASSIGNED} == CHANNELS
    assert len(RULES) == len(CHANNELS) - 1


texts = st.one_of(
    st.text(max_size=20), st.sampled_from(["cpc", "CPM", "social", "email", "organic", "shop", "push", "video"])
)


@given(source=texts, medium=texts, campaign=texts, kind=st.sampled_from([None, *Kind]))
def test_any_clues_have_one_channel_of_the_list(source: str, medium: str, campaign: str, kind: Kind | None) -> None:
    for click in (None, *CLICKS.values()):
        assert channel_of(Clues(source, medium.lower(), campaign.lower(), kind, click)) in CHANNELS


@given(st.text(alphabet="abcdpemosctil -_", max_size=12))
def test_letter_case_does_not_matter(medium: str) -> None:
    assert channel(f"utm_medium={medium}") == channel(f"UTM_MEDIUM={medium.upper()}")
