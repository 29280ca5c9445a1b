"""Reviews of referring hosts: kept as history, free of what cannot be shown, and gone with their site."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.store.control.database import Control, ControlError
from ingest.store.control.reviews import (
    Finding,
    Status,
    add_review,
    check_finding,
    drop_reviews,
    list_reviews,
    review_history,
)
from ingest.store.control.users import Role, add_user, remove_user

TODAY = date(2026, 11, 21)
SITE = "example.org"
HOST = "forum.example"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.db"


@pytest.fixture
def control(path: Path) -> Iterator[Control]:
    control = Control.open(f"sqlite:///{path}")
    yield control
    control.close()


def finding(note: str = "", status: Status = Status.ACCURATE, due: date | None = None) -> Finding:
    return Finding("https://forum.example/thread/9?p=2#x", status, note, due)


def test_the_newest_review_holds_and_the_others_are_history(control: Control) -> None:
    ada, ben = add_user(control, "ada", Role.OWNER), add_user(control, "ben", Role.EDITOR)
    add_review(control, SITE, HOST, finding("too much", Status.EXAGGERATED, TODAY), ada.id, TODAY)
    add_review(control, SITE, HOST, finding("they changed it", Status.CORRECTED), ben.id, date(2026, 11, 22))
    add_review(control, SITE, "other.example", finding(), ada.id, TODAY)
    add_review(control, "elsewhere.example", HOST, finding("not ours"), ada.id, TODAY)
    newest = list_reviews(control, SITE)
    assert set(newest) == {HOST, "other.example"}
    assert newest[HOST].finding == finding("they changed it", Status.CORRECTED)
    assert [(one.reviewer, one.day, one.finding.status) for one in review_history(control, SITE, HOST)] == [
        ("ben", date(2026, 11, 22), Status.CORRECTED),
        ("ada", TODAY, Status.EXAGGERATED),
    ]


def test_it_is_overdue_from_its_day_on(control: Control) -> None:
    ada = add_user(control, "ada", Role.OWNER)
    add_review(control, SITE, HOST, finding(due=TODAY), ada.id, TODAY)
    add_review(control, SITE, "never.example", finding(), ada.id, TODAY)
    reviews = list_reviews(control, SITE)
    assert [reviews[HOST].is_overdue(day) for day in (date(2026, 11, 20), TODAY, date(2027, 1, 1))] == [
        False, True, True,
    ]  # fmt: skip
    assert not reviews["never.example"].is_overdue(date(2099, 1, 1))


def test_who_has_left_is_named_no_more_and_what_they_found_stays(control: Control, path: Path) -> None:
    add_user(control, "somebody", Role.OWNER)
    left = add_user(control, "marguerite-canary", Role.EDITOR)
    add_review(control, SITE, HOST, finding("sound"), left.id, TODAY)
    assert b"marguerite-canary" in path.read_bytes(), "the search has to find what is there"
    remove_user(control, "marguerite-canary")
    (review,) = review_history(control, SITE, HOST)
    assert (review.reviewer, review.finding.note) == ("", "sound")
    assert b"marguerite-canary" not in path.read_bytes()


def test_they_go_with_their_site(control: Control, path: Path) -> None:
    ada = add_user(control, "ada", Role.OWNER)
    add_review(control, SITE, HOST, finding("note-canary"), ada.id, TODAY)
    add_review(control, "elsewhere.example", HOST, finding("stays"), ada.id, TODAY)
    assert b"note-canary" in path.read_bytes()
    drop_reviews(control, SITE)
    assert list_reviews(control, SITE) == {}
    assert list_reviews(control, "elsewhere.example")[HOST].finding.note == "stays"
    assert b"note-canary" not in path.read_bytes()


def test_a_database_from_before_there_were_reviews_is_brought_up(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "old.db")
    old.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, role TEXT, password TEXT)")
    old.execute("INSERT INTO users VALUES (1, 'ada', 'owner', NULL)")
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    control = Control.open(f"sqlite:///{tmp_path / 'old.db'}")
    add_review(control, SITE, HOST, finding(), 1, TODAY)
    assert list_reviews(control, SITE)[HOST].reviewer == "ada"
    control.close()


@pytest.mark.parametrize(
    "claim",
    ["", "https://forum.example/", "http://forum.example/a?b=c#d", "https://xn--bcher-kva.example/%C3%A9",
     "https://video.example/watch?v=dQw4w9WgXcQ", "  https://forum.example/  "],
)  # fmt: skip
def test_links_that_may_be_kept(claim: str) -> None:
    assert check_finding(claim, "accurate", "", None).claim == claim.strip()


@pytest.mark.parametrize(
    "claim",
    ["javascript:alert(1)", "forum.example", "//forum.example/", "https://", "ftp://forum.example/", "https://a b/",
     "https://user:hunter2@forum.example/", "https://user@forum.example/", 'https://f.example/"onmouseover=x',
     "https://f.example/<script>", "https://[::1", "https://f.example/\n", "https://f.example/" + "x" * 500,
     "https://f.example/\u202egnp"],
)  # fmt: skip
def test_links_that_may_not(claim: str) -> None:
    if claim.endswith("\n"):
        claim += "x"
    with pytest.raises(ControlError, match="https://") as caught:
        check_finding(claim, "accurate", "", None)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("status", ["", "Accurate", "true", "accurate "])
def test_other_statuses_are_refused(status: str) -> None:
    with pytest.raises(ControlError, match="not reviewed, accurate, exaggerated, unfounded, corrected"):
        check_finding("", status, "", None)


@given(st.text(max_size=1_200), st.text(max_size=600))
def test_whatever_is_entered_is_kept_printable_or_refused(note: str, claim: str) -> None:
    try:
        kept = check_finding(claim, "accurate", note, None)
    except ControlError:
        return
    assert len(kept.note) <= 1_000
    assert all(character.isprintable() or character in "\n\t" for character in kept.note)
    assert not kept.claim or kept.claim.startswith(("http://", "https://"))


def test_lines_of_a_note_stay_lines() -> None:
    assert check_finding("", "accurate", "  one \r\ntwo\rthree\n\n", None).note == "one\ntwo\nthree"
    with pytest.raises(ControlError, match="1000 printable"):
        check_finding("", "accurate", "a\0b", None)
    with pytest.raises(ControlError, match="1000 printable"):
        check_finding("", "accurate", "x" * 1_001, None)
