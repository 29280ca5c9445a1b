from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.store.control.annotations import (
    LONGEST,
    add_annotation,
    drop_annotations,
    list_annotations,
    remove_annotation,
)
from ingest.store.control.database import Control, ControlError

DAY = date(2026, 11, 9)


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    control = Control.open(f"sqlite:///{tmp_path / 'control.db'}")
    yield control
    control.close()


def nobody(_: str) -> str:
    return ""


def test_they_are_kept_by_owner_and_day(control: Control) -> None:
    add_annotation(control, "a.example", DAY, "  Launch  ", nobody)
    add_annotation(control, "a.example", date(2026, 11, 20), "Outage", nobody)
    add_annotation(control, "b.example", DAY, "Elsewhere", nobody)
    found = list_annotations(control, "a.example")
    assert [(one.day, one.text) for one in found] == [(date(2026, 11, 20), "Outage"), (DAY, "Launch")]
    assert list_annotations(control, "a.example", DAY, DAY) == [found[1]]
    assert list_annotations(control, "a.example", date(2026, 11, 10), date(2026, 11, 19)) == []


def test_one_is_removed_by_its_own_owner_only(control: Control) -> None:
    add_annotation(control, "a.example", DAY, "Launch", nobody)
    [one] = list_annotations(control, "a.example")
    assert remove_annotation(control, "b.example", one.id) is None
    assert remove_annotation(control, "a.example", one.id) == one
    assert remove_annotation(control, "a.example", one.id) is None
    add_annotation(control, "a.example", DAY, "Launch", nobody)
    drop_annotations(control, "a.example")
    assert list_annotations(control, "a.example") == []


@pytest.mark.parametrize("text", ["", "   ", "a\nb", "\x00", "\u202egnp", "x" * (LONGEST + 1)])
def test_what_is_no_line_of_text_is_refused(control: Control, text: str) -> None:
    with pytest.raises(ControlError, match="one line of 1 to 200"):
        add_annotation(control, "a.example", DAY, text, nobody)


def test_what_identifies_somebody_is_refused_and_not_repeated(control: Control) -> None:
    with pytest.raises(ControlError, match=r"somebody's \(email\)") as caught:
        add_annotation(control, "a.example", DAY, "Mail of ada@example.org", lambda _: "email")
    assert "ada@" not in str(caught.value)
    assert list_annotations(control, "a.example") == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=220))
def test_any_text_is_kept_as_a_short_line_or_refused(control: Control, text: str) -> None:
    drop_annotations(control, "any.example")
    try:
        add_annotation(control, "any.example", DAY, text, nobody)
    except ControlError:
        assert list_annotations(control, "any.example") == []
    else:
        [one] = list_annotations(control, "any.example")
        assert 0 < len(one.text) <= LONGEST
        assert one.text.isprintable()
        assert one.text == one.text.strip()
