"""A filter asks the declared pairs, says what they cannot answer, and shows what the Stats API answers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from dashboards_stage import TODAY, Rows, Stats
from starlette.testclient import TestClient

from ingest.counters.cells import Pair
from ingest.site import Site

pytest_plugins = ["dashboards_fixtures"]

MONDAY = TODAY - timedelta(days=TODAY.weekday())
SOURCES = {"Google": 5, "lobste.rs": 3, "": 2}
PAGES = {"/": 4, "/pricing, old": 2}


def amounts(n: int) -> list[int]:
    return [n, n + 1, 3 * n, n, 1, 60 * n, 50, 1]


@pytest.fixture
def filled(rows: Rows, site: Site) -> Site:
    days = [TODAY - timedelta(days=back) for back in range(3)]
    rows.hours(site.id, [(day, 9, amounts(10)) for day in days])
    rows.cells(site.id, "source", [(day, name, amounts(n)) for day in days for name, n in SOURCES.items()])
    rows.cells(site.id, "page", [(day, name, amounts(n)) for day in days for name, n in PAGES.items()])
    rows.cells(site.id, "browser", [(day, "Firefox", amounts(9)) for day in days])
    rows.cells(site.id, "goal", [(day, "Buy", amounts(2)) for day in days])
    for pair, first, second in (("page*source", PAGES, SOURCES), ("source*device", SOURCES, {"desktop": 3})):
        crossed = [(day, a, b, amounts(min(n, m))) for day in days for a, n in first.items() for b, m in second.items()]
        rows.pairs(site.id, pair, crossed)
    rows.pairs(site.id, "goal*source", [(MONDAY, "Buy", name, amounts(n)) for name, n in SOURCES.items()])
    return site


def shown(text: str, section: str) -> dict[str, float]:
    card = text.partition(f'id="card-{section}"')[2].partition("</section>")[0]
    found = re.findall(r'<li data-value="([^"]*)" data-count="([\d.]+)"', card)
    return {unescape(value): float(number) for value, number in found}


def kpis(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r'data-metric="(\w+)" data-value="([\d.]+)"', text)}


@pytest.mark.parametrize(
    ("operator", "value"),
    [("is", "Google"), ("is_not", "Google"), ("contains", "o"), ("contains_not", "o"), ("is", "")],
)
def test_page_and_api_answer_alike(filled: Site, member: TestClient, stats: Stats, operator: str, value: str) -> None:
    text = member.get(f"/sites/{filled.id}", params={"f": f"{operator},source,{value}"}).text
    asked = {"site_id": filled.id, "filters": [[operator, "visit:source", [value]]]}
    names = ["visitors", "visits", "pageviews"]
    [answer] = stats.rows(**asked, metrics=names)
    found = kpis(text)
    assert tuple(found[name] for name in names) == answer
    for section, dimension in (("pages", "event:page"), ("devices", "visit:device"), ("sources", "visit:source")):
        rows = stats.rows(**asked, metrics=["visitors"], dimensions=[dimension])
        assert shown(text, section) == {row[0]: row[1] for row in rows}, section
        assert rows, section
    data = member.get(f"/sites/{filled.id}.json", params={"f": f"{operator},source,{value}"}).json()
    assert data["filter"] == [operator, "source", value]
    assert data["totals"]["pageviews"] == answer[2]


def test_rows_lead_to_themselves_as_a_filter_and_back(filled: Site, member: TestClient) -> None:
    text = member.get(f"/sites/{filled.id}?metric=visits&period=7d").text
    hrefs = [unescape(path) for path in re.findall(r'<a class="name" href="([^"]+)"', text)]
    path = next(path for path in hrefs if "pricing" in path)
    assert path == f"/sites/{filled.id}?period=7d&f=is%2Cpage%2C%2Fpricing%2C+old&metric=visits"
    text = member.get(path).text
    assert shown(text, "sources") == {"Google": 6, "lobste.rs": 6, "": 6}
    assert "/pricing, old</strong>" in text
    chip = text.partition('class="chips"')[2].partition("</ul>")[0]
    turned, without = (unescape(found) for found in re.findall(r'href="([^"]+)"', chip))
    assert "is_not%2Cpage" in turned
    assert without == f"/sites/{filled.id}?period=7d&metric=visits"
    # One deep: a row of the filtered page takes the filter's place.
    again = [unescape(path) for path in re.findall(r'<a class="name" href="([^"]+)"', text)]
    assert again
    assert all(path.count("f=") == 1 for path in again)


def test_what_no_pair_can_answer_says_so_in_a_line(filled: Site, member: TestClient) -> None:
    text = member.get(f"/sites/{filled.id}?f=is,source,Google&card=browsers").text
    assert "Not crossed with source." in text
    assert shown(text, "devices") == {}
    page = member.get(f"/sites/{filled.id}/browsers?f=is,source,Google")
    assert page.status_code == 200
    assert "Not crossed with source." in page.text
    assert "Firefox" not in page.text
    assert member.get(f"/sites/{filled.id}/browsers.json?f=is,source,Google").json()["rows"] == []
    # And it is no link where nothing could be shown.
    rows = member.get(f"/sites/{filled.id}?card=browsers").text.partition('id="card-devices"')[2]
    assert '<span class="name" title="Firefox">' in rows


def test_every_pair_can_be_walked_from_both_ends(rows: Rows, site: Site, member: TestClient) -> None:
    rows.hours(site.id, [(MONDAY, 9, amounts(9))])
    for pair in Pair:
        rows.pairs(site.id, pair, [(MONDAY, "one", "two", amounts(7))])
    data = {}
    for side in {str(side) for pair in Pair for side in pair.attributes}:
        for value in ("one", "two"):
            found = member.get(f"/sites/{site.id}.json?f=is,{side},{value}").json()["panels"]
            data[side, value] = {slug for slug, panel in found.items() if panel["rows"]}
    slugs = {"page": "pages", "source": "sources", "country": "countries", "device": "devices", "entry": "entry-pages",
             "channel": "channels", "utm_campaign": "utm-campaigns", "language": "languages", "system": "systems",
             "goal": "goals"}  # fmt: skip
    for pair in Pair:
        first, second = map(str, pair.attributes)
        assert slugs[second] in data[first, "one"], pair
        assert slugs[first] in data[second, "two"], pair
    answered = sum(len(found) for found in data.values())
    assert answered == 2 * len(Pair)


def test_goals_are_crossed_by_whole_weeks_with_a_rate(filled: Site, member: TestClient, stats: Stats) -> None:
    path = f"/sites/{filled.id}/sources.json?f=is,goal,Buy&period=day"
    rows = {row["value"]: row for row in member.get(path).json()["rows"]}
    asked = {"site_id": filled.id, "metrics": ["visitors", "conversion_rate"], "date_range": "day"}
    answer = stats.rows(**asked, dimensions=["visit:source"], filters=[["is", "event:goal", ["Buy"]]])
    assert {value: (row["visitors"], row["conversion_rate"]) for value, row in rows.items()} == {
        str(value): (visitors, share) for value, visitors, share in answer
    }
    assert rows["Google"]["conversion_rate"] == round(100 * 5 / 15, 1)
    text = member.get(f"/sites/{filled.id}/sources?f=is,goal,Buy&period=day").text
    assert f"By the week: {MONDAY.day} Nov to {(MONDAY + timedelta(days=6)).day} Nov 2026." in text
    assert "33.3%" in text
    goals = member.get(f"/sites/{filled.id}/goals.json").json()["rows"]
    assert goals[0]["conversion_rate"] == 20.0
    csv = member.get(f"/sites/{filled.id}/goals.csv").text.splitlines()
    assert csv == ["goal,visitors,events,visits,conversion_rate", "Buy,6,6,9,20.0"]
    assert "Converter-days" in member.get(f"/sites/{filled.id}?f=is,goal,Buy").text


def test_a_filter_has_no_hours_and_shows_the_day(filled: Site, member: TestClient) -> None:
    data = member.get(f"/sites/{filled.id}.json?f=is,source,Google&period=day").json()
    assert (data["bucket"], [step["bucket"] for step in data["series"]]) == ("day", [str(TODAY)])
    assert data["totals"]["visitors"] == 5


def test_cards_alone_are_the_cards_of_the_page(filled: Site, member: TestClient) -> None:
    said = "card=browsers,referrers&period=7d"
    whole = member.get(f"/sites/{filled.id}?{said}").text
    part = member.get(f"/sites/{filled.id}/cards?{said}").text
    assert part.strip().startswith('<div class="cards" id="cards">')
    assert part.count("<section") == whole.partition('id="cards"')[2].count("<section")
    assert shown(part, "devices") == shown(whole, "devices") == {"Firefox": 27}


def test_days_are_compared_and_the_unfinished_one_is_left_out(rows: Rows, site: Site, member: TestClient) -> None:
    days = [TODAY - timedelta(days=back) for back in range(14)]
    rows.hours(site.id, [(day, 9, amounts(40 if day > TODAY - timedelta(days=7) else 20)) for day in days])
    data = member.get(f"/sites/{site.id}.json?period=7d&compare=prev").json()
    assert data["compared_with"]["to"] == str(TODAY - timedelta(days=7))
    assert (data["finished"]["visitors"], data["before"]["visitors"]) == (6 * 40, 6 * 20)
    assert [step["compared"]["visitors"] for step in data["series"]] == [20] * 7
    text = member.get(f"/sites/{site.id}?period=7d&compare=prev").text
    assert "+100%" in text
    assert 'class="line compared"' in text
    assert "leaves out what is still being counted" in text
    assert 'class="line compared"' not in member.get(f"/sites/{site.id}?period=7d").text
    # What was not counted yet is no zero.
    text = member.get(f"/sites/{site.id}?period=7d&compare=yoy").text
    assert 'class="line compared"' not in text
    assert "was not counted yet" in text
    partly = member.get(f"/sites/{site.id}.json?period=custom&from=2026-11-10&to=2026-11-20&compare=prev").json()
    assert partly["before"] is None
    # Matched by weekday it is two weeks back: 27 October to 6 November, where the first day is 8 November.
    assert all("compared" not in step for step in partly["series"])


def test_days_after_a_failure_are_marked(rows: Rows, site: Site, member: TestClient) -> None:
    day = TODAY - timedelta(days=2)
    rows.hours(site.id, [(day, 9, amounts(40))])
    path = f"/sites/{site.id}?period=7d"
    assert 'class="approximate"' not in member.get(path).text
    rows.cells(site.id, "mark", [(day, "~", [0, 1, 0, 0, 0, 0, 0, 0])])
    text = member.get(path).text
    assert text.count('class="approximate"') == 1
    assert 'data-value="~40"' in text
    assert "up to 11% high" in text
    # Of page views every one is counted once.
    assert 'class="approximate"' not in member.get(f"{path}&metric=pageviews").text


def test_a_declared_property_has_a_panel(filled: Site, member: TestClient, rows: Rows, sites: object) -> None:
    sites.replace([Site(id=filled.id, hosts=(), props=frozenset({"plan", "signup:plan"}))])  # type: ignore[attr-defined]
    rows.cells(filled.id, "prop:plan", [(date(2026, 11, 20), "team", amounts(6))])
    text = member.get(f"/sites/{filled.id}/prop:plan").text
    assert "Property plan" in text
    assert "team" in text
    assert "Send an event with the property signup:plan" in member.get(f"/sites/{filled.id}/prop:signup:plan").text
    assert shown(member.get(f"/sites/{filled.id}?card=prop:plan").text, "goals") == {"team": 6}
