"""Administration through its addresses: who may, what is shown once, what is written into the log."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator

import pytest
from dashboards_stage import NOW
from starlette.applications import Starlette
from starlette.testclient import TestClient
from test_hostile_pages import HOSTILE, Reader, faults

from dashboards.routes import ROUTES
from ingest.app import App
from ingest.site import Site
from ingest.store.client import StoreError
from ingest.store.control.actions import list_log, note_action
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.tokens import create_token, find_token, list_tokens
from ingest.store.control.users import Role, User, add_user, find_user, list_users
from ingest.store.reader import Reader as StoreReader

pytest_plugins = ["dashboards_fixtures"]

Enter = Callable[[Role], TestClient]


@pytest.fixture
def enter(pages: Starlette, control: Control, owner: User) -> Iterator[Enter]:
    """Sign somebody of a role in, in a browser of their own."""
    clients: list[TestClient] = []

    def enter(role: Role) -> TestClient:
        client = TestClient(pages, follow_redirects=False)
        user = find_user(control, role.value) or add_user(control, role.value, role)
        client.get(f"/login/{make_link(control, user.id, NOW)}")
        clients.append(client)
        return client

    yield enter
    for client in clients:
        client.close()


def shown(text: str) -> str:
    """Return the secret that a page shows."""
    found = re.search(r"<pre data-copy><code>([^<]+)</code></pre>", text)
    assert found, "no secret is shown"
    return found[1]


def deeds(control: Control) -> list[tuple[str, str, str, str]]:
    return [(one.member, one.action, one.object, one.detail) for one in reversed(list_log(control)[0])]


def test_who_may_open_and_who_may_change_what(enter: Enter) -> None:
    paths = [entry for entry in ROUTES if entry.path.startswith("/admin/")]
    assert len(paths) > 10
    for role in Role:
        client = enter(role)
        for entry in paths:
            needed = Role(entry.permission.value)
            status = client.request(entry.method, entry.path).status_code
            if role.covers(needed):
                assert status != 403, (role, entry)
            else:
                assert status == 403, (role, entry)
        menu = client.get("/account").text
        assert ('href="/admin"' in menu) is role.covers(Role.EDITOR)


def test_an_editor_is_offered_what_an_editor_may_open(enter: Enter) -> None:
    editor = enter(Role.EDITOR)
    page = Reader()
    page.feed(editor.get("/admin/members").text)
    offered = {attributes.get("href", "") for tag, attributes in page.tags if tag == "a"}
    assert {"/admin/setup", "/admin/members", "/admin/health"} <= offered
    assert not offered & {"/admin/tokens", "/admin/links", "/admin/log"}
    assert not [attributes for tag, attributes in page.tags if tag == "form" and "/admin" in attributes["action"]]
    assert editor.get("/admin").headers["location"] == "/admin/setup"


def test_somebody_is_added_and_comes_in_by_the_link_once(
    member: TestClient, anyone: TestClient, control: Control
) -> None:
    text = member.post("/admin/members", data={"name": " bob ", "role": "editor"}).text
    link = shown(text)
    assert link.startswith("http://testserver/login/")
    assert faults(text) == []
    assert link not in member.get("/admin/members").text
    bob = find_user(control, "bob")
    assert bob is not None
    assert bob.role is Role.EDITOR
    assert anyone.get(link.removeprefix("http://testserver")).headers["location"] == "/"
    assert anyone.get("/admin/members").status_code == 200
    assert deeds(control)[-2:] == [("ada", "member added", "bob", "editor"), ("bob", "signed in by link", "bob", "")]


@pytest.mark.parametrize("name", ["", "ada", "\u202e", "x" * 65])
def test_a_name_that_is_taken_or_none_is_refused(member: TestClient, control: Control, name: str) -> None:
    answer = member.post("/admin/members", data={"name": name, "role": "owner"})
    assert answer.status_code == 400
    assert "A name has 1 to 64" in answer.text
    assert len(list_users(control)) == 1


def test_an_unknown_role_is_the_least(member: TestClient, control: Control) -> None:
    member.post("/admin/members", data={"name": "bob", "role": "god"})
    assert [user.role for user in list_users(control)] == [Role.OWNER, Role.VIEWER]


def test_a_new_role_ends_sessions_and_a_reset_too(
    member: TestClient, anyone: TestClient, control: Control, site: Site
) -> None:
    link = shown(member.post("/admin/members", data={"name": "bob", "role": "viewer"}).text)
    path = f"/sites/{site.id}"
    anyone.get(link.removeprefix("http://testserver"))
    assert anyone.get(path).status_code == 200
    assert member.post("/admin/members/role", data={"name": "bob", "role": "editor"}).status_code == 303
    assert anyone.get(path).status_code == 303
    first = shown(member.post("/admin/members/reset", data={"name": "bob"}).text)
    second = shown(member.post("/admin/members/reset", data={"name": "bob"}).text)
    assert anyone.get(first.removeprefix("http://testserver")).status_code == 410
    anyone.get(second.removeprefix("http://testserver"))
    assert anyone.get(path).status_code == 200
    assert member.post("/admin/members/remove", data={"name": "bob"}).status_code == 303
    assert anyone.get(path).status_code == 303
    assert [deed[1:] for deed in deeds(control)][2:] == [
        ("signed in by link", "bob", ""), ("role changed", "bob", "viewer to editor"), ("access reset", "bob", ""),
        ("access reset", "bob", ""), ("signed in by link", "bob", ""), ("member removed", "bob", ""),
    ]  # fmt: skip


def test_the_last_owner_stays(member: TestClient, control: Control) -> None:
    for path, form in (("role", {"role": "viewer"}), ("remove", {})):
        answer = member.post(f"/admin/members/{path}", data={"name": "ada", **form})
        assert answer.status_code == 400
        assert "This is the last owner" in answer.text
    assert [user.role for user in list_users(control)] == [Role.OWNER]
    assert [deed[1] for deed in deeds(control)] == ["signed in by link"]


@pytest.mark.parametrize("path", ["role", "reset", "remove"])
def test_nobody_is_changed_who_is_not_there(member: TestClient, path: str) -> None:
    answer = member.post(f"/admin/members/{path}", data={"name": "nobody", "role": "owner"})
    assert answer.status_code == 400
    assert "no member of that name" in answer.text


def test_a_token_is_shown_once_and_works_until_it_is_revoked(
    member: TestClient, anyone: TestClient, control: Control, site: Site, strict: Site
) -> None:
    text = member.post("/admin/tokens", data={"name": "Grafana", "owner": f"site:{site.id}", "scope": "stats"}).text
    secret = shown(text)
    listed = member.get("/admin/tokens").text
    assert secret not in listed
    assert f"stats:site:{site.id}" in listed
    headers = {"Authorization": f"Bearer {secret}"}

    def ask(site_id: str) -> int:
        question = {"site_id": site_id, "metrics": ["visits"], "date_range": "7d"}
        return anyone.post("/api/v2/query", json=question, headers=headers).status_code

    assert ask(site.id) == 200
    assert ask(strict.id) != 200
    [token] = list_tokens(control)
    assert member.post("/admin/tokens/revoke", data={"token": str(token.id)}).status_code == 303
    assert ask(site.id) == 401
    assert [deed[1:] for deed in deeds(control)][1:] == [
        ("token created", "Grafana", f"stats:site:{site.id}"), ("token revoked", "Grafana", f"stats:site:{site.id}"),
    ]  # fmt: skip


def test_a_token_for_everything_or_an_app(member: TestClient, control: Control, app: App) -> None:
    everything = shown(member.post("/admin/tokens", data={"name": "a", "owner": "", "scope": "stats"}).text)
    of_app = shown(member.post("/admin/tokens", data={"name": "b", "owner": f"app:{app.id}", "scope": "stats"}).text)
    first, second = find_token(control, everything), find_token(control, of_app)
    assert first is not None
    assert first.scopes == ["stats"]
    assert second is not None
    assert second.scopes == [f"stats:app:{app.id}"]


@pytest.mark.parametrize(
    "form",
    [{"name": ""}, {"name": "x" * 101}, {"scope": "everything"}, {"owner": "site:unheard.of"}, {"owner": "app:1"},
     {"owner": "nonsense"}, {"owner": HOSTILE[1]}],
)  # fmt: skip
def test_a_token_that_cannot_be_is_refused(member: TestClient, control: Control, form: dict[str, str]) -> None:
    answer = member.post("/admin/tokens", data={"name": "x", "owner": "", "scope": "stats", **form})
    assert answer.status_code == 400
    assert faults(answer.text) == []
    assert list_tokens(control) == []


@pytest.mark.parametrize("number", ["", "x", "-1", "0", "9" * 20, "٣"])
@pytest.mark.parametrize(("path", "name"), [("tokens", "token"), ("links", "link")])
def test_a_number_that_is_none_revokes_nothing(
    member: TestClient, control: Control, path: str, name: str, number: str
) -> None:
    create_token(control, "stays")
    assert member.post(f"/admin/{path}/revoke", data={name: number}).status_code == 303
    assert len(list_tokens(control)) == 1


def test_the_log_is_told_a_hundred_at_a_time_and_whole_to_programs(member: TestClient, control: Control) -> None:
    for number in range(120):
        note_action(control, "", "ada", "token created", f"token {number}", "stats", NOW)
    first, second = member.get("/admin/log").text, member.get("/admin/log?page=2").text
    assert "token 119" in first
    assert "token 0<" not in first
    assert "token 0" in second
    assert "page 1 of 2" in first
    assert "121 entries" in first
    assert "21 Nov 2026, 13:30" in first
    assert member.get("/admin/log.json").json()["total_rows"] == 121
    assert len(list(csv.DictReader(io.StringIO(member.get("/admin/log.csv").text)))) == 121
    for page in ("0", "-1", "x", "9999999", "٣"):
        assert member.get(f"/admin/log?page={page}").status_code == 200


def test_what_is_hostile_is_text(member: TestClient, control: Control) -> None:
    for text in HOSTILE:
        note_action(control, text, text, text, text, text, NOW)
        create_token(control, "".join(char for char in text if char.isprintable())[:100])
    for page in ("log", "tokens"):
        assert faults(member.get(f"/admin/{page}").text) == []
        assert not re.search(r'(^|,)"?[=+@-]', member.get(f"/admin/{page}.csv").text, re.MULTILINE)
    seen = Reader()
    seen.feed(member.get("/admin/log").text)
    assert all(text in "".join(seen.text) for text in HOSTILE)


def test_health_tells_what_the_server_knows_of_itself(member: TestClient) -> None:
    text = member.get("/admin/health").text
    for part in ("1.2.3", "2.0 MB", "of 268.4 MB", "9.0 kB", "Partitions dropped then", "swap is on", "cells"):
        assert part in text
    data = member.get("/admin/health.json").json()
    assert (data["batches_waiting"], data["is_full"], data["retained"]) == (1, False, "2026-11-21")
    assert {table["table"] for table in data["tables"]} >= {"hours", "cells", "pairs"}
    assert faults(text) == []


class Away(StoreReader):
    """A store that does not answer."""

    def __init__(self) -> None:
        """Open nothing."""

    async def rows(self, text: str, parameters: object) -> list[tuple[object, ...]]:  # noqa: ARG002
        raise StoreError("away")


@pytest.fixture
def reader(request: pytest.FixtureRequest) -> StoreReader:
    if "while_the_store_is_away" in request.node.name:
        return Away()
    return request.getfixturevalue("shared_reader")  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def shared_reader(connector: object, store: object) -> Iterator[StoreReader]:
    reader = StoreReader(connector)  # type: ignore[arg-type]
    yield reader
    reader.close()


def test_health_answers_while_the_store_is_away(member: TestClient) -> None:
    answer = member.get("/admin/health")
    assert answer.status_code == 200
    assert "The store cannot be asked just now" in answer.text
    assert member.get("/admin/health.json").json()["tables"] == []
    assert member.get("/privacy").status_code == 503, "the store has to be away"


def test_sites_and_apps_with_their_tag_and_dsn(member: TestClient, site: Site, app: App) -> None:
    text = member.get("/admin/setup").text
    assert faults(text) == []
    assert f"data-site=&#34;{site.id}&#34;" in text
    assert f"http://{app.key}@testserver/{app.id}" in text
    data = member.get("/admin/setup.json").json()
    assert {one["id"] for one in data["sites"]} >= {site.id, "empty.example"}
    assert {one["dsn"] for one in data["apps"]} >= {f"http://{app.key}@testserver/{app.id}"}


@pytest.mark.parametrize("page", ["members", "tokens", "links", "log", "health", "setup"])
def test_every_page_is_a_table_too(member: TestClient, page: str) -> None:
    lines = list(csv.reader(io.StringIO(member.get(f"/admin/{page}.csv").text)))
    assert len({len(line) for line in lines}) == 1
    assert member.get(f"/admin/{page}.json").headers["content-type"] == "application/json"
