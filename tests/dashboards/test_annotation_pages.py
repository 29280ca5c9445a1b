"""Annotations through their addresses, and as the chart reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from dashboards_stage import NOW
from starlette.applications import Starlette
from starlette.testclient import TestClient
from test_hostile_pages import HOSTILE, Reader, faults

from dashboards.addresses import owner_path
from dashboards.annotations import Annotation
from dashboards.written import Written
from ingest.app import App
from ingest.site import Site
from ingest.store.control.annotations import list_annotations
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.users import Role, add_user

pytest_plugins = ["dashboards_fixtures"]


@pytest.fixture
def viewer(pages: Starlette, control: Control) -> Iterator[TestClient]:
    with TestClient(pages, follow_redirects=False) as client:
        client.get(f"/login/{make_link(control, add_user(control, 'vic', Role.VIEWER).id, NOW)}")
        yield client


def add(client: TestClient, owner: Site | App, day: str, text: str) -> tuple[int, str]:
    answer = client.post(owner_path(owner, "annotations"), data={"day": day, "text": text})
    return answer.status_code, answer.text


@pytest.mark.parametrize("kind", ["site", "app"])
def test_one_is_kept_shown_read_by_the_chart_and_removed(
    kind: str, member: TestClient, site: Site, app: App, control: Control
) -> None:
    owner: Site | App = site if kind == "site" else app
    assert add(member, owner, "2026-11-09", "Launch of 2.0")[0] == 303
    assert add(member, owner, "2026-11-20", "Newsletter")[0] == 303
    path = owner_path(owner, "annotations")
    text = member.get(path).text
    assert "Launch of 2.0" in text
    assert faults(text) == []
    assert member.get(f"{path}.json").json()["annotations"][0] == {"day": "2026-11-20", "text": "Newsletter"}
    read = Written(control)
    assert read(owner.owner, date(2026, 11, 1), date(2026, 11, 30)) == [
        Annotation(date(2026, 11, 9), "Launch of 2.0"), Annotation(date(2026, 11, 20), "Newsletter"),
    ]  # fmt: skip
    assert read(owner.owner, date(2026, 11, 10), date(2026, 11, 19)) == []
    assert read("another.example", date(2026, 11, 1), date(2026, 11, 30)) == []
    one = list_annotations(control, owner.owner)[0]
    assert member.post(f"{path}/remove", data={"annotation": str(one.id)}).status_code == 303
    assert "Newsletter" not in member.get(path).text
    log = [(row["action"], row["object"], row["of"]) for row in member.get("/admin/log.json").json()["rows"]]
    assert log[:3] == [
        ("annotation removed", "2026-11-20", owner.owner), ("annotation added", "2026-11-20", owner.owner),
        ("annotation added", "2026-11-09", owner.owner),
    ]  # fmt: skip
    assert "Newsletter" not in member.get("/admin/log").text, "what is removed stays nowhere"


def test_a_viewer_reads_and_may_not_write(viewer: TestClient, member: TestClient, site: Site, control: Control) -> None:
    add(member, site, "2026-11-09", "Launch")
    page = Reader()
    page.feed(viewer.get(f"/sites/{site.id}/annotations").text)
    assert "Launch" in "".join(page.text)
    assert not [attributes for tag, attributes in page.tags if tag == "form" and "annotations" in attributes["action"]]
    assert add(viewer, site, "2026-11-09", "x")[0] == 403
    one = list_annotations(control, site.owner)[0]
    path = f"/sites/{site.id}/annotations/remove"
    assert viewer.post(path, data={"annotation": str(one.id)}).status_code == 403
    assert len(list_annotations(control, site.owner)) == 1


def test_another_sites_page_removes_nothing(member: TestClient, site: Site, strict: Site, control: Control) -> None:
    add(member, site, "2026-11-09", "Launch")
    one = list_annotations(control, site.owner)[0]
    member.post(f"/sites/{strict.id}/annotations/remove", data={"annotation": str(one.id)})
    assert list_annotations(control, site.owner) == [one]


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-02-30", "2026-11-9", HOSTILE[1]])
def test_a_day_that_is_none_is_refused(member: TestClient, site: Site, day: str) -> None:
    status, text = add(member, site, day, "Launch")
    assert status == 400
    assert "The day is a date" in text
    assert 'value="Launch"' in text
    assert faults(text) == []


@pytest.mark.parametrize("text", ["Ask ada@example.org", "From 203.0.113.7", "x" * 201, " "])
def test_what_may_not_be_written_is_refused(member: TestClient, site: Site, control: Control, text: str) -> None:
    status, answer = add(member, site, "2026-11-09", text)
    assert status == 400
    assert 'role="alert"' in answer
    assert list_annotations(control, site.owner) == []


def test_hostile_text_is_text(member: TestClient, site: Site, control: Control) -> None:
    for text in HOSTILE:
        add(member, site, "2026-11-09", text)
    kept = [one.text for one in list_annotations(control, site.owner)]
    assert len(kept) > 4
    page = Reader()
    text = member.get(f"/sites/{site.id}/annotations").text
    page.feed(text)
    assert faults(text) == []
    assert all(one in "".join(page.text) for one in kept)
    assert "\n2026-11-09,=" not in member.get(f"/sites/{site.id}/annotations.csv").text
