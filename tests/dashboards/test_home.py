"""What the cards of the home page say of a site that has gone silent."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from dashboards_stage import TODAY, Memory, Rows
from starlette.testclient import TestClient

from ingest.counters.cells import METRICS
from ingest.site import Site

pytest_plugins = ["dashboards_fixtures"]

ONE = [1, 1, *([0] * (len(METRICS) - 2))]


def last_seen(rows: Rows, site: Site, back: int) -> None:
    """Let the last visitor of a site have come some days ago."""
    rows.hours(site.id, [(TODAY - timedelta(days=number), 9, ONE) for number in (back, back + 1)])


def card_of(member: TestClient, site: Site) -> str:
    return member.get("/").text.partition(f'<h3><a href="/sites/{site.id}">')[2].partition("</li>")[0]


def told_of(member: TestClient, site: Site) -> dict[str, Any]:
    return next(one for one in member.get("/index.json").json()["sites"] if one["site_id"] == site.id)


@pytest.mark.parametrize(
    ("back", "silent_days", "words"),
    [
        (0, 0, ""),
        (1, 0, ""),
        (2, 1, ""),  # only yesterday was empty: today is still going on
        (3, 2, "No visitors for 2 days"),
        (9, 8, "No visitors for 8 days"),
        (29, 28, "No visitors for 28 days"),
        (55, 54, "No visitors for 54 days"),
        (56, 55, "No visitors for eight weeks"),
        (300, 55, "No visitors for eight weeks"),
    ],
)
def test_a_card_counts_whole_days_without_a_visitor(
    member: TestClient, rows: Rows, site: Site, back: int, silent_days: int, words: str
) -> None:
    last_seen(rows, site, back)
    assert told_of(member, site)["silent_days"] == silent_days
    card = card_of(member, site)
    assert ("No visitors for" in card) == bool(words)
    assert words in card
    assert "No visit yet" not in card


def test_a_site_that_never_had_a_visitor_is_told_how_to_get_the_first(member: TestClient, site: Site) -> None:
    assert told_of(member, site)["silent_days"] is None
    card = card_of(member, site)
    assert "No visit yet" in card
    assert "No visitors for" not in card


def test_a_first_visitor_in_memory_is_seen(member: TestClient, live: Memory, site: Site) -> None:
    live.totals[site.id] = {(TODAY, 9): ONE}
    assert told_of(member, site)["silent_days"] == 0
    assert "No visit" not in card_of(member, site)


@pytest.mark.parametrize(("oldest", "change"), [(55, "+100%"), (54, "+100%"), (49, "+100%"), (48, "")])
def test_a_site_is_old_enough_once_it_was_seen_in_the_oldest_week(
    member: TestClient, rows: Rows, site: Site, oldest: int, change: str
) -> None:
    each = {back: 10 if back < 28 else 5 for back in range(oldest + 1)}
    if oldest < 55:
        each[30] += 5 * (55 - oldest)  # so that the sum is the same
    rows.hours(site.id, [(TODAY - timedelta(days=back), 9, [n, n, *ONE[2:]]) for back, n in each.items()])
    assert told_of(member, site)["change"] == change


def test_a_spreadsheet_is_given_silence_and_change(member: TestClient, rows: Rows, site: Site) -> None:
    by_day = [(back, 10 if back < 28 else 5) for back in range(4, 56)]
    rows.hours(site.id, [(TODAY - timedelta(days=back), 9, [each, each, *ONE[2:]]) for back, each in by_day])
    table = csv.DictReader(io.StringIO(member.get("/index.csv").text))
    lines = {(line["kind"], line["id"]): line for line in table}
    mine = lines["site", site.id]
    assert (mine["silent_days"], mine["28_days"], mine["change_percent"]) == ("3", "240", "78")
    assert told_of(member, site)["change_percent"] == 78
    assert (lines["site", "empty.example"]["silent_days"], lines["site", "empty.example"]["change_percent"]) == ("", "")
    assert lines["app", "999999"]["silent_days"] == ""
