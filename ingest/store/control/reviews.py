"""Reviews of referring hosts: what is claimed there, and whether it is true. Every review is kept as history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Row, Select, delete, func, insert, select

from ingest.store.control.database import REVIEWS, USERS, Control, ControlError

LONGEST_CLAIM: Final = 500
LONGEST_NOTE: Final = 1_000
_LONGEST_HOST: Final = 300
_EPOCH: Final = datetime.fromtimestamp(0, UTC).date()


class Status(StrEnum):
    """What a review found."""

    NOT_REVIEWED = "not reviewed"
    ACCURATE = "accurate"
    EXAGGERATED = "exaggerated"
    UNFOUNDED = "unfounded"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reviewer writes down about a host."""

    claim: str
    status: Status
    note: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Review:
    """A finding with who made it, and on which day. A reviewer who has left is nobody."""

    host: str
    finding: Finding
    reviewer: str
    day: date

    def is_overdue(self, today: date) -> bool:
        """Return whether somebody should have looked again by now."""
        return self.finding.due is not None and self.finding.due <= today


def check_finding(claim: str, status: str, note: str, due: date | None) -> Finding:
    """Return a finding as it may be kept. Raises ControlError, which says what to change and repeats nothing."""
    note = "\n".join(line.rstrip() for line in note.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"))
    if len(note) > LONGEST_NOTE or not all(line.replace("\t", " ").isprintable() for line in note.split("\n")):
        raise ControlError(f"A note has up to {LONGEST_NOTE} printable characters.")
    if status not in set(Status):
        raise ControlError(f"A status is one of: {', '.join(Status)}.")
    claim = claim.strip()
    if claim and not _is_link(claim):
        raise ControlError(
            f"The link to the claim is http:// or https:// and up to {LONGEST_CLAIM} characters, without a user's name."
        )
    return Finding(claim, Status(status), note, due)


def _is_link(text: str) -> bool:
    if len(text) > LONGEST_CLAIM or not text.isprintable() or any(mark in text for mark in ' "<>\\`{}|^'):
        return False
    try:
        parts = urlsplit(text)
        has_user = parts.username is not None or parts.password is not None
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not has_user


def add_review(control: Control, site: str, host: str, finding: Finding, reviewer: int, today: date) -> None:
    """Keep a review of a host of a site; earlier ones stay. Raises ControlError for a host that is none."""
    if not host or len(host) > _LONGEST_HOST:
        raise ControlError("A review is about a referring host.")
    values = {
        "site": site,
        "host": host,
        "claim": finding.claim,
        "status": finding.status.value,
        "note": finding.note,
        "reviewer": reviewer,
        "day": (today - _EPOCH).days,
        "due": (finding.due - _EPOCH).days if finding.due is not None else None,
    }
    with control.begin() as connection:
        connection.execute(insert(REVIEWS).values(values))


def list_reviews(control: Control, site: str) -> dict[str, Review]:
    """Return the newest review of every host of a site, by host."""
    newest = select(func.max(REVIEWS.c.id)).where(REVIEWS.c.site == site).group_by(REVIEWS.c.host)
    query = _reviews().where(REVIEWS.c.id.in_(newest))
    with control.begin() as connection:
        return {row.host: _read(row) for row in connection.execute(query)}


def review_history(control: Control, site: str, host: str) -> list[Review]:
    """Return every review of a host, the newest first."""
    query = _reviews().where(REVIEWS.c.site == site, REVIEWS.c.host == host).order_by(REVIEWS.c.id.desc())
    with control.begin() as connection:
        return [_read(row) for row in connection.execute(query)]


def drop_reviews(control: Control, site: str) -> None:
    """Delete every review of a site."""
    with control.begin() as connection:
        connection.execute(delete(REVIEWS).where(REVIEWS.c.site == site))


def _reviews() -> Select[Any]:
    return select(REVIEWS, USERS.c.name).join(USERS, USERS.c.id == REVIEWS.c.reviewer, isouter=True)


def _read(row: Row[Any]) -> Review:
    due = _EPOCH + timedelta(days=row.due) if row.due is not None else None
    # A status that this version does not know is one that somebody has to look at.
    status = Status(row.status) if row.status in set(Status) else Status.NOT_REVIEWED
    return Review(row.host, Finding(row.claim, status, row.note, due), row.name or "", _EPOCH + timedelta(days=row.day))
