from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.store.control.database import Control, ControlError
from ingest.store.control.links import LIFE, make_link, reset_access, use_link
from ingest.store.control.sessions import (
    end_session,
    end_sessions,
    list_sessions,
    read_session,
    start_session,
)
from ingest.store.control.tokens import (
    PREFIX,
    SCOPES,
    create_token,
    find_token,
    list_tokens,
    revoke_token,
)
from ingest.store.control.users import (
    Role,
    add_user,
    clean_name,
    find_user,
    has_users,
    list_users,
    password_of,
    remove_user,
    set_password,
    set_role,
)

DAY = 86_400
NOW = 20_000 * DAY + 50_000.0


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    control = Control.open(f"sqlite:///{tmp_path / 'control.db'}")
    yield control
    control.close()


def test_users_are_added_found_and_listed(control: Control) -> None:
    assert not has_users(control)
    ada = add_user(control, "  Ada ", Role.OWNER)
    add_user(control, "Bob", Role.VIEWER)
    assert has_users(control)
    assert ada.name == "Ada"
    assert find_user(control, "Ada") == ada
    assert find_user(control, "ada") is None
    assert find_user(control, "") is None
    assert [user.name for user in list_users(control)] == ["Ada", "Bob"]
    with pytest.raises(ControlError, match="exists"):
        add_user(control, "Ada", Role.VIEWER)


@given(st.text(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_name_is_canonical_or_refused(name: str) -> None:
    try:
        clean = clean_name(name)
    except ControlError:
        return
    assert 1 <= len(clean) <= 64
    assert clean.isprintable()
    assert clean_name(clean) == clean


def test_the_last_owner_stays(control: Control) -> None:
    add_user(control, "ada", Role.OWNER)
    with pytest.raises(ControlError, match="last owner"):
        remove_user(control, "ada")
    with pytest.raises(ControlError, match="last owner"):
        set_role(control, "ada", Role.VIEWER)
    add_user(control, "bob", Role.OWNER)
    assert set_role(control, "ada", Role.VIEWER).role is Role.VIEWER
    remove_user(control, "ada")
    with pytest.raises(ControlError, match="user add"):
        remove_user(control, "ada")


def test_a_password_is_kept_as_given_and_ends_unused_links(control: Control) -> None:
    ada = add_user(control, "ada", Role.OWNER)
    assert password_of(control, "ada") is None
    assert password_of(control, "nobody") is None
    link = make_link(control, ada.id, NOW)
    set_password(control, ada.id, "$argon2id$…")
    found = password_of(control, "ada")
    assert found is not None
    assert found[0].has_password
    assert found[1] == "$argon2id$…"
    assert use_link(control, link, NOW) is None


def test_a_session_tells_days_and_ends(control: Control) -> None:
    ada = add_user(control, "ada", Role.OWNER)
    secret = start_session(control, ada.id, NOW, by_link=True)
    session = read_session(control, secret, NOW)
    assert session is not None
    assert (session.user, session.by_link, session.began) == (ada, True, date(2024, 10, 4))
    assert session.ends == date(2024, 10, 11)
    assert read_session(control, secret + "x", NOW) is None
    assert read_session(control, "", NOW) is None
    assert read_session(control, secret, NOW + 8 * DAY) is None


def test_a_session_in_use_lives_thirty_days_and_no_longer(control: Control) -> None:
    ada = add_user(control, "ada", Role.OWNER)
    secret = start_session(control, ada.id, NOW, by_link=False)
    for days in range(0, 31, 6):
        assert read_session(control, secret, NOW + days * DAY) is not None
    assert read_session(control, secret, NOW + 31 * DAY) is None


def test_within_a_day_a_session_row_does_not_change(control: Control, tmp_path: Path) -> None:
    ada = add_user(control, "ada", Role.OWNER)
    secret = start_session(control, ada.id, NOW, by_link=False)
    before = (tmp_path / "control.db").read_bytes()
    for seconds in range(0, 30_000, 5000):
        assert read_session(control, secret, NOW + seconds) is not None
    assert (tmp_path / "control.db").read_bytes() == before
    assert read_session(control, secret, NOW + DAY) is not None
    assert (tmp_path / "control.db").read_bytes() != before


def test_sessions_are_listed_ended_and_go_with_their_user(control: Control) -> None:
    ada, bob = add_user(control, "ada", Role.OWNER), add_user(control, "bob", Role.EDITOR)
    first, second = (start_session(control, ada.id, NOW, by_link=False) for _ in range(2))
    foreign = start_session(control, bob.id, NOW, by_link=False)
    newest = list_sessions(control, ada, NOW)[0]
    end_session(control, bob.id, newest.id)
    assert read_session(control, second, NOW) is not None, "nobody ends the session of somebody else"
    end_session(control, ada.id, newest.id)
    assert read_session(control, second, NOW) is None
    end_sessions(control, ada.id)
    assert read_session(control, first, NOW) is None
    assert read_session(control, foreign, NOW) is not None
    remove_user(control, "bob")
    assert read_session(control, foreign, NOW) is None


def test_another_role_ends_the_sessions_of_the_old_one(control: Control) -> None:
    add_user(control, "ada", Role.OWNER)
    bob = add_user(control, "bob", Role.VIEWER)
    secret = start_session(control, bob.id, NOW, by_link=False)
    set_role(control, "bob", Role.EDITOR)
    assert read_session(control, secret, NOW) is None


def test_a_link_is_used_once_and_in_time(control: Control) -> None:
    ada = add_user(control, "ada", Role.OWNER)
    link, late = make_link(control, ada.id, NOW), make_link(control, ada.id, NOW)
    assert use_link(control, "wrong", NOW) is None
    assert use_link(control, link, NOW) == ada
    assert use_link(control, link, NOW) is None
    assert use_link(control, late, NOW + LIFE) is None
    assert use_link(control, late, NOW + LIFE - 1) == ada


def test_of_many_at_once_one_gets_the_link(control: Control) -> None:
    ada = add_user(control, "ada", Role.OWNER)
    link = make_link(control, ada.id, NOW)
    got: list[object] = []
    start = threading.Barrier(8)

    def use() -> None:
        start.wait()
        got.append(use_link(control, link, NOW))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert got.count(ada) == 1


def test_a_token_is_shown_once_and_works_at_once(control: Control, tmp_path: Path) -> None:
    made = create_token(control, "grafana", site="example.org")
    assert made.token.startswith(PREFIX)
    assert len(made.token) > 40
    assert made.scopes == ["stats:site:example.org"]
    found = find_token(control, made.token)
    assert found is not None
    assert (found.id, found.name, found.scopes) == (made.id, "grafana", made.scopes)
    assert made.token.encode() not in (tmp_path / "control.db").read_bytes()
    assert made.token.removeprefix(PREFIX).encode() not in (tmp_path / "control.db").read_bytes()
    assert find_token(control, made.token + "x") is None
    assert revoke_token(control, made.id)
    assert not revoke_token(control, made.id)
    assert find_token(control, made.token) is None


def test_a_token_covers_what_it_was_made_for(control: Control) -> None:
    create_token(control, "all")
    create_token(control, "site", site="a")
    create_token(control, "app", app=6)
    covered = [
        (token.covers_site("a"), token.covers_site("b"), token.covers_app(6), token.covers_app(7))
        for token in list_tokens(control)
    ]
    assert covered == [(True, True, True, True), (True, False, False, False), (False, False, True, False)]
    assert [token.scopes for token in list_tokens(control)] == [["stats"], ["stats:site:a"], ["stats:app:6"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scope": "everything"}, ", ".join(SCOPES)),
        ({"site": "a", "app": 6}, "make two"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(control: Control, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ControlError, match=words):
        create_token(control, **{"name": "x", **arguments})  # type: ignore[arg-type]


def test_two_owners_that_go_at_the_same_moment_leave_one(control: Control) -> None:
    for attempt in range(5):
        names = [f"a{attempt}", f"b{attempt}"]
        for name in names:
            add_user(control, name, Role.OWNER)
        for user in list_users(control):
            if user.role is Role.OWNER and user.name not in names:
                remove_user(control, user.name)
        start = threading.Barrier(2)
        refused: list[str] = []

        def go(name: str, start: threading.Barrier = start, refused: list[str] = refused) -> None:
            start.wait(10)
            try:
                remove_user(control, name)
            except ControlError:
                refused.append(name)

        threads = [threading.Thread(target=go, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(refused) == 1
        assert sum(user.role is Role.OWNER for user in list_users(control)) == 1


def test_resetting_ends_sessions_and_unused_links_of_that_user_alone(control: Control) -> None:
    ada, bob = add_user(control, "ada", Role.OWNER), add_user(control, "bob", Role.VIEWER)
    old, others = make_link(control, bob.id, NOW), make_link(control, ada.id, NOW)
    cookie, own = (start_session(control, user.id, NOW, by_link=True) for user in (bob, ada))
    new = reset_access(control, bob.id, NOW)
    assert read_session(control, cookie, NOW) is None
    assert read_session(control, own, NOW) is not None
    assert use_link(control, old, NOW) is None
    assert use_link(control, others, NOW) == ada
    assert use_link(control, new, NOW) == bob
