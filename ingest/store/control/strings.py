"""Texts of a program, uploaded by its developers for a release: part of the code, and nobody's data."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from ingest.store.control.database import STRINGS, Control


def put_strings(control: Control, app: int, release: str, texts: Iterable[str]) -> None:
    """Keep the texts of a release in the place of those that were uploaded for it before."""
    rows = [{"app": app, "release": release, "text": text} for text in sorted(set(texts))]
    with control.begin() as connection:
        connection.execute(delete(STRINGS).where(STRINGS.c.app == app, STRINGS.c.release == release))
        if rows:
            connection.execute(insert(STRINGS), rows)


def list_strings(control: Control, app: int, release: str) -> list[str]:
    """Return the texts of a release."""
    wanted = select(STRINGS.c.text).where(STRINGS.c.app == app, STRINGS.c.release == release)
    with control.begin() as connection:
        return list(connection.execute(wanted.order_by(STRINGS.c.text)).scalars())


def releases_with_strings(control: Control) -> list[tuple[int, str]]:
    """Return the apps and releases for which texts were uploaded."""
    wanted = select(STRINGS.c.app, STRINGS.c.release).distinct()
    with control.begin() as connection:
        return [(row.app, row.release) for row in connection.execute(wanted)]
