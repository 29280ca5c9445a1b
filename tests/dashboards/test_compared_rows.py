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
    day, before, first = (TODAY - timedelta(days=back) for back in (1, 8, 30))
    rows.hours(site.id, [(one, 9, amounts(each, each)) for one, each in ((day, 200), (before, 100), (first, 1))])
    rows.cells(
        site.id,
        "page",
        [
            (day, "/grown", amounts(60, 60)), (before, "/grown", amounts(40, 40)),
            (day, "/fresh", amounts(50, 50)),
            (day, "/few", amounts(9, 9)), (before, "/few", amounts(6, 6)),
            (before, "/gone", amounts(35, 35)),
            (day, "(rare)", amounts(44, 44)), (before, "(rare)", amounts(40, 40)),
        ],
    )  # fmt: skip
    return site


def row_of(text: str, name: str) -> str:
    return text.partition(f">{name}<")[2].partition("</tr>")[0].partition("</li>")[0]


# The table of a panel, and a card of the overview: one way for both.
TABLE, CARD = "/pages", "?card=pages"


def asked(site: Site, page: str, *arguments: str) -> str:
    path, _, own = page.partition("?")
    return f"/sites/{site.id}{path}?" + "&".join(part for part in ("period=7d", own, *arguments) if part)


@pytest.mark.parametrize("page", [TABLE, CARD])
def test_each_row_says_how_it_changed(page: str, member: TestClient, two_weeks: Site) -> None:
    text = member.get(asked(two_weeks, page, "compare=prev")).text
    assert ">+50%<" in row_of(text, "/grown")
    assert ">new<" in row_of(text, "/fresh")
    assert ">–<" in row_of(text, "/few"), "of six visits before nothing is said"  # noqa: RUF001
    assert ">–<" in row_of(text, r"(rare)"), "other values each day"  # noqa: RUF001
    assert "/gone" not in text
    assert ">Change<" in text
    assert ">Change<" not in member.get(asked(two_weeks, page)).text


@pytest.mark.parametrize("page", [TABLE, CARD])
def test_nothing_is_told_of_days_that_were_not_counted_in_full(
    page: str, member: TestClient, rows: Rows, site: Site
) -> None:
    """A site that began in the days before would show inflated changes and values that only seem new."""
    days = [TODAY - timedelta(days=back) for back in range(10)]
    rows.hours(site.id, [(day, 9, amounts(20, 20)) for day in days])
    rows.cells(site.id, "page", [(day, "/", amounts(20, 20)) for day in days])
    text = member.get(asked(site, page, "compare=prev")).text
    assert ">Change<" not in text
    assert "8 Nov to 14 Nov 2026 were not counted in full, so there is no change to tell." in text
    rows.hours(site.id, [(TODAY - timedelta(days=13), 9, amounts(1, 1))])
    later = member.get(asked(site, page, "compare=prev", "q=")).text
    assert "not counted" in later, "the first day is looked up once a day"


@pytest.mark.parametrize("page", [TABLE, CARD])
def test_days_that_hold_nothing_are_no_comparison(page: str, member: TestClient, two_weeks: Site) -> None:
    text = member.get(asked(two_weeks, page, "compare=yoy")).text
    assert ">Change<" not in text
    assert ">new<" not in text
    assert "was not counted yet, so there is no change to tell." in text


def test_a_search_that_found_nothing_before_says_new(member: TestClient, two_weeks: Site) -> None:
    text = member.get(asked(two_weeks, TABLE, "compare=prev", "q=fresh")).text
    assert ">Change<" in text
    assert ">new<" in row_of(text, "/fresh")


@pytest.mark.parametrize("page", [TABLE, CARD])
def test_filtered_rows_are_compared_under_the_filter(
    page: str, member: TestClient, rows: Rows, two_weeks: Site
) -> None:
    day, before = TODAY - timedelta(days=1), TODAY - timedelta(days=8)
    told = [
        (day, "/grown", "AT", amounts(45, 45)), (before, "/grown", "AT", amounts(30, 30)),
        (before, "/grown", "CH", amounts(90, 90)), (before, "/fresh", "CH", amounts(90, 90)),
        (day, "/fresh", "AT", amounts(20, 20)),
    ]  # fmt: skip
    rows.pairs(two_weeks.id, "page*country", told)
    text = member.get(asked(two_weeks, page, "compare=prev", "f=is,country,AT")).text
    assert ">+50%<" in row_of(text, "/grown")
    assert ">new<" in row_of(text, "/fresh")
    own = member.get(asked(two_weeks, page, "compare=prev", "f=contains,page,gro")).text
    assert ">+50%<" in row_of(own, "/grown")


@pytest.mark.parametrize(
    ("page", "query"),
    [(page, query) for page in ("/sources", "?card=sources") for query in ("match=date", "")],
)
def test_goals_are_compared_over_as_many_whole_weeks(
    page: str, query: str, member: TestClient, rows: Rows, site: Site
) -> None:
    """Thirty days reach into five weeks or six; those before must be as many, and none of them twice."""
    monday = TODAY - timedelta(days=TODAY.weekday())
    weeks = [monday - timedelta(weeks=back) for back in range(14)]
    rows.hours(site.id, [(weeks[-1], 9, amounts(1, 1))])
    rows.pairs(site.id, "goal*source", [(week, "Buy", "Google", amounts(10, 10)) for week in weeks])
    path, _, own = page.partition("?")
    # From a Sunday to a Monday: six weeks, and thirty days before it five.
    span = "period=custom&from=2026-10-11&to=2026-11-09"
    said = f"/sites/{site.id}{path}?{span}&compare=prev&f=is,goal,Buy&{query}&{own}"
    text = member.get(said).text
    assert ">60<" in row_of(text, "Google")
    assert ">±0%<" in row_of(text, "Google")
    assert "against 24 Aug to 4 Oct 2026" in text


def test_programs_are_given_both_numbers(member: TestClient, two_weeks: Site) -> None:
    path, query = f"/sites/{two_weeks.id}/pages", "?period=7d&compare=prev"
    rows = {row["value"]: row for row in member.get(f"{path}.json{query}").json()["rows"]}
    assert (rows["/grown"]["visitors"], rows["/grown"]["compared"]["visitors"]) == (60, 40)
    assert rows["/fresh"]["compared"] is None
    lines = {line["page"]: line for line in csv.DictReader(io.StringIO(member.get(f"{path}.csv{query}").text))}
    assert (lines["/grown"]["visitors"], lines["/grown"]["visitors_before"]) == ("60", "40")
    assert lines["/fresh"]["visitors_before"] == ""
    assert "visitors_before" not in member.get(f"{path}.csv?period=7d").text


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
