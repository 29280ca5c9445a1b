"""Tokens for programs that read the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select

from ingest.store.control.database import TOKENS, Control, ControlError
from ingest.store.control.secrets import digest_of, make_secret

PREFIX: Final = "logless_"
"""So that people and secret scanners know what they found."""

SCOPES: Final = ("stats", "preview")


@dataclass(frozen=True, slots=True)
class Token:
    """What a program may do: one scope, for one site, one app, or all of them."""

    id: int
    name: str
    scope: str
    site: str | None
    app: int | None

    @property
    def scopes(self) -> list[str]:
        """Return the scope as it is written: `stats`, `stats:site:example.org` or `stats:app:6`."""
        if self.site is not None:
            return [f"{self.scope}:site:{self.site}"]
        if self.app is not None:
            return [f"{self.scope}:app:{self.app}"]
        return [self.scope]

    def covers_site(self, site: str) -> bool:
        """Return whether this token may read that site."""
        return self.site == site or (self.site is None and self.app is None)

    def covers_app(self, app: int) -> bool:
        """Return whether this token may read that app."""
        return self.app == app or (self.site is None and self.app is None)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown, once: the fields are those of `token create --json`."""

    id: int
    name: str
    scopes: list[str]
    token: str


def create_token(
    control: Control, name: str, *, site: str | None = None, app: int | None = None, scope: str = "stats"
) -> NewToken:
    """Make a token that works at once. Raises ControlError for an unknown scope, or a site and an app together."""
    if scope not in SCOPES:
        raise ControlError(f"a token's scope is one of: {', '.join(SCOPES)}")
    if site is not None and app is not None:
        raise ControlError("a token is for one site, or one app, or all: make two")
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise ControlError("a token's name has 1 to 100 printable characters")
    secret = make_secret(PREFIX)
    row = {"name": name, "digest": digest_of(secret), "scope": scope, "site": site, "app": app}
    with control.begin() as connection:
        done = connection.execute(insert(TOKENS).values(row))
        number = int(done.inserted_primary_key[0])  # type: ignore[index]
    return NewToken(number, name, Token(number, name, scope, site, app).scopes, secret)


def find_token(control: Control, secret: str) -> Token | None:
    """Return the token of that secret, or None."""
    with control.begin() as connection:
        row = connection.execute(select(TOKENS).where(TOKENS.c.digest == digest_of(secret))).first()
    return None if row is None else _read(row)


def list_tokens(control: Control) -> list[Token]:
    """Return every token, the oldest first, without secrets: those are not kept."""
    with control.begin() as connection:
        return [_read(row) for row in connection.execute(select(TOKENS).order_by(TOKENS.c.id))]


def revoke_token(control: Control, number: int) -> bool:
    """Make a token worthless at once; return whether there was one of that number."""
    with control.begin() as connection:
        return bool(connection.execute(delete(TOKENS).where(TOKENS.c.id == number)).rowcount)


def drop_tokens(control: Control, site: str) -> None:
    """Delete every token that is limited to a site."""
    with control.begin() as connection:
        connection.execute(delete(TOKENS).where(TOKENS.c.site == site))


def _read(row: Row[Any]) -> Token:
    return Token(row.id, row.name, row.scope, row.site, row.app)
