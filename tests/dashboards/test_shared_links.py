"""Shared links: what they open, and all that they do not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from crash_stage import MERGE, crashing
from dashboards_stage import NOW, TODAY, Clock, Rows
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from test_hostile_pages import Reader, faults
from test_route_table import gates, path_of

from dashboards.access import Permission
from dashboards.routes import is_shared
from dashboards.throttle import FREE
from ingest.app import App
from ingest.site import Site
from ingest.store.control.actions import note_action
from ingest.store.control.assignments import assign
from ingest.store.control.database import Control
from ingest.store.control.notes import add_note
from ingest.store.control.shares import create_share, list_shares
from ingest.store.control.users import User

__all__ = ["crashing"]

pytest_plugins = ["dashboards_fixtures"]

COOKIE = "logless-share"
FORMS = ("", ".json", ".csv")


@pytest.fixture
def guest(pages: Starlette, control: Control, site: Site) -> Iterator[TestClient]:
    """A browser that came by a shared link to the site."""
    _, secret = create_share(control, "Board", site=site.id)
    with TestClient(pages, follow_redirects=False) as client:
        assert client.get(f"/share/{secret}").headers["location"] == f"/sites/{site.id}"
        yield client


def make(member: TestClient, **fields: str) -> str:
    answer = member.post("/admin/links", data={"name": "Board", "password": "", "ends": "", **fields})
    found = re.search(r"<code>http://testserver(/share/[^<]+)</code>", answer.text)
    assert found, answer.text
    return found[1]


def test_an_owner_makes_one_and_somebody_reads_by_it(
    member: TestClient, anyone: TestClient, site: Site, control: Control, rows: Rows
) -> None:
    rows.cells(site.id, "page", [(TODAY, "/pricing", (30, 33, 60, 2, 9, 900, 50, 1))])
    path = make(member, owner=f"site:{site.id}", ends="2026-12-01")
    assert path not in member.get("/admin/links").text
    opened = anyone.get(path)
    assert (opened.status_code, opened.headers["location"]) == (303, f"/sites/{site.id}")
    flags = opened.headers["set-cookie"].lower()
    assert all(flag in flags for flag in ("httponly", "samesite=lax", "path=/", "max-age=604800"))
    text = anyone.get(f"/sites/{site.id}").text
    assert "/pricing" in text
    assert "Shared with you to read" in text
    assert faults(text) == []
    for form in ("", ".json", ".csv"):
        assert "/pricing" in anyone.get(f"/sites/{site.id}/pages{form}").text
    [share] = list_shares(control)
    assert member.post("/admin/links/revoke", data={"link": str(share.id)}).status_code == 303
    assert anyone.get(f"/sites/{site.id}").status_code == 303
    assert anyone.get(path).status_code == 410
    log = [(one["action"], one["detail"], one["of"]) for one in member.get("/admin/log.json").json()["rows"]]
    assert log[:2] == [
        ("shared link revoked", "", site.id),
        ("shared link created", "without password, until 1 Dec 2026", site.id),
    ]


def reach(client: TestClient, route: Route, method: str, site: Site, app: App) -> int:
    return client.request(method, path_of(route, site, app)).status_code


def test_a_walk_over_every_route_opens_what_is_shared_and_nothing_else(
    pages: Starlette, guest: TestClient, site: Site, strict: Site, app: App
) -> None:
    opened = set()
    for route, gate in gates(pages):
        if gate.permission in {Permission.PUBLIC, Permission.TOKEN}:
            continue
        for method in sorted(route.methods or ()):
            status = reach(guest, route, method, site, app)
            if gate.permission is Permission.GUEST and "{site}" in route.path:
                assert status == 200, (method, route.path)
                opened.add(route.path)
            else:
                assert status in {303, 401}, (method, route.path)
            assert reach(guest, route, method, strict, app) in {303, 401}, (method, route.path)
    assert opened == {
        "/sites/{site}/cards",
        *(f"/sites/{{site}}{page}{form}" for page in ("", "/{panel}", "/funnels", "/realtime") for form in FORMS),
    }


def test_the_walk_would_see_a_page_too_many(pages: Starlette, guest: TestClient, site: Site, app: App) -> None:
    route, gate = next((route, gate) for route, gate in gates(pages) if route.path == "/sites/{site}/audit")
    assert reach(guest, route, "GET", site, app) == 303
    object.__setattr__(gate, "permission", Permission.GUEST)
    assert reach(guest, route, "GET", site, app) == 200


def test_what_links_open_is_only_ever_read(pages: Starlette) -> None:
    methods = [route.methods for route, gate in gates(pages) if gate.permission is Permission.GUEST]
    assert methods
    assert all(found == {"GET", "HEAD"} for found in methods)


def test_a_link_to_an_app_opens_that_app(anyone: TestClient, control: Control, site: Site, app: App) -> None:
    _, secret = create_share(control, "Board", app=app.id)
    assert anyone.get(f"/share/{secret}").headers["location"] == f"/apps/{app.id}/crashes"
    assert anyone.get(f"/apps/{app.id}/crashes").status_code == 200
    for path in (f"/sites/{site.id}", "/apps/999999/crashes", f"/apps/{app.id}/privacy", "/", "/account", "/admin"):
        assert anyone.get(path).status_code == 303, path


def test_what_the_team_tells_each_other_is_not_told_to_guests(
    member: TestClient, anyone: TestClient, control: Control, crashing: App, owner: User
) -> None:
    add_note(control, crashing.id, MERGE, owner.id, "Ask the release manager", TODAY, lambda _: None)
    assign(control, crashing.id, MERGE, owner.id)
    note_action(control, crashing.owner, owner.name, "noted", MERGE, "secretly", NOW)
    _, secret = create_share(control, "Board", app=crashing.id)
    anyone.get(f"/share/{secret}")
    own = ("release manager", f"{owner.name}<", f'"{owner.name}"', "secretly")
    told = set()
    for page in ("/crashes", f"/crashes/{MERGE}", "/releases"):
        for form in FORMS:
            path = f"/apps/{crashing.id}{page}{form}"
            shared = anyone.get(path)
            assert shared.status_code == 200, path
            told |= {text for text in own if text in member.get(path).text}
            assert not [text for text in (*own, f",{owner.name}") if text in shared.text], path
    assert told == set(own), "members have to be told"


def test_tabs_and_menus_offer_only_what_opens(guest: TestClient, site: Site, strict: Site, app: App) -> None:
    page = Reader()
    page.feed(guest.get(f"/sites/{site.id}").text)
    paths = {attributes["href"].partition("?")[0] for tag, attributes in page.tags if tag == "a"}
    led = [path for path in paths if path.startswith(("/sites", "/apps", "/admin", "/account"))]
    assert led
    for path in led:
        assert guest.get(path).status_code == 200, path
    assert strict.id not in "".join(page.text)
    assert app.name not in "".join(page.text)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/sites/a.example", True), ("/sites/a.example?period=7d", True), ("/sites/a.example/pages", True),
     ("/apps/6/releases", True), ("/apps/6/alerts", False), ("/sites/a.example/alerts", False),
     ("/sites/a.example/audit", False), ("/sites/a.example/setup", False), ("/apps/6/crashes", True),
     ("/apps/6/privacy", False), ("/admin/members", False), ("/", False), ("/nothing", False)],
)  # fmt: skip
def test_which_paths_links_can_open(path: str, expected: bool) -> None:
    assert is_shared(path) is expected


def test_a_password_is_asked_for_and_attempts_are_throttled(
    member: TestClient, anyone: TestClient, site: Site, clock: Clock
) -> None:
    path = make(member, owner=f"site:{site.id}", password="correct horse")
    form = anyone.get(path)
    assert form.status_code == 200
    assert "Password of this link" in form.text
    assert faults(form.text) == []
    assert COOKIE not in anyone.cookies
    for _ in range(FREE):
        assert anyone.post(path, data={"password": "wrong"}).status_code == 401
    assert anyone.post(path, data={"password": "correct horse"}).status_code == 429
    assert anyone.get(f"/sites/{site.id}").status_code == 303
    clock.now += 60
    assert anyone.post(path, data={"password": "correct horse"}).status_code == 303
    assert anyone.get(f"/sites/{site.id}").status_code == 200


def test_the_password_form_of_another_website_is_refused(member: TestClient, anyone: TestClient, site: Site) -> None:
    path = make(member, owner=f"site:{site.id}", password="correct horse")
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert anyone.post(path, data={"password": "correct horse"}, headers=foreign).status_code == 403


def test_a_link_ends(anyone: TestClient, control: Control, site: Site, clock: Clock) -> None:
    _, secret = create_share(control, "Board", site=site.id, ends=TODAY)
    assert anyone.get(f"/share/{secret}").status_code == 303
    assert anyone.get(f"/sites/{site.id}").status_code == 200
    clock.now += 86_400
    assert anyone.get(f"/sites/{site.id}").status_code == 303
    assert anyone.get(f"/share/{secret}").status_code == 410


@pytest.mark.parametrize("secret", ["x", "%00", "é", "x" * 5000, "..%2fx"])
def test_what_is_no_link_opens_nothing(anyone: TestClient, secret: str) -> None:
    assert anyone.get(f"/share/{secret}").status_code in {404, 410}
    assert anyone.post(f"/share/{secret}", data={"password": "x"}).status_code in {404, 410}
    assert COOKIE not in anyone.cookies


@pytest.mark.parametrize("cookie", ["", "x", "é", "x" * 5000])
def test_a_made_up_cookie_opens_nothing(anyone: TestClient, site: Site, cookie: str) -> None:
    answer = anyone.get(f"/sites/{site.id}", headers={b"Cookie": f"{COOKIE}={cookie}".encode()})
    assert answer.status_code == 303


def test_a_program_that_looks_ahead_is_not_let_in(anyone: TestClient, control: Control, site: Site) -> None:
    _, secret = create_share(control, "Board", site=site.id)
    for headers in ({"Sec-Purpose": "prefetch"}, {"Sec-Fetch-Mode": "cors"}):
        assert anyone.get(f"/share/{secret}", headers=headers).status_code == 503
    assert anyone.head(f"/share/{secret}").status_code == 503


def test_a_member_who_opens_one_stays_a_member(member: TestClient, control: Control, site: Site, strict: Site) -> None:
    _, secret = create_share(control, "Board", site=site.id)
    assert member.get(f"/share/{secret}").status_code == 303
    assert member.get(f"/sites/{strict.id}").status_code == 200
    assert "Shared with you" not in member.get(f"/sites/{site.id}").text


def test_a_link_to_a_site_that_is_gone_says_so(anyone: TestClient, control: Control) -> None:
    for share in (create_share(control, "Board", site="gone.example"), create_share(control, "Board", app=77)):
        led = anyone.get(f"/share/{share[1]}").headers["location"]
        assert anyone.get(led).status_code in {303, 404}


@pytest.mark.parametrize(
    "form",
    [{"name": ""}, {"name": "x" * 101}, {"owner": ""}, {"owner": "site:unheard.of"}, {"password": "short"},
     {"password": "x" * 257}, {"ends": "2026-11-20"}, {"ends": "tomorrow"}, {"ends": "2026-02-30"}],
)  # fmt: skip
def test_a_link_that_cannot_be_is_refused(
    member: TestClient, control: Control, site: Site, form: dict[str, str]
) -> None:
    fields = {"name": "Board", "owner": f"site:{site.id}", "password": "", "ends": "", **form}
    answer = member.post("/admin/links", data=fields)
    assert answer.status_code == 400
    assert "x" * 101 not in answer.text
    assert list_shares(control) == []


def test_over_https_the_cookie_is_bound_to_the_host(build_at: object, control: Control, site: Site) -> None:
    _, secret = create_share(control, "Board", site=site.id)
    secure = build_at("https://stats.example.org")  # type: ignore[operator]
    with TestClient(secure, base_url="https://stats.example.org", follow_redirects=False) as client:
        cookie = client.get(f"/share/{secret}").headers["set-cookie"]
    assert cookie.startswith("__Host-logless-share=")
    assert "secure" in cookie.lower()
