"""The referrer audit through its addresses: who reads, who writes, what is kept and what is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from dashboards_stage import NOW, TODAY, Rows
from starlette.applications import Starlette
from starlette.testclient import TestClient
from test_hostile_pages import HOSTILE, Reader, faults

from ingest.site import Goal, Site
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.reviews import Finding, Status, add_review, list_reviews, review_history
from ingest.store.control.users import Role, User, add_user

pytest_plugins = ["dashboards_fixtures"]

AMOUNTS = (30, 33, 60, 2, 9, 900, 50, 1)
HOST = "forum.example"


@pytest.fixture
def site(site: Site) -> Site:
    return replace(site, partners=frozenset({"partner.example"}), goals=(Goal("Buy", page="/thanks"),))


@pytest.fixture
def sent(rows: Rows, site: Site) -> None:
    days = [TODAY, TODAY - timedelta(days=1), date(2025, 3, 2)]
    rows.cells(site.id, "referrer", [(day, HOST, AMOUNTS) for day in days])
    rows.cells(site.id, "referrer", [(TODAY, "google.com", AMOUNTS), (TODAY, "(direct)", AMOUNTS)])
    # A visit that unfolds after it was written: only its amounts change, on a day that had no visit of its own.
    rows.cells(site.id, "referrer", [(date(2024, 1, 1), HOST, (0, 0, 0, 0, -1, 12, 0, 0))])
    rows.cells(site.id, "source", [(TODAY, HOST, (40, 120, 60, 2, 9, 900, 50, 1))])
    weeks = [(date(2026, 11, 16), "Buy", "Google", AMOUNTS), (date(2026, 11, 9), "Buy", HOST, AMOUNTS)]
    rows.pairs(site.id, "goal*source", weeks)


@pytest.fixture
def viewer(pages: Starlette, control: Control) -> Iterator[TestClient]:
    with TestClient(pages, follow_redirects=False) as client:
        client.get(f"/login/{make_link(control, add_user(control, 'vic', Role.VIEWER).id, NOW)}")
        yield client


def path(site: Site, *, form: str = "", host: str = "") -> str:
    about = f"/review{form}?host={quote(host)}" if host else form
    return f"/sites/{site.id}/audit{about}"


def save(client: TestClient, site: Site, **fields: str) -> tuple[int, str]:
    entered = {"host": HOST, "claim": "", "status": "accurate", "note": "", "due": "", **fields}
    answer = client.post(f"/sites/{site.id}/audit/review", data=entered)
    return answer.status_code, answer.headers.get("location", "") or answer.text


@pytest.mark.usefixtures("sent")
def test_every_host_of_all_time_with_what_it_sent(member: TestClient, site: Site) -> None:
    data = member.get(path(site, form=".json")).json()
    rows = {row["host"]: row for row in data["rows"]}
    assert list(rows) == [HOST, "google.com", "partner.example"]
    assert rows[HOST] | {
        "visits": 99, "visitors": 90, "bounce_rate": 26, "engaged_share": 74, "visit_duration": 27, "goals": 30,
        "first_day": "2025-03-02", "last_day": "2026-11-21", "source": HOST, "declared": "", "tagged_only": 21,
        "flags": ["trimmed"], "status": "not reviewed", "overdue": False,
    } == rows[HOST]  # fmt: skip
    assert rows["google.com"] | {"source": "Google", "goals": 30, "flags": ["new"]} == rows["google.com"]
    partner = {"declared": "partner", "visits": 0, "first_day": "", "flags": [], "goals": 0}
    assert rows["partner.example"] | partner == rows["partner.example"]
    assert data["shares"] == [{"value": "(direct)", "percent_of_visits": 20}]


@pytest.mark.usefixtures("sent")
def test_a_page_of_people_and_its_table(member: TestClient, site: Site) -> None:
    text = member.get(path(site)).text
    assert faults(text) == []
    page = Reader()
    page.feed(text)
    assert [attributes["data-host"] for _, attributes in page.tags if "data-host" in attributes] == [
        HOST, "google.com", "partner.example",
    ]  # fmt: skip
    assert "as Google" in text
    lines = list(csv.DictReader(io.StringIO(member.get(path(site, form=".csv")).text)))
    assert [line["host"] for line in lines] == [HOST, "google.com", "partner.example"]
    assert (lines[0]["flags"], lines[0]["visits"]) == ("trimmed", "99")


@pytest.mark.usefixtures("sent")
def test_goals_of_a_host_by_week(member: TestClient, site: Site) -> None:
    data = member.get(path(site, form=".json", host=HOST)).json()
    assert data["goals_by_week"] == [{"week": "2026-11-09", "goal": "Buy", "converters": 30}]
    text = member.get(path(site, host="google.com")).text
    assert "which other hosts may share" in text
    assert "16 Nov 2026" in text


def test_a_site_without_rows_has_an_audit_all_the_same(member: TestClient, strict: Site) -> None:
    assert "No host has sent enough visitors to be named" in member.get(path(strict)).text
    assert member.get(path(strict, form=".json")).json()["rows"] == []


@pytest.mark.usefixtures("sent")
def test_a_review_is_kept_and_shown_and_the_earlier_ones_with_it(
    member: TestClient, site: Site, control: Control
) -> None:
    claim = "https://forum.example/t/9?a=1&b=2"
    status, location = save(
        member, site, claim=claim, status="exaggerated", note="Says <b>twice</b>\nthe visitors.", due="2026-11-21"
    )
    assert status == 303
    assert parse_qs(urlsplit(location).query) == {"host": [HOST], "saved": ["1"]}
    assert save(member, site, status="corrected", claim=claim, due="2027-02-01")[0] == 303
    text = member.get(location).text
    assert "The review is kept." in text
    assert f'<a href="{claim.replace("&", "&amp;")}" rel="noopener noreferrer nofollow" target="_blank">' in text
    assert "Says &lt;b&gt;twice&lt;/b&gt;\nthe visitors." in text
    assert [fault for fault in faults(text) if not fault.startswith(f"a href={claim}")] == []
    data = member.get(path(site, form=".json", host=HOST)).json()
    assert [(one["status"], one["reviewer"], one["due"]) for one in data["reviews"]] == [
        ("corrected", "ada", "2027-02-01"), ("exaggerated", "ada", "2026-11-21"),
    ]  # fmt: skip
    row = next(row for row in member.get(path(site, form=".json")).json()["rows"] if row["host"] == HOST)
    assert (row["status"], row["claim"], row["reviewed"], row["due"]) == (
        "corrected", claim, "2026-11-21", "2027-02-01",
    )  # fmt: skip
    assert list_reviews(control, site.id)[HOST].finding.status is Status.CORRECTED


@pytest.mark.usefixtures("sent")
def test_what_is_to_be_looked_at_again_comes_first(
    member: TestClient, site: Site, control: Control, owner: User
) -> None:
    due = Finding("", Status.ACCURATE, "", TODAY - timedelta(days=1))
    add_review(control, site.id, "partner.example", due, owner.id, date(2026, 8, 1))
    data = member.get(path(site, form=".json")).json()
    assert next((row["host"], row["overdue"]) for row in data["rows"]) == ("partner.example", True)
    assert 'data-metric="overdue" data-value="1"' in member.get(path(site)).text


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"note": "the owner is jane.roe@mail.example, ask her"}, "looks like somebody"),
        ({"note": "seen from 93.184.216.34"}, "looks like somebody"),
        ({"claim": "javascript:alert(1)"}, "http:// or https://"),
        ({"status": "fine"}, "A status is one of"),
        ({"due": "tomorrow"}, "The day to look again"),
        ({"note": "x" * 1_001}, "1000 printable"),
    ],
    ids=["mail", "address", "script", "status", "day", "long"],
)
def test_what_may_not_be_kept_is_refused_and_stays_in_the_form(
    fields: dict[str, str], told: str, member: TestClient, site: Site, control: Control
) -> None:
    status, text = save(member, site, **{"note": "mine", **fields})
    assert status == 400
    assert told in text
    assert fields.get("note", "mine") in text
    assert review_history(control, site.id, HOST) == []
    assert save(member, site, note="a claim of 1,000,000 users, in 3 places")[0] == 303


@pytest.mark.usefixtures("sent")
def test_viewers_read_and_may_not_write(viewer: TestClient, site: Site, control: Control) -> None:
    text = viewer.get(path(site, host=HOST)).text
    assert "Nobody has looked at it yet." in text
    assert "<textarea" not in text
    assert save(viewer, site)[0] == 403
    assert review_history(control, site.id, HOST) == []


@pytest.mark.usefixtures("sent")
def test_another_site_cannot_write_for_whoever_is_signed_in(member: TestClient, site: Site, control: Control) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = member.post(
            f"/sites/{site.id}/audit/review", data={"host": HOST, "status": "accurate"}, headers=headers
        )
        assert answer.status_code == 403
    assert review_history(control, site.id, HOST) == []


@pytest.mark.usefixtures("sent")
def test_nobody_reviews_what_is_not_there(member: TestClient, site: Site, control: Control) -> None:
    assert member.get(path(site, form=".json"), params={"q": "a\0b"}).status_code == 200
    for host in ("nobody.example", "(direct)", "", HOSTILE[0]):
        assert member.get(f"/sites/{site.id}/audit/review", params={"host": host}).status_code == 404
        assert save(member, site, host=host)[0] == 404
    assert list_reviews(control, site.id) == {}


def test_hosts_are_text_on_every_page_and_no_formula(member: TestClient, site: Site, rows: Rows) -> None:
    rows.cells(site.id, "referrer", [(TODAY, text, AMOUNTS) for text in HOSTILE])
    listed = Reader()
    listed.feed(member.get(path(site)).text)
    for text in HOSTILE:
        assert text in "".join(listed.text)
    for text in (*HOSTILE[:2], HOSTILE[5]):
        status, location = save(member, site, host=text, note=text)
        assert status == 303
        for page in (path(site), location):
            answer = member.get(page)
            assert answer.status_code == 200
            assert faults(answer.text) == [], page
    assert save(member, site, host=HOSTILE[7])[0] == 400, "no host is that long"
    table = member.get(path(site, form=".csv")).text
    assert "'=HYPERLINK" in table
    cells = [cell for line in csv.reader(io.StringIO(table)) for cell in line]
    assert len(cells) > 100
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_many_hosts_are_paged_for_people_and_whole_for_programs(member: TestClient, site: Site, rows: Rows) -> None:
    rows.cells(site.id, "referrer", [(TODAY, f"host{number:03}.example", AMOUNTS) for number in range(230)])
    assert member.get(path(site)).text.count("data-host=") == 100
    assert member.get(f"{path(site)}?page=3").text.count("data-host=") == 31
    assert len(member.get(path(site, form=".json")).json()["rows"]) == 231
    assert [row["host"] for row in member.get(f"{path(site, form='.json')}?q=HOST22").json()["rows"]] == [
        f"host22{number}.example" for number in range(10)
    ]
