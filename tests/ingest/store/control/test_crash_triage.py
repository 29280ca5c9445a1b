"""What a team decides about crash groups: kept, replaced, undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.boundary.identifiers import find_identifier
from ingest.store.control.actions import KEPT_DAYS, list_actions, note_action
from ingest.store.control.assignments import assign, list_assignments, unassign
from ingest.store.control.database import Control, ControlError
from ingest.store.control.decisions import Decision, State, Until, decide, list_decisions, reopen
from ingest.store.control.merges import list_merges, merge_groups, split_group
from ingest.store.control.notes import LONGEST, add_note, delete_note, list_notes
from ingest.store.control.users import Role, add_user, remove_user

DAY = date(2026, 11, 21)
APPS = count(1)
A, B, C, D = "a" * 16, "b" * 16, "c" * 16, "d" * 16


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """One database for the module; every test, and every example, has an app of its own."""
    control = Control.open(f"sqlite:///{tmp_path_factory.mktemp('control') / 'control.db'}")
    yield control
    control.close()


@pytest.fixture
def app() -> int:
    return next(APPS)


def test_a_decision_is_kept_replaced_and_forgotten(control: Control, app: int) -> None:
    assert list_decisions(control, app) == {}
    decide(control, app, A, Decision(State.MUTED, Until.DATE, DAY, end=date(2026, 12, 1), number=3, seen={"1.0": 2}))
    decide(control, app, B, Decision(State.RESOLVED, Until.NEXT, DAY, release="app@2.0"))
    found = list_decisions(control, app)
    assert (found[A].end, found[A].number, found[A].seen) == (date(2026, 12, 1), 3, {"1.0": 2})
    assert (found[B].state, found[B].until, found[B].release) == (State.RESOLVED, Until.NEXT, "app@2.0")
    decide(control, app, A, Decision(State.RESOLVED, Until.NOW, DAY))
    again = list_decisions(control, app)
    assert again[A].state is State.RESOLVED
    assert again[A].id > found[B].id
    reopen(control, app, A)
    assert list(list_decisions(control, app)) == [B]
    assert list_decisions(control, app + 100_000) == {}


def test_of_two_that_follow_by_themselves_one_is_kept(control: Control, app: int) -> None:
    decide(control, app, A, Decision(State.RESOLVED, Until.NOW, DAY))
    before = list_decisions(control, app)[A]
    regressed = Decision(State.REGRESSED, Until.NOW, DAY, release="2.1")
    assert decide(control, app, A, regressed, instead_of=before.id)
    kept = list_decisions(control, app)[A]
    assert not decide(control, app, A, regressed, instead_of=before.id)
    assert list_decisions(control, app)[A] == kept


def test_a_group_has_one_member_or_none(control: Control, app: int) -> None:
    ada = add_user(control, f"ada{app}", Role.OWNER)
    bob = add_user(control, f"bob{app}", Role.EDITOR)
    assign(control, app, A, ada.id)
    assign(control, app, A, bob.id)
    assert list_assignments(control, app) == {A: bob}
    remove_user(control, bob.name)
    assert list_assignments(control, app) == {}
    assign(control, app, A, ada.id)
    unassign(control, app, A)
    assert list_assignments(control, app) == {}
    with pytest.raises(ControlError, match="no such member"):
        assign(control, app, A, 999_999)


def test_notes_are_kept_with_their_author_and_outlive_the_member(control: Control, app: int) -> None:
    eve = add_user(control, f"eve{app}", Role.EDITOR)
    add_note(control, app, A, eve.id, "  Seen on 2.14.0 only.\r\nNext: ask the driver team. ", DAY, find_identifier)
    add_note(control, app, B, eve.id, "Another", DAY, find_identifier)
    [note] = list_notes(control, app, [A])
    assert (note.author, note.day, note.text) == (eve.name, DAY, "Seen on 2.14.0 only.\nNext: ask the driver team.")
    remove_user(control, eve.name)
    [note, other] = list_notes(control, app, [A, B])
    assert note.author == other.author == ""
    assert not delete_note(control, app + 100_000, note.id)
    assert delete_note(control, app, note.id)
    assert [one.text for one in list_notes(control, app, [A, B])] == ["Another"]


@pytest.mark.parametrize(
    ("text", "detector"),
    [
        ("Mail from marguerite@example.org says it happens on start", "email"),
        ("happens for 203.0.113.77 only", "ipv4"),
        ("account i-ABCD-E1FG-HI2J", "account"),
        ("see /home/marguerite/notes", "home"),
        ("id 6f9619ff-8b86-d011-b42d-00c04fc964ff", "uuid"),
    ],
    ids=["email", "ipv4", "account", "home", "uuid"],
)
def test_a_note_that_identifies_somebody_is_not_kept(control: Control, app: int, text: str, detector: str) -> None:
    with pytest.raises(ControlError, match=detector) as caught:
        add_note(control, app, A, 1, text, DAY, find_identifier)
    assert "marguerite" not in str(caught.value)
    assert list_notes(control, app, [A]) == []


@pytest.mark.parametrize(
    "text", ["", " \n ", "x" * (LONGEST + 1), "a\0b", "\u202egnp"], ids=["no", "bl", "lo", "nul", "rtl"]
)
def test_a_note_is_text_of_some_length(control: Control, app: int, text: str) -> None:
    with pytest.raises(ControlError, match="characters"):
        add_note(control, app, A, 1, text, DAY, find_identifier)


def test_groups_are_merged_and_split_again(control: Control, app: int) -> None:
    merge_groups(control, app, [B], A)
    merge_groups(control, app, [C], B)
    assert list_merges(control, app) == {B: A, C: A}
    merge_groups(control, app, [A], D)
    assert list_merges(control, app) == {A: D, B: D, C: D}
    assert split_group(control, app, B)
    assert not split_group(control, app, B)
    assert list_merges(control, app) == {A: D, C: D}
    merge_groups(control, app, [D, A], A)
    assert list_merges(control, app) == {A: D, C: D}


moves = st.lists(
    st.one_of(
        st.tuples(
            st.just("merge"), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3), st.sampled_from("abcdef")
        ),
        st.tuples(st.just("split"), st.just([]), st.sampled_from("abcdef")),
    ),
    max_size=10,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_no_group_is_shown_as_one_that_is_shown_as_another(
    control: Control, moves: list[tuple[str, list[str], str]]
) -> None:
    app = next(APPS)
    for move, groups, into in moves:
        if move == "merge":
            merge_groups(control, app, groups, into)
            found = list_merges(control, app)
            assert len({found.get(group, group) for group in [*groups, into]}) == 1
        else:
            split_group(control, app, into)
    found = list_merges(control, app)
    assert not set(found.values()) & set(found)


def test_actions_bear_a_minute_and_are_forgotten_in_the_end(control: Control, app: int) -> None:
    owner = f"app:{app}"
    note_action(control, owner, "ada", "resolved", A, "from 2.0 on", 1_000_000_059.9)
    note_action(control, owner, "", "regressed", A, "in 2.1", 1_000_000_060)
    note_action(control, owner, "bob", "noted", B, "", 1_000_000_120)
    assert [(one.member, one.action, one.detail) for one in list_actions(control, owner, [A])] == [
        ("", "regressed", "in 2.1"),
        ("ada", "resolved", "from 2.0 on"),
    ]
    assert {one.moment % 60 for one in list_actions(control, owner)} == {0.0}
    note_action(control, owner, "ada", "noted", B, "", 1_000_000_060 + (KEPT_DAYS + 1) * 86_400)
    assert [one.action for one in list_actions(control, owner)] == ["noted"]
