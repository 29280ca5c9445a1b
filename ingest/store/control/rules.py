"""Of what an app's team wants to be told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from ingest.store.control.crash_tables import RULES
from ingest.store.control.database import Control


class RuleKind(StrEnum):
    """What an alert is about."""

    NEW = "new"
    REGRESSION = "regression"
    VELOCITY = "velocity"
    CRASH_FREE = "crash_free"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of an app.

    Of `velocity`, `threshold` is how many times the usual, in percent, and `least` how many reports a day there must
    be. Of `crash_free` they are hundredths of a percent, and sessions. A rule is primed once it knows what was there
    before it.
    """

    kind: RuleKind
    threshold: int
    least: int
    is_primed: bool = False


def put_rule(control: Control, app: int, rule: Rule) -> None:
    """Keep a rule in the place of the present one of its kind; that stays primed."""
    row = insert(RULES).values(app=app, kind=rule.kind, threshold=rule.threshold, least=rule.least, is_primed=False)
    changed = {"threshold": rule.threshold, "least": rule.least}
    with control.begin() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["app", "kind"], set_=changed))


def drop_rule(control: Control, app: int, kind: RuleKind) -> bool:
    """Forget a rule and return whether there was one."""
    with control.begin() as connection:
        one = RULES.c.app == app, RULES.c.kind == kind.value
        return bool(connection.execute(delete(RULES).where(*one)).rowcount)


def mark_primed(control: Control, app: int, kind: RuleKind) -> None:
    """Note that a rule knows what was there before it."""
    with control.begin() as connection:
        one = RULES.c.app == app, RULES.c.kind == kind.value
        connection.execute(update(RULES).where(*one).values(is_primed=True))


def list_rules(control: Control, app: int) -> list[Rule]:
    """Return the rules of an app."""
    query = select(RULES).where(RULES.c.app == app).order_by(RULES.c.kind)
    with control.begin() as connection:
        return [Rule(RuleKind(row.kind), row.threshold, row.least, row.is_primed) for row in connection.execute(query)]
