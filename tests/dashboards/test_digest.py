"""The week of a site: what is told, what is not told apart, and its text."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from dashboards_stage import Rows
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from test_hostile_pages import HOSTILE, Reader, faults

from dashboards.counts import Counts
from dashboards.digest import Digest, Mover, Movers, told, week_before, write_digest
from ingest.site import Site

pytest_plugins = ["dashboards_fixtures"]

MONDAY = date(2026, 11, 9)
BEFORE = MONDAY - timedelta(weeks=1)


def amounts(visitors: int) -> tuple[int, ...]:
    return visitors, visitors, 2 * visitors, 0, visitors // 2, 30 * visitors, 0, 0


def week(rows: Rows, site: Site, attribute: str, values: dict[str, tuple[int, int]]) -> None:
    told = [(day, value, amounts(pair[index])) for value, pair in values.items()
            for index, day in ((0, MONDAY), (1, BEFORE)) if pair[index]]  # fmt: skip
    rows.cells(site.id, attribute, told)


@pytest.fixture
def filled(rows: Rows, site: Site) -> None:
    hours = [(BEFORE + timedelta(days=number), 9, amounts(50 if number < 7 else 60)) for number in range(14)]
    rows.hours(site.id, hours)
    week(rows, site, "source", {"Google": (90, 40), "Bing": (30, 30), "news.example": (25, 0), "(rare)": (99, 1)})
    week(rows, site, "page", {"/pricing": (4, 1), "/launch": (40, 3), "/old": (0, 33)})


@pytest.mark.usefixtures("filled")
def test_the_last_full_week_beside_the_one_before(member: TestClient, site: Site) -> None:
    data = member.get(f"/sites/{site.id}/digest.json").json()
    assert (data["from"], data["to"]) == ("2026-11-09", "2026-11-15")
    assert data["visitors"] == [420, 350]
    assert data["bounce_rate"] == [50, 50]
    assert data["movers"] == {
        "sources": [{"name": "Google", "visitors": [90, 40]}, {"name": "news.example", "visitors": [25, None]}],
        "pages": [{"name": "/launch", "visitors": [40, None]}, {"name": "/old", "visitors": [None, 33]}],
    }
    text = member.get(f"/sites/{site.id}/digest").text
    assert faults(text) == []
    assert "fewer than 5 to 40" in text
    assert "+20%" in text
    lines = list(csv.DictReader(io.StringIO(member.get(f"/sites/{site.id}/digest.csv").text)))
    assert {"kind": "Sources", "name": "Google", "this_week": "90", "week_before": "40"} in lines


@pytest.mark.usefixtures("filled")
def test_as_text(member: TestClient, site: Site) -> None:
    answer = member.get(f"/sites/{site.id}/digest.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert (
        answer.text
        == f"""\
{site.id}, 9 Nov 2026 to 15 Nov 2026

Visitor-days             420  +20%        (350 the week before)
Visits                   420  +20%        (350 the week before)
Page views               840  +20%        (700 the week before)
Views per visit            2              (2 the week before)
Bounce rate              50%  +0 points   (50% the week before)
Engaged time             30s              (30s the week before)

Sources that changed most, in visitor-days
       +50  Google  (40 to 90)
       +25  news.example  (fewer than 5 to 25)

Pages that changed most, in visitor-days
       +40  /launch  (fewer than 5 to 40)
       -33  /old  (33 to fewer than 5)

http://testserver/sites/{site.id}/digest?week=2026-11-09
"""
    )


@pytest.mark.usefixtures("filled")
def test_other_weeks_have_addresses_and_the_present_one_has_none_yet(member: TestClient, site: Site) -> None:
    path = f"/sites/{site.id}/digest"

    def begins(week: str) -> str:
        return str(member.get(f"{path}.json?week={quote(week)}").json()["from"])

    assert begins("2026-11-04") == "2026-11-02"
    assert begins("2026-11-18") == "2026-11-09"
    for nonsense in ("", "x", "9999-12-31", HOSTILE[1], "2026-02-30"):
        assert begins(nonsense) == "2026-11-09"
    assert begins("0001-01-01") <= "2020-01-01"
    assert "The week after" in member.get(f"{path}?week=2026-11-02").text
    assert "The week after" not in member.get(path).text


def test_a_site_that_began_in_the_week_before_is_not_compared(member: TestClient, rows: Rows, site: Site) -> None:
    rows.hours(site.id, [(MONDAY - timedelta(days=2 - number), 9, amounts(50)) for number in range(9)])
    week(rows, site, "source", {"Google": (90, 40)})
    data = member.get(f"/sites/{site.id}/digest.json").json()
    assert (data["compared"], data["visitors"], data["movers"]) == (False, [350, 100], {})
    for kind in ("", ".txt"):
        text = member.get(f"/sites/{site.id}/digest{kind}").text
        assert "The week before was not counted in full" in text
        assert "%" not in text.partition("Visits")[0].partition("Visitor-days")[2]
        assert "Google" not in text


def test_unusual_days_stand_on_top(member: TestClient, rows: Rows, site: Site) -> None:
    days = [MONDAY - timedelta(days=back) for back in range(-6, 40)]
    rows.hours(site.id, [(day, 9, amounts(1200 if day == MONDAY else 120)) for day in days])
    text = member.get(f"/sites/{site.id}/digest").text
    assert "More than usual on 9 Nov 2026: 1,200 visits, usually 120" in text
    assert "More than usual on 9 Nov" in member.get(f"/sites/{site.id}/digest.txt").text
    [one] = member.get(f"/sites/{site.id}/digest.json").json()["unusual"]
    assert one == {"trend": "spike", "day": "2026-11-09", "visits": 1200, "usual": 120}


def test_a_strict_site_is_told_in_tens(member: TestClient, rows: Rows, strict: Site) -> None:
    rows.hours(strict.id, [(BEFORE, 9, amounts(50))])
    rows.cells(strict.id, "page", [(MONDAY, "/a", amounts(33)), (BEFORE, "/a", amounts(12))])
    data = member.get(f"/sites/{strict.id}/digest.json").json()
    assert data["movers"]["pages"] == [{"name": "/a", "visitors": [30, None]}]


def test_a_site_without_numbers_has_a_digest(member: TestClient, site: Site) -> None:
    text = member.get(f"/sites/{site.id}/digest").text
    assert "changed" in text
    assert member.get(f"/sites/{site.id}/digest.json").json()["visitors"] == [0, 0]


def test_hostile_values_are_text_and_no_lines(member: TestClient, rows: Rows, site: Site) -> None:
    rows.hours(site.id, [(BEFORE, 9, amounts(50))])
    week(rows, site, "source", {text: (90 + index, 6) for index, text in enumerate(HOSTILE[:5])})
    week(rows, site, "page", {text: (90 + index, 6) for index, text in enumerate(HOSTILE[5:])})
    text = member.get(f"/sites/{site.id}/digest").text
    page = Reader()
    page.feed(text)
    assert faults(text) == []
    assert all(one in "".join(page.text) for one in HOSTILE)
    assert "\u202e" not in member.get(f"/sites/{site.id}/digest.txt").text
    assert ",=" not in member.get(f"/sites/{site.id}/digest.csv").text


@given(st.text(), st.integers(5, 10**6))
def test_no_value_begins_a_line_of_the_text(name: str, number: int) -> None:
    digest = Digest(
        "a.example", MONDAY, MONDAY + timedelta(days=6), 5, Counts(), Counts(),
        (Movers("Sources", (Mover(name, number, None),)),), (),
    )  # fmt: skip
    lines = write_digest(digest, "https://stats.example.org/x").split("\n")
    plain = write_digest(
        Digest("a.example", MONDAY, MONDAY + timedelta(days=6), 5, Counts(), Counts(),
               (Movers("Sources", (Mover("x", number, None),)),), ()), "https://stats.example.org/x",
    ).split("\n")  # fmt: skip
    assert len(lines) == len(plain)
    assert all(line.isprintable() and len(line) < 130 for line in lines)


def test_a_number_under_k_is_not_told_apart() -> None:
    assert [told(number, 5) for number in (None, 5, 1200)] == ["fewer than 5", "5", "1,200"]


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_week_before_is_whole(day: date) -> None:
    monday = week_before(day)
    assert monday.weekday() == 0
    assert 7 <= (day - monday).days <= 13
