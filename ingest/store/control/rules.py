"""Of what the team of a site or app wants to be told."""

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
    DIGEST = "digest"
    SPIKE = "spike"
    DROP = "drop"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a site or app.

    Of `velocity`, `threshold` is how many times the usual, in percent, and `least` how many reports a day there must
    be. Of `crash_free` they are hundredths of a percent, and sessions. The others have no numbers of their own. A rule
    is primed once it knows what was there before it.
    """

    kind: RuleKind
    threshold: int = 0
    least: int = 0
    is_primed: bool = False


def put_rule(control: Control, owner: str, rule: Rule) -> None:
    """Keep a rule in the place of the present one of its kind; that stays primed."""
    row = insert(RULES).values(owner=owner, kind=rule.kind, threshold=rule.threshold, least=rule.least, is_primed=False)
    changed = {"threshold": rule.threshold, "least": rule.least}
    with control.begin() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["owner", "kind"], set_=changed))


def drop_rule(control: Control, owner: str, kind: RuleKind) -> bool:
    """Forget a rule and return whether there was one."""
    with control.begin() as connection:
        one = RULES.c.owner == owner, RULES.c.kind == kind.value
        return bool(connection.execute(delete(RULES).where(*one)).rowcount)


def mark_primed(control: Control, owner: str, kind: RuleKind) -> None:
    """Note that a rule knows what was there before it."""
    with control.begin() as connection:
        one = RULES.c.owner == owner, RULES.c.kind == kind.value
        connection.execute(update(RULES).where(*one).values(is_primed=True))


def list_rules(control: Control, owner: str) -> list[Rule]:
    """Return the rules of a site or app."""
    query = select(RULES).where(RULES.c.owner == owner).order_by(RULES.c.kind)
    with control.begin() as connection:
        return [Rule(RuleKind(row.kind), row.threshold, row.least, row.is_primed) for row in connection.execute(query)]


def drop_rules(control: Control, owner: str) -> None:
    """Forget every rule of a site or app."""
    with control.begin() as connection:
        connection.execute(delete(RULES).where(RULES.c.owner == owner))
