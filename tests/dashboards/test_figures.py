"""The same numbers on the page, in the Stats API and in the rows; whatever is live is counted once."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta

import pytest
from dashboards_stage import TODAY, Memory, Rows, Stats
from starlette.testclient import TestClient

from dashboards.live import read_still
from ingest.site import Site

pytest_plugins = ["dashboards_fixtures"]

YESTERDAY = TODAY - timedelta(days=1)


def amounts(visitors: int, visits: int, views: int, *rest: int) -> list[int]:
    return [visitors, visits, views, *rest, *[0] * (5 - len(rest))]


@pytest.fixture
def filled(rows: Rows, site: Site, live: Memory) -> Site:
    rows.hours(site.id, [(YESTERDAY, 9, amounts(3, 4, 8, 2, 1, 400)), (YESTERDAY, 10, amounts(1, 1, 2))])
    rows.hours(site.id, [(YESTERDAY, 9, amounts(1, 1, 1, 0, 1, 20))])
    rows.hours(site.id, [(TODAY, 8, amounts(2, 2, 5, 0, 0, 180))])
    live.totals[site.id] = {(TODAY, 13): amounts(1, 1, 1, 1), (TODAY, 8): amounts(0, 0, 2)}
    rows.cells(site.id, "page", [(YESTERDAY, "/a", amounts(3, 3, 6)), (YESTERDAY, "/b", amounts(2, 2, 5))])
    rows.cells(site.id, "page", [(TODAY, "/a", amounts(2, 2, 5)), (YESTERDAY, "(rare)", amounts(4, 4, 4))])
    rows.cells(site.id, "source", [(YESTERDAY, "", amounts(4, 5, 9)), (TODAY, "Google", amounts(2, 2, 5))])
    rows.pairs(
        site.id,
        "page*source",
        [(YESTERDAY, "/a", "Google", amounts(2, 2, 3)), (YESTERDAY, "/a", "", amounts(1, 1, 3))],
    )
    return site


def on_page(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r'data-metric="(\w+)" data-value="([\d.]+)"', text)}


def test_totals_of_page_json_csv_and_api_are_those_of_the_rows(filled: Site, member: TestClient, stats: Stats) -> None:
    names = ["visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration"]
    expected = [8, 9, 19, 2.11, 22, 67]
    page = member.get(f"/sites/{filled.id}")
    assert page.status_code == 200
    assert [on_page(page.text)[name] for name in names] == expected
    assert stats.rows(site_id=filled.id, metrics=names) == [tuple(expected)]
    data = member.get(f"/sites/{filled.id}.json").json()
    assert [data["totals"][name] for name in names] == expected
    assert sum(step["visitors"] for step in data["series"]) == 8
    csv = member.get(f"/sites/{filled.id}.csv").text.splitlines()
    assert csv[0].startswith("day,visitors,visits")
    assert csv[-1] == f"{TODAY},3,3,8,1,0,180,0,0"
    assert len(csv) == 29


def test_today_is_the_store_and_what_is_still_in_memory(filled: Site, member: TestClient, stats: Stats) -> None:
    asked = {"site_id": filled.id, "metrics": ["visitors", "pageviews"], "date_range": "day"}
    assert stats.rows(**asked) == [(3, 8)]
    assert stats.rows(**asked, dimensions=["time:hour"]) == [
        (f"{TODAY} 08:00:00", 2, 7),
        (f"{TODAY} 13:00:00", 1, 1),
    ]
    text = member.get(f"/sites/{filled.id}?period=day").text
    assert on_page(text)["visitors"] == 3
    assert ">Visitors</a>" in text
    assert "visitor-days" not in text


def test_more_than_a_day_is_labelled_visitor_days(filled: Site, member: TestClient) -> None:
    text = member.get(f"/sites/{filled.id}").text
    assert ">Visitor-days</a>" in text
    assert "counts three times" in text


def test_breakdowns_of_page_json_csv_and_api_agree(filled: Site, member: TestClient, stats: Stats) -> None:
    expected = [("/a", 5, 5, 11), ("(rare)", 4, 4, 4), ("/b", 2, 2, 5)]
    asked = {"site_id": filled.id, "metrics": ["visitors", "visits", "pageviews"], "dimensions": ["event:page"]}
    assert stats.rows(**asked) == expected
    data = member.get(f"/sites/{filled.id}/pages.json").json()
    found = [(row["value"], row["visitors"], row["visits"], row["pageviews"]) for row in data["rows"]]
    assert found == [expected[0], expected[2], expected[1]]  # people look for (rare) at the end
    assert data["total_rows"] == 3
    lines = member.get(f"/sites/{filled.id}/pages.csv").text.splitlines()
    assert lines[1:] == ["/a,5,5,11,0,0", "/b,2,2,5,0,0", "(rare),4,4,4,0,0"]
    text = member.get(f"/sites/{filled.id}").text
    assert re.findall(r'<li data-value="(/?[^"]*)" data-count="(\d+)"', text)[:2] == [("", "4"), ("Google", "2")]
    assert '<li data-value="/a" data-count="5">' in text
    assert '<li data-value="(rare)" data-count="4" class="rare">' in text


def test_rare_is_explained_where_it_stands(filled: Site, member: TestClient) -> None:
    for path in (f"/sites/{filled.id}", f"/sites/{filled.id}/pages"):
        assert "fewer than 5 people shared on a day" in member.get(path).text


def test_a_card_keeps_rare_though_it_is_not_among_the_first(member: TestClient, rows: Rows, site: Site) -> None:
    rows.cells(site.id, "page", [(TODAY, f"/{n:02}", amounts(50 - n, 50, 50)) for n in range(20)])
    rows.cells(site.id, "page", [(TODAY, "(rare)", amounts(1, 1, 1))])
    text = member.get(f"/sites/{site.id}").text
    shown = re.findall(r'<li data-value="(/\d\d|\(rare\))"', text)
    assert shown == [*(f"/{n:02}" for n in range(8)), "(rare)"]
    assert "All 21 pages" in text


def test_every_row_is_paged_for_people_and_whole_for_programs(member: TestClient, rows: Rows, site: Site) -> None:
    rows.cells(site.id, "page", [(TODAY, f"/{n:03}", amounts(1000 - n, 1, 1)) for n in range(250)])
    base = f"/sites/{site.id}/pages"
    first, last = member.get(base).text, member.get(f"{base}?page=3").text
    assert "/099<" in first
    assert "/100<" not in first
    assert "page 1 of 3" in first
    assert "/249<" in last
    assert ">Next</a>" not in last
    assert len(member.get(f"{base}.csv").text.splitlines()) == 251
    assert len(member.get(f"{base}.json?page=2").json()["rows"]) == 250
    found = member.get(f"{base}.json?q=/24").json()
    assert [row["value"] for row in found["rows"]] == [f"/24{n}" for n in range(10)]
    for hostile in ("0", "-1", "x", "9" * 30, "²", "2.5"):
        assert "/000<" in member.get(base, params={"page": hostile}).text


def test_a_day_that_does_not_tell_its_hours_says_so(member: TestClient, rows: Rows, site: Site, stats: Stats) -> None:
    rows.hours(site.id, [(YESTERDAY, -1, amounts(3, 4, 9))])
    path = f"/sites/{site.id}?period=custom&from={YESTERDAY}&to={YESTERDAY}"
    text = member.get(path).text
    assert on_page(text)["pageviews"] == 9
    assert "too few visits to tell its hours" in text
    asked = {"site_id": site.id, "metrics": ["pageviews"], "date_range": [str(YESTERDAY)] * 2}
    assert stats.rows(**asked, dimensions=["time:hour"]) == [(str(YESTERDAY), 9)]
    assert stats.rows(**asked) == [(9,)]


def test_a_strict_site_shows_nothing_before_its_day_closes_and_then_tens(
    member: TestClient, rows: Rows, strict: Site, live: Memory, stats: Stats
) -> None:
    rows.hours(strict.id, [(YESTERDAY, 9, amounts(44, 46, 98))])
    live.totals[strict.id] = {(TODAY, 9): amounts(500, 500, 500)}
    assert stats.rows(site_id=strict.id, metrics=["visitors", "visits", "pageviews"]) == [(40, 50, 100)]
    text = member.get(f"/sites/{strict.id}").text
    assert on_page(text)["visitors"] == 40
    assert "nearest ten" in text


def test_home_sums_store_and_memory_for_each_site_in_its_own_zone(
    member: TestClient, filled: Site, live: Memory, rows: Rows
) -> None:
    live.totals["empty.example"] = {(TODAY, 22): amounts(4, 4, 4), (TODAY + timedelta(days=1), 0): amounts(1, 1, 1)}
    cards = {card["site_id"]: card for card in member.get("/index.json").json()["sites"]}
    assert cards[filled.id]["visitors_today"] == 3
    assert cards[filled.id]["visitors"] == 8
    assert cards["empty.example"]["visitors_today"] == 4  # 22:30 in Tokyo
    assert cards["empty.example"]["visitors"] == 4
    text = member.get("/").text
    assert "Demonstration" in text
    assert "No visit yet" in text


class Moving(Memory):
    """A batch is being written while the first two readings are made."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = iter([1, 2, 3, 4, 4, 4, 4])

    def generation(self) -> int:
        return next(self.steps)


def test_a_reading_during_a_write_is_made_again() -> None:
    taken: list[int] = []

    async def read() -> int:
        taken.append(len(taken))
        return len(taken)

    assert asyncio.run(read_still(Moving(), read)) == 2
    assert taken == [0, 1]


def test_a_store_that_never_rests_is_read_all_the_same() -> None:
    busy = Memory(number=1)

    async def read() -> date:
        return TODAY

    assert asyncio.run(read_still(busy, read)) == TODAY
