"""Shared links: whoever has one may read the pages of one site or app, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, insert, select

from ingest.store.control.admin_tables import GUESTS, SHARES
from ingest.store.control.database import Control, ControlError
from ingest.store.control.secrets import digest_of, make_secret

LONGEST_NAME: Final = 100
GUEST_DAYS: Final = 7
"""Days after which a browser has to open the link again."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Share:
    """A shared link, without its secret: that is not kept."""

    id: int
    name: str
    site: str | None
    app: int | None
    has_password: bool
    ends: date | None
    """The last day on which it opens, in UTC."""

    @property
    def owner(self) -> str:
        """What it shows: a site, or `app:N`."""
        return self.site if self.site is not None else f"app:{self.app}"

    def covers(self, parts: Mapping[str, object]) -> bool:
        """Return whether an address with these parts is about what is shared."""
        if self.site is not None:
            return parts.get("site") == self.site and "app" not in parts
        return self.app is not None and parts.get("app") == self.app and "site" not in parts


def create_share(
    control: Control,
    name: str,
    *,
    site: str | None = None,
    app: int | None = None,
    password: str | None = None,
    ends: date | None = None,
) -> tuple[Share, str]:
    """Make a link and return it with its secret, the last part of `/share/SECRET`. `password` is argon2's text.

    Raises ControlError for an unusable name.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ControlError(f"A shared link's name has 1 to {LONGEST_NAME} printable characters.")
    if (site is None) is (app is None):
        raise ControlError("A shared link shows one site or one app.")
    secret = make_secret()
    row = {
        "name": name, "digest": digest_of(secret), "site": site, "app": app, "password": password,
        "ends": None if ends is None else ends.toordinal() - _EPOCH,
    }  # fmt: skip
    with control.begin() as connection:
        done = connection.execute(insert(SHARES).values(row))
        number = int(done.inserted_primary_key[0])  # type: ignore[index]
    return Share(number, name, site, app, password is not None, ends), secret


def find_share(control: Control, secret: str, now: float) -> tuple[Share, str | None] | None:
    """Return the link of a secret with argon2's text of its password, or None when there is none, or it is over."""
    with control.begin() as connection:
        one = SHARES.c.digest == digest_of(secret), ~_is_over(now)
        row = connection.execute(select(SHARES).where(*one)).first()
    return None if row is None else (_read(row), row.password)


def list_shares(control: Control) -> list[Share]:
    """Return every link, the oldest first."""
    with control.begin() as connection:
        return [_read(row) for row in connection.execute(select(SHARES).order_by(SHARES.c.id))]


def revoke_share(control: Control, number: int) -> Share | None:
    """Make a link and every browser that came by it worthless at once. Return it, or None when there was none."""
    with control.begin() as connection:
        row = connection.execute(delete(SHARES).where(SHARES.c.id == number).returning(SHARES)).first()
    return None if row is None else _read(row)


def drop_shares(control: Control, site: str) -> None:
    """Delete every link to a site."""
    with control.begin() as connection:
        connection.execute(delete(SHARES).where(SHARES.c.site == site))


def drop_ended(control: Control, now: float) -> None:
    """Delete the links that have ended."""
    with control.begin() as connection:
        connection.execute(delete(SHARES).where(_is_over(now)))


def admit_guest(control: Control, share: Share, now: float) -> str:
    """Admit a browser that opened a link and return the secret for its cookie, which is kept nowhere."""
    secret = make_secret()
    row = {"digest": digest_of(secret), "share": share.id, "ends": _today(now) + GUEST_DAYS}
    with control.begin() as connection:
        connection.execute(delete(GUESTS).where(GUESTS.c.ends < _today(now)))
        connection.execute(insert(GUESTS).values(row))
    return secret


def read_guest(control: Control, secret: str, now: float) -> Share | None:
    """Return the link by which the browser of a cookie came, or None when either is over."""
    query = (
        select(SHARES)
        .join(GUESTS, GUESTS.c.share == SHARES.c.id)
        .where(GUESTS.c.digest == digest_of(secret), GUESTS.c.ends >= _today(now), ~_is_over(now))
    )
    with control.begin() as connection:
        row = connection.execute(query).first()
    return None if row is None else _read(row)


def _is_over(now: float) -> ColumnElement[bool]:
    return SHARES.c.ends.is_not(None) & (SHARES.c.ends < _today(now))


def _today(now: float) -> int:
    return int(now // _DAY)


def _read(row: Row[Any]) -> Share:
    ends = None if row.ends is None else date.fromordinal(_EPOCH + row.ends)
    return Share(row.id, row.name, row.site, row.app, row.password is not None, ends)
