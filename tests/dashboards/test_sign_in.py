from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from dashboards_stage import FAST, NOW, Clock
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.sessions import list_sessions
from ingest.store.control.users import User, password_of, set_password

pytest_plugins = ["dashboards_fixtures"]

SECRET = "correct horse battery"
OWN = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def ada(control: Control, owner: User) -> User:
    set_password(control, owner.id, FAST.hash(SECRET))
    return owner


def sign_in(client: TestClient, password: str = SECRET, name: str = "ada", **fields: str) -> int:
    form = {"name": name, "password": password, **fields}
    return client.post("/login", data=form, headers=OWN).status_code


def is_in(client: TestClient) -> bool:
    return client.get("/").status_code == 200


def test_a_password_signs_in_and_signing_out_ends_it(anyone: TestClient, ada: User) -> None:
    assert not is_in(anyone)
    assert sign_in(anyone, "wrong") == 401
    assert not is_in(anyone)
    answer = anyone.post("/login", data={"name": "ada", "password": SECRET, "next": "/account"}, headers=OWN)
    assert answer.headers["location"] == "/account"
    assert is_in(anyone)
    kept = anyone.cookies["logless"]
    assert anyone.post("/logout", headers=OWN).headers["location"] == "/login"
    assert not is_in(anyone)
    anyone.cookies.set("logless", kept)
    assert not is_in(anyone), "the server has to forget the session, not only the browser"


def test_the_cookie_is_closed_to_scripts_and_other_sites(anyone: TestClient, ada: User) -> None:
    answer = anyone.post("/login", data={"name": "ada", "password": SECRET}, headers=OWN)
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert "secure" not in parts


def test_under_https_the_cookie_is_bound_to_the_host(
    build_at: Callable[[str], Starlette], control: Control, ada: User
) -> None:
    with TestClient(build_at("https://s.example"), base_url="https://s.example", follow_redirects=False) as client:
        cookie = client.get(f"/login/{make_link(control, ada.id, NOW)}").headers["set-cookie"]
        assert cookie.startswith("__Host-logless=")
        assert "; Secure" in cookie
        assert "Domain" not in cookie
        assert is_in(client)


def test_a_secret_is_kept_as_a_digest_only(anyone: TestClient, ada: User, control: Control) -> None:
    link = make_link(control, ada.id, NOW)
    sign_in(anyone)
    with control.begin() as connection:
        dump = "\n".join(connection.connection.iterdump())
    assert "sessions" in dump
    for secret in (anyone.cookies["logless"], link, SECRET):
        assert secret not in dump


def test_a_link_works_once(pages: Starlette, anyone: TestClient, control: Control, owner: User) -> None:
    link = f"/login/{make_link(control, owner.id, NOW)}"
    assert anyone.get(link).headers["location"] == "/"
    assert is_in(anyone)
    with TestClient(pages, follow_redirects=False) as other:
        answer = other.get(link)
        assert answer.status_code == 410
        assert "works once" in answer.text
        assert not is_in(other)


def test_a_link_ends_after_a_quarter_of_an_hour(
    anyone: TestClient, control: Control, owner: User, clock: Clock
) -> None:
    last, late = make_link(control, owner.id, NOW), make_link(control, owner.id, NOW)
    clock.now = NOW + 15 * 60
    assert anyone.get(f"/login/{late}").status_code == 410
    clock.now = NOW + 15 * 60 - 1
    assert anyone.get(f"/login/{last}").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"sec-fetch-mode": "no-cors"},
        {"sec-fetch-mode": "cors"},
    ],
)
def test_whatever_looks_ahead_does_not_use_a_link_up(
    anyone: TestClient, control: Control, owner: User, headers: dict[str, str]
) -> None:
    link = f"/login/{make_link(control, owner.id, NOW)}"
    assert anyone.get(link, headers=headers).status_code == 503
    assert anyone.head(link).status_code == 503
    assert anyone.get(link, headers={"sec-fetch-mode": "navigate"}).status_code == 303


def test_sessions_end_when_idle_and_in_any_case(anyone: TestClient, ada: User, clock: Clock) -> None:
    day = 86_400
    sign_in(anyone)
    clock.now = NOW + 6 * day
    assert is_in(anyone)
    clock.now = NOW + 12 * day
    assert is_in(anyone), "being there has to keep it alive"
    clock.now = NOW + 20.6 * day
    assert not is_in(anyone)
    clock.now = NOW
    sign_in(anyone)
    for days in range(0, 31, 5):
        clock.now = NOW + days * day
        assert is_in(anyone)
    clock.now = NOW + 31 * day
    assert not is_in(anyone)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"origin": "http://testserver"}, 303),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[::1"}, 403),
        ({}, 303),
    ],
)
def test_only_our_own_pages_change_anything(member: TestClient, headers: dict[str, str], expected: int) -> None:
    assert member.post("/logout", headers=headers).status_code == expected
    assert is_in(member) == (expected == 403)


def test_a_foreign_form_cannot_sign_somebody_in(anyone: TestClient, ada: User) -> None:
    form = {"name": "ada", "password": SECRET}
    assert anyone.post("/login", data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert not is_in(anyone)


class From:
    """An address that can be asked for a digest, as the airlock leaves one in the scope."""

    def __init__(self, text: str) -> None:
        self._text = text

    def digest(self, key: bytes, *parts: bytes) -> bytes:
        from hashlib import blake2b

        return blake2b(b"|".join([*parts, self._text.encode()]), key=key, digest_size=8).digest()


class Airlock:
    """Puts a sender into the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.sender = "a"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["logless.address"] = From(self.sender)
        await self.app(scope, receive, send)


@pytest.fixture
def airlock(pages: Starlette) -> Airlock:
    return Airlock(pages)


@pytest.fixture
def sent(airlock: Airlock) -> Iterator[TestClient]:
    with TestClient(airlock, follow_redirects=False) as client:
        yield client


def test_failures_make_a_sender_wait_longer_and_longer(sent: TestClient, ada: User, clock: Clock) -> None:
    for number in range(5):
        assert sign_in(sent, "wrong", name=f"nobody{number}") == 401
    answer = sent.post("/login", data={"name": "ada", "password": SECRET}, headers=OWN)
    assert answer.status_code == 429, "the right password has to wait too"
    assert "1 second" in answer.text
    for wait in (1, 2, 4, 8):
        clock.now += wait
        assert sign_in(sent, "wrong", name="somebody") == 401
        assert sign_in(sent, "wrong", name="somebody else") == 429
    clock.now += 16
    assert sign_in(sent) == 303


def test_an_account_waits_whoever_asks(sent: TestClient, airlock: Airlock, ada: User, clock: Clock) -> None:
    for number in range(5):
        airlock.sender = f"sender {number}"
        assert sign_in(sent, "wrong") == 401
    airlock.sender = "another"
    assert sign_in(sent) == 429
    clock.now += 1
    assert sign_in(sent) == 303


def test_unknown_and_known_names_are_answered_alike(anyone: TestClient, ada: User) -> None:
    known = anyone.post("/login", data={"name": "ada", "password": "wrong"}, headers=OWN)
    unknown = anyone.post("/login", data={"name": "bob", "password": "wrong"}, headers=OWN)
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)


def test_a_weak_hash_is_made_anew_at_the_next_sign_in(anyone: TestClient, owner: User, control: Control) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
    set_password(control, owner.id, weak.hash(SECRET))
    assert sign_in(anyone) == 303
    found = password_of(control, "ada")
    assert found is not None
    assert not FAST.check_needs_rehash(found[1])
    assert FAST.verify(found[1], SECRET)


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"name=ada", "application/json", 415),
        (b"a=1" * 9000, "application/x-www-form-urlencoded", 413),
        (b"&".join([b"a=1"] * 101), "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"%ff=%fe", "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 401),
    ],
)
def test_forms_that_are_none(anyone: TestClient, content: bytes, kind: str, expected: int) -> None:
    answer = anyone.post("/login", content=content, headers={**OWN, "content-type": kind})
    assert answer.status_code == expected


def change(client: TestClient, new: str, again: str | None = None, old: str = "") -> tuple[int, str]:
    form = {"password": new, "again": new if again is None else again, "old": old}
    answer = client.post("/account/password", data=form, headers=OWN)
    return answer.status_code, answer.text


def test_whoever_came_by_link_sets_a_password_without_one(
    member: TestClient, control: Control, owner: User, pages: Starlette
) -> None:
    assert "Set a password" in member.get("/").text
    assert change(member, "short")[0] == 400
    assert "differ" in change(member, SECRET, "another one of it")[1]
    before = member.cookies["logless"]
    assert change(member, SECRET)[0] == 303
    assert is_in(member)
    assert member.cookies["logless"] != before
    assert "Set a password</a>" not in member.get("/").text
    assert len(list_sessions(control, owner, NOW)) == 1
    with TestClient(pages, follow_redirects=False) as other:
        assert sign_in(other) == 303


def test_with_a_password_the_old_one_is_asked_for(anyone: TestClient, ada: User) -> None:
    sign_in(anyone)
    assert "another one" in change(anyone, "a new and longer one", old="wrong")[1]
    assert change(anyone, "a new and longer one", old=SECRET)[0] == 303
    anyone.post("/logout", headers=OWN)
    assert sign_in(anyone) == 401
    assert sign_in(anyone, "a new and longer one") == 303


def test_a_link_of_yesterday_no_longer_sets_a_password(
    anyone: TestClient, ada: User, control: Control, clock: Clock
) -> None:
    anyone.get(f"/login/{make_link(control, ada.id, NOW)}")
    clock.now = NOW + 86_400
    assert "Present password" in anyone.get("/account").text
    assert change(anyone, "a new and longer one")[0] == 400


def test_guessing_the_old_password_is_slowed_down(anyone: TestClient, ada: User) -> None:
    sign_in(anyone)
    answers = [change(anyone, "a new and longer one", old=f"guess {number}")[0] for number in range(6)]
    assert answers == [400] * 5 + [429]


def test_sessions_are_listed_and_ended(pages: Starlette, anyone: TestClient, ada: User, control: Control) -> None:
    sign_in(anyone)
    with TestClient(pages, follow_redirects=False) as other:
        sign_in(other)
        sessions = list_sessions(control, ada, NOW)
        assert len(sessions) == 2
        text = anyone.get("/account").text
        assert text.count("This browser") == 1
        assert "Since 21 Nov 2026, by password" in text
        newest = {"session": str(sessions[0].id)}
        assert anyone.post("/account/sessions", data=newest, headers=OWN).headers["location"] == "/account"
        assert not is_in(other)
        assert is_in(anyone)
        sign_in(other)
        anyone.post("/account/sessions", data={"session": "all"}, headers=OWN)
        assert not is_in(anyone)
        assert not is_in(other)


def test_nobody_ends_the_sessions_of_others(
    pages: Starlette, anyone: TestClient, member: TestClient, ada: User, control: Control
) -> None:
    from ingest.store.control.users import Role, add_user

    bob = add_user(control, "bob", Role.VIEWER)
    with TestClient(pages, follow_redirects=False) as other:
        other.get(f"/login/{make_link(control, bob.id, NOW)}")
        mine = list_sessions(control, bob, NOW)[0].id
        for hostile in (str(mine), "-1", "x", "9" * 40, "²"):
            member.post("/account/sessions", data={"session": hostile}, headers=OWN)
        assert is_in(other)


def test_a_real_hasher_needs_its_memory(pages: Starlette) -> None:
    hasher = PasswordHasher()
    assert hasher.memory_cost >= 64 * 1024
    assert hasher.verify(hasher.hash(SECRET), SECRET)
