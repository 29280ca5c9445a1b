"""What members note on days of a site or app: a launch, an outage, a newsletter."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select

from ingest.store.control.admin_tables import ANNOTATIONS
from ingest.store.control.database import Control, ControlError

LONGEST: Final = 200
MOST: Final = 1_000
"""Annotations of one site or app."""

_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Annotation:
    """A line of text on a day."""

    id: int
    day: date
    text: str


def add_annotation(control: Control, owner: str, day: date, text: str, identifies: Callable[[str], str]) -> None:
    """Keep an annotation. Raises ControlError, which says what to change and repeats nothing.

    `identifies` says in a word what in a text identifies a person, or nothing: an annotation is shown to whoever may
    see the site or app.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(text) <= LONGEST or not text.isprintable():
        raise ControlError(f"An annotation is one line of 1 to {LONGEST} printable characters.")
    found = identifies(text)
    if found:
        raise ControlError(f"The text holds what looks like somebody's ({found}): leave it out.")
    row = {"owner": owner, "day": day.toordinal() - _EPOCH, "text": text}
    with control.begin() as connection:
        count = select(func.count()).select_from(ANNOTATIONS).where(ANNOTATIONS.c.owner == owner)
        if connection.execute(count).scalar_one() >= MOST:
            raise ControlError(f"A site or app has at most {MOST:,} annotations: remove some.")
        connection.execute(insert(ANNOTATIONS).values(row))


def list_annotations(control: Control, owner: str, since: date = date.min, until: date = date.max) -> list[Annotation]:
    """Return the annotations of an owner between two days, both within, the latest day first."""
    query = (
        select(ANNOTATIONS)
        .where(ANNOTATIONS.c.owner == owner, ANNOTATIONS.c.day.between(_number(since), _number(until)))
        .order_by(ANNOTATIONS.c.day.desc(), ANNOTATIONS.c.id.desc())
    )
    with control.begin() as connection:
        return [_read(row) for row in connection.execute(query)]


def remove_annotation(control: Control, owner: str, number: int) -> Annotation | None:
    """Delete an annotation of an owner and return it, or None when there was none of that number."""
    one = ANNOTATIONS.c.id == number, ANNOTATIONS.c.owner == owner
    with control.begin() as connection:
        row = connection.execute(delete(ANNOTATIONS).where(*one).returning(ANNOTATIONS)).first()
    return None if row is None else _read(row)


def drop_annotations(control: Control, owner: str) -> None:
    """Delete every annotation of an owner."""
    with control.begin() as connection:
        connection.execute(delete(ANNOTATIONS).where(ANNOTATIONS.c.owner == owner))


def _number(day: date) -> int:
    return day.toordinal() - _EPOCH


def _read(row: Row[Any]) -> Annotation:
    return Annotation(row.id, date.fromordinal(_EPOCH + row.day), row.text)
