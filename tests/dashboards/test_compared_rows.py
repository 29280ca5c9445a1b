"""Rows beside what they were before, and sites beside what they were four weeks ago."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from dashboards_stage import TODAY, Rows
from starlette.testclient import TestClient

from ingest.app import App
from ingest.counters.cells import METRICS
from ingest.site import Site

pytest_plugins = ["dashboards_fixtures"]


def amounts(visitors: int, visits: int) -> list[int]:
    return [visitors, visits, *([0] * (len(METRICS) - 2))]


@pytest.fixture
def two_weeks(rows: Rows, site: Site) -> Site:
    """A site whose pages have another number of visitors on a day than a week before."""
    day, before = TODAY - timedelta(days=1), TODAY - timedelta(days=8)
    rows.hours(site.id, [(day, 9, amounts(200, 200)), (before, 9, amounts(100, 100))])
    rows.cells(
        site.id,
        "page",
        [
            (day, "/grown", amounts(60, 60)), (before, "/grown", amounts(40, 40)),
            (day, "/fresh", amounts(50, 50)),
            (day, "/few", amounts(9, 9)), (before, "/few", amounts(6, 6)),
            (before, "/gone", amounts(35, 35)),
        ],
    )  # fmt: skip
    return site


def test_each_row_says_how_it_changed(member: TestClient, two_weeks: Site) -> None:
    path = f"/sites/{two_weeks.id}/pages"
    text = member.get(f"{path}?period=7d&compare=prev").text
    found = {name: text.partition(f">{name}<")[2].partition("</tr>")[0] for name in ("/grown", "/fresh", "/few")}
    assert ">+50%<" in found["/grown"]
    assert ">new<" in found["/fresh"]
    assert ">–<" in found["/few"], "of six visits before nothing is said"  # noqa: RUF001
    assert "/gone" not in text
    assert ">Change<" not in member.get(f"{path}?period=7d").text


def test_programs_are_given_both_numbers(member: TestClient, two_weeks: Site) -> None:
    path, query = f"/sites/{two_weeks.id}/pages", "?period=7d&compare=prev"
    rows = {row["value"]: row for row in member.get(f"{path}.json{query}").json()["rows"]}
    assert (rows["/grown"]["visitors"], rows["/grown"]["compared"]["visitors"]) == (60, 40)
    assert rows["/fresh"]["compared"] is None
    lines = {line["page"]: line for line in csv.DictReader(io.StringIO(member.get(f"{path}.csv{query}").text))}
    assert (lines["/grown"]["visitors"], lines["/grown"]["visitors_before"]) == ("60", "40")
    assert lines["/fresh"]["visitors_before"] == ""
    assert "visitors_before" not in member.get(f"{path}.csv?period=7d").text


def test_nothing_is_compared_with_days_that_hold_nothing(member: TestClient, two_weeks: Site) -> None:
    text = member.get(f"/sites/{two_weeks.id}/pages?period=7d&compare=yoy").text
    assert ">Change<" not in text
    assert ">new<" not in text


def test_a_filtered_table_says_why_it_has_no_rare_row(member: TestClient, rows: Rows, two_weeks: Site) -> None:
    day = TODAY - timedelta(days=1)
    rows.pairs(two_weeks.id, "page*country", [(day, "/grown", "AT", amounts(30, 30))])
    path = f"/sites/{two_weeks.id}/pages?period=7d"
    assert "there is no row <code>(rare)</code>" in member.get(f"{path}&f=is,country,AT").text
    assert "there is no row" not in member.get(path).text


def days(first: int, last: int, each: int) -> list[tuple[int, int]]:
    return [(back, each) for back in range(first, last)]


@pytest.mark.parametrize(
    ("by_day", "change"),
    [
        (days(0, 28, 10) + days(28, 56, 5), "+100%"),
        (days(0, 28, 5) + days(28, 56, 10), "−50%"),  # noqa: RUF001
        (days(0, 40, 10), ""),  # it began in the days before: they were not counted in full
        (days(0, 28, 10) + days(28, 56, 1), ""),  # too few to say anything
    ],
)
def test_cards_of_sites_say_how_four_weeks_changed(
    member: TestClient, rows: Rows, site: Site, by_day: list[tuple[int, int]], change: str
) -> None:
    rows.hours(site.id, [(TODAY - timedelta(days=back), 9, amounts(each, each)) for back, each in by_day])
    told = {one["site_id"]: one for one in member.get("/index.json").json()["sites"]}[site.id]
    assert told["change"] == change
    card = member.get("/").text.partition(f'<h3><a href="/sites/{site.id}">')[2].partition("</li>")[0]
    assert (f">{change}<span" in card) == bool(change)


def test_cards_of_apps_say_it_too(member: TestClient, rows: Rows, app: App) -> None:
    told = [(TODAY - timedelta(days=back), "a" * 16, "release", "1.0", 3 if back < 28 else 2) for back in range(56)]
    rows.crashes(app.id, told)
    cards = {one["app_id"]: one for one in member.get("/index.json").json()["apps"]}
    assert cards[app.id]["change"] == "+50%"
