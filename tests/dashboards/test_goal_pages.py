"""Funnels, realtime, marks that people set, and what would be counted about a reader."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import date, timedelta
from typing import Any

from dashboards_fixtures import build_pages
from dashboards_stage import NOW, TODAY, Clock, Memory, Rows
from starlette.testclient import TestClient

from dashboards.annotations import Annotation, Kind
from dashboards.reader import Account, Told
from ingest.app import Apps
from ingest.site import Funnel, Goal, Site, Sites
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.users import User
from ingest.store.reader import Reader

pytest_plugins = ["dashboards_fixtures"]

STEPS = (Goal("/pricing", page="/pricing"), Goal("/checkout", page="/checkout"), Goal("bought", event="bought"))


def visits(n: int) -> list[int]:
    return [n, n, 0, 0, 0, 0, 0, 0]


def test_a_funnel_shows_who_went_on_and_who_left(member: TestClient, site: Site, sites: Sites, rows: Rows) -> None:
    sites.replace([Site(id=site.id, hosts=(), funnels=(Funnel("Purchase", STEPS), Funnel("Empty", STEPS[:2])))])
    days = [TODAY, TODAY - timedelta(days=1)]
    made = (("1", 40), ("2", 10), ("3", 5))
    rows.cells(site.id, "funnel:Purchase", [(day, step, visits(n)) for day in days for step, n in made])
    data = member.get(f"/sites/{site.id}/funnels.json").json()["funnels"]
    assert [funnel["name"] for funnel in data] == ["Purchase", "Empty"]
    assert [tuple(step.values()) for step in data[0]["steps"]] == [
        (1, "/pricing", 80, 100.0, 100.0),
        (2, "/checkout", 20, 25.0, 25.0),
        (3, "bought", 10, 12.5, 50.0),
    ]
    assert data[1]["steps"][1] == {
        "step": 2, "name": "/checkout", "visits": 0, "percent_of_first": None, "percent_of_previous": None
    }  # fmt: skip
    text = member.get(f"/sites/{site.id}/funnels").text
    assert "60 left, 25.0% went on" in text
    assert "12.5% of visits came through" in text
    assert "made the first step" in text
    assert "not crossed" in member.get(f"/sites/{site.id}/funnels?f=is,source,x").text
    csv = member.get(f"/sites/{site.id}/funnels.csv").text.splitlines()
    assert csv[3] == "Purchase,3,bought,10,12.5,50.0"


def test_without_a_funnel_the_page_says_how_to_declare_one(member: TestClient, site: Site) -> None:
    text = member.get(f"/sites/{site.id}/funnels").text
    assert "No funnel is declared" in text
    assert "funnels = [{" in text


def test_realtime_is_totals_and_tells_no_single_person(
    member: TestClient, site: Site, strict: Site, sites: Sites, live: Memory
) -> None:
    live.now = {site.id: (3, 12), strict.id: (9, 9), "plain.example": (1, 2)}
    live.totals[site.id] = {(TODAY, 13): [4, 5, 9, 0, 0, 0, 0, 0], (TODAY, 8): [1, 1, 2, 0, 0, 0, 0, 0]}
    data = member.get(f"/sites/{site.id}/realtime.json").json()
    assert data["present"] == {"last_5_minutes": "fewer than 5", "last_30_minutes": "12"}
    assert (data["hour"]["pageviews"], data["today"]["pageviews"]) == (9, 11)
    assert set(data) == {"site", "present", "hour", "today", "series"}
    live.now[site.id] = (0, 0)
    assert "fewer than 5" in member.get(f"/sites/{site.id}/realtime").text
    assert "Not shown for this site" in member.get(f"/sites/{strict.id}/realtime").text
    assert member.get(f"/sites/{strict.id}/realtime.json").json()["present"] is None


def test_the_overview_tells_what_goes_on_whatever_its_period(member: TestClient, site: Site, live: Memory) -> None:
    live.now[site.id] = (17, 40)
    live.totals[site.id] = {(TODAY, 13): [4, 5, 9, 0, 0, 0, 0, 0]}
    text = member.get(f"/sites/{site.id}?period=last_month").text
    assert "<strong>17</strong> visits just now" in text
    assert 'data-today="visitors" data-value="4"' in text
    assert 'data-metric="visitors" data-value="0"' in text


def test_marks_stand_in_their_bucket_as_text(
    sites: Sites, apps: Apps, reader: Reader, control: Control, live: Memory, owner: User, site: Site
) -> None:
    asked: list[tuple[str, date, date]] = []

    def annotations(owner: str, since: date, until: date) -> list[Annotation]:
        asked.append((owner, since, until))
        return [
            Annotation(TODAY - timedelta(days=3), "<b>Release</b> 3.2", Kind.RELEASE),
            Annotation(TODAY - timedelta(days=3), "In the news"),
        ]

    async def account(scope: MutableMapping[str, Any]) -> Account:
        assert scope["path"].startswith("/privacy/you")
        return Account(objects=False, refusal="", told=(Told("country", "GI", is_free=False),))

    pages = build_pages(sites, apps, reader, control, live, Clock(), annotations=annotations, account=account)
    with TestClient(pages, follow_redirects=False) as client:
        told = client.get("/privacy/you").text
        assert 'data-attribute="country"' in told
        assert "Gibraltar" in told
        assert client.get("/privacy/you.json").json()["would_be_counted"] == [
            {"attribute": "country", "value": "GI", "named_at_once": False}
        ]
        client.get(f"/login/{make_link(control, owner.id, NOW)}")
        text = client.get(f"/sites/{site.id}?period=7d").text
        assert asked == [(site.id, TODAY - timedelta(days=6), TODAY)]
        assert text.count('<circle class="flag"') == 2  # one on the chart, one in its legend
        assert "&lt;b&gt;Release&lt;/b&gt; 3.2; In the news" in text
        weekly = client.get(f"/sites/{site.id}.json?period=custom&from=2026-06-01&to=2026-11-21").json()
        assert [step["bucket"] for step in weekly["series"] if step["notes"]] == ["2026-11-16"]


def test_keys_are_switched_off_and_on_in_this_browser(member: TestClient, site: Site) -> None:
    assert "<body data-keys>" in member.get(f"/sites/{site.id}").text
    assert member.post("/account/keys", data={"keys": "off"}).status_code == 303
    text = member.get(f"/sites/{site.id}").text
    assert "<body>" in text
    assert "<kbd>" not in text
    assert "Switch them on" in member.get("/account").text
    member.post("/account/keys", data={"keys": "on"})
    assert "<body data-keys>" in member.get(f"/sites/{site.id}").text
