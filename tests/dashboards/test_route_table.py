from __future__ import annotations

import pytest
from dashboards_stage import NOW
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboards.access import ROLES, Gate, Permission, own_path
from dashboards.headers import FIXED
from dashboards.routes import ROUTES
from ingest.app import App
from ingest.site import Site
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.users import Role, User, add_user

pytest_plugins = ["dashboards_fixtures"]

PUBLIC = {
    "/privacy", "/privacy.json", "/privacy.csv", "/help", "/help.json", "/help.csv",
    "/privacy/you", "/privacy/you.json", "/privacy/you.csv",
    "/login", "/login/{secret}", "/share/{secret}", "/static/{file}", "/favicon.ico"
}  # fmt: skip


def gates(pages: Starlette) -> list[tuple[Route, Gate]]:
    found = []
    for route in pages.routes:
        assert isinstance(route, Route), route
        gate = getattr(route.endpoint, "__self__", None)
        assert isinstance(gate, Gate), f"{route.path} is not behind a gate"
        found.append((route, gate))
    return found


def path_of(route: Route, site: Site, app: App) -> str:
    return (
        route.path.replace("{site}", site.id)
        .replace("{app:int}", str(app.id))
        .replace("{panel}", "pages")
        .replace("{group}", "a" * 16)
        .replace("{secret}", "x" * 43)
        .replace("{file}", "x.css")
    )


def test_every_route_says_who_may_come(pages: Starlette) -> None:
    walked = gates(pages)
    assert len(walked) >= len(ROUTES)
    assert {route.path for route, gate in walked if gate.permission is Permission.PUBLIC} == PUBLIC
    assert all(gate.permission in {*ROLES, Permission.PUBLIC, Permission.TOKEN} for _, gate in walked)


def test_nobody_gets_behind_a_gate_unknown(pages: Starlette, anyone: TestClient, site: Site, app: App) -> None:
    closed = 0
    for route, gate in gates(pages):
        if gate.permission is Permission.PUBLIC:
            continue
        closed += 1
        for method in sorted(route.methods or ()):
            answer = anyone.request(method, path_of(route, site, app))
            if gate.format or gate.permission is Permission.TOKEN or method not in {"GET", "HEAD"}:
                assert answer.status_code == 401, route.path
            else:
                assert answer.status_code == 303, route.path
                assert answer.headers["location"].startswith("/login"), route.path
            assert site.id not in answer.text
    assert closed > 15


def test_every_page_of_a_member_answers(pages: Starlette, member: TestClient, site: Site, app: App) -> None:
    for route, gate in gates(pages):
        if gate.permission in ROLES and "GET" in (route.methods or ()):
            # What is about one group or one host is about nothing without its name.
            expected = 404 if "{group}" in route.path or "/review" in route.path else 200
            expected = 303 if route.path == "/admin" else expected
            assert member.get(path_of(route, site, app)).status_code == expected, route.path


@pytest.mark.parametrize(("role", "expected"), [(Role.OWNER, 200), (Role.EDITOR, 403), (Role.VIEWER, 403)])
def test_a_role_that_is_not_enough_is_refused(
    role: Role, expected: int, pages: Starlette, control: Control, site: Site
) -> None:
    user = add_user(control, role.value, role)
    walked = gates(pages)
    gate = next(gate for route, gate in walked if route.path == "/sites/{site}")
    object.__setattr__(gate, "permission", Permission.OWNER)
    with TestClient(pages, follow_redirects=False) as client:
        client.get(f"/login/{make_link(control, user.id, NOW)}")
        assert client.get(f"/sites/{site.id}").status_code == expected


def test_each_role_covers_the_ones_below() -> None:
    assert [[a.covers(b) for b in Role] for a in Role] == [
        [True, True, True],
        [False, True, True],
        [False, False, True],
    ]


def test_unknown_addresses_sites_apps_and_panels_are_not_found(member: TestClient, site: Site, app: App) -> None:
    paths = (
        "/x", "/sites/unheard.of", "/sites/unheard.of/pages", f"/sites/{site.id}/nothing", f"/apps/{app.id}0/crashes",
        f"/apps/{app.id}", f"/apps/{app.id}/crashes/{'z' * 16}", f"/apps/{app.id}/crashes/{'a' * 16}", "/static/x.css",
    )  # fmt: skip
    for path in paths:
        answer = member.get(path)
        assert answer.status_code == 404, path
        assert "nothing at this address" in answer.text


def test_every_answer_bears_the_headers(anyone: TestClient, member: TestClient, site: Site) -> None:
    for client, path in ((anyone, "/login"), (anyone, "/privacy"), (member, f"/sites/{site.id}"), (anyone, "/nothing")):
        headers = client.get(path).headers
        for name, value in FIXED.items():
            assert headers[name] == value
        assert headers["cache-control"] == "private, no-store"
        assert "unsafe" not in headers["content-security-policy"]


def test_https_is_said_to_be_the_only_way_only_where_it_is(build_at: object, anyone: TestClient) -> None:
    assert "strict-transport-security" not in anyone.get("/login").headers
    secure = build_at("https://stats.example.org")  # type: ignore[operator]
    with TestClient(secure, base_url="https://stats.example.org") as client:
        assert client.get("/login").headers["strict-transport-security"] == "max-age=31536000"


def test_files_bear_names_that_change_with_them_and_may_be_kept(anyone: TestClient) -> None:
    text = anyone.get("/login").text
    paths = {part.split('"')[0] for part in text.split('="') if part.startswith("/static/")}
    assert len(paths) == 3
    for path in paths:
        answer = anyone.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert anyone.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "text",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil", "javascript:alert(1)", "", "/a\r\nb",
     "/a b", "/%0d%0a/../\t", "evil.example/"],
)  # fmt: skip
def test_nobody_is_led_to_another_host(text: str) -> None:
    led = own_path(text)
    assert led == "/" or (led.startswith("/") and not led.startswith(("//", "/\\")) and led.isprintable())
    assert "evil" not in led


def test_one_is_led_to_where_one_wanted_to_go(anyone: TestClient, site: Site, owner: User) -> None:
    answer = anyone.get(f"/sites/{site.id}?period=7d")
    assert answer.headers["location"] == f"/login?next=/sites/{site.id}%3Fperiod%3D7d"
    assert own_path(f"/sites/{site.id}?period=7d") == f"/sites/{site.id}?period=7d"
    assert f'value="/sites/{site.id}?period=7d"' in anyone.get(answer.headers["location"]).text
