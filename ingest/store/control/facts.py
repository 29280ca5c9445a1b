"""Small facts about this installation, such as `demonstration history complete`."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from ingest.store.control.database import FACTS, Control


def put_fact(control: Control, name: str, value: str) -> None:
    """Keep a fact in the place of an earlier one of that name."""
    statement = insert(FACTS).values(name=name, value=value)
    with control.begin() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def get_fact(control: Control, name: str) -> str | None:
    """Return the fact of that name, or None."""
    with control.begin() as connection:
        return connection.execute(select(FACTS.c.value).where(FACTS.c.name == name)).scalar_one_or_none()


def drop_fact(control: Control, name: str) -> None:
    """Forget a fact."""
    with control.begin() as connection:
        connection.execute(delete(FACTS).where(FACTS.c.name == name))
